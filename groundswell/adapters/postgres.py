"""The serving database: connections, bulk loading by COPY, transactions and locks."""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.errors import GroundswellError, SettingsError, UnavailableError
from groundswell.settings import PostgresSettings, Settings

Role = Literal["owner", "reader"]

READER_STATEMENT_TIMEOUT_SECONDS = 120
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def connect(
    settings: Settings,
    role: Role = "owner",
    *,
    database: str | None = None,
    application_name: str = "groundswell",
    connect_timeout_seconds: int = 10,
) -> Connection:
    """Open a connection whose search path is the project's schema and whose time zone is UTC.

    Parameters
    ----------
    settings : Settings
        Where the database is.
    role : {"owner", "reader"}
        The reader's sessions are read-only.
    database : str, optional
        Another database of the same server.
    application_name : str
        Shown in pg_stat_activity.
    connect_timeout_seconds : int
        How long to wait for the server.

    Raises
    ------
    UnavailableError
        The server can't be reached or refuses the role.
    """
    postgres = settings.postgres
    user, password = postgres.user, postgres.password
    if role == "reader":
        user, password = postgres.reader_user, postgres.reader_password
    try:
        return psycopg2.connect(
            host=postgres.host,
            port=postgres.port,
            dbname=database or postgres.database,
            user=user,
            password=password.get_secret_value(),
            sslmode=postgres.ssl_mode,
            sslrootcert=postgres.ca_file or None,
            options=session_options(postgres, role),
            application_name=application_name,
            connect_timeout=connect_timeout_seconds,
        )
    except psycopg2.OperationalError as error:
        raise UnavailableError(
            f"Postgres at {postgres.host}:{postgres.port} can't be used as {user!r}: {str(error).strip()}",
            _way_out(str(error)),
        ) from error


def session_options(postgres: PostgresSettings, role: Role) -> str:
    """Return libpq's `options`: search path, time zone and, for the reader, read-only with a time limit.

    >>> session_options(PostgresSettings(), "owner")
    '-c search_path=public -c timezone=UTC'
    """
    options = f"-c search_path={plain_schema(postgres)} -c timezone=UTC"
    if role == "reader":
        timeout_ms = READER_STATEMENT_TIMEOUT_SECONDS * 1000
        options += f" -c default_transaction_read_only=on -c statement_timeout={timeout_ms}"
    return options


def plain_schema(postgres: PostgresSettings) -> str:
    """Return the schema's name, having made sure that it needs no quoting anywhere."""
    if not _PLAIN_NAME.fullmatch(postgres.db_schema):
        raise SettingsError(
            f"postgres.db_schema is {postgres.db_schema!r}", "use lower-case letters, digits and underscores"
        )
    return postgres.db_schema


def _way_out(message: str) -> str:
    if "does not exist" in message:
        return "run `groundswell migrate`, which makes the database and the roles"
    if "certificate" in message or "SSL" in message:
        return "check postgres.ssl_mode, and that postgres.ca_file signed the server's certificate"
    if "password" in message or "authentication" in message:
        return "check postgres.user and the password in GROUNDSWELL_POSTGRES__PASSWORD (or READER_PASSWORD)"
    return "run `groundswell up`, or set postgres.host and postgres.port to a running server"


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """Commit when the block ends, roll back when it raises (Ctrl-C included)."""
    try:
        yield connection
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise
    connection.commit()


@contextmanager
def session_lock(connection: Connection, name: str) -> Iterator[None]:
    """Hold a named lock that the server frees by itself when the session ends.

    Raises
    ------
    GroundswellError
        Another session holds it.
    """
    with connection.cursor() as cursor:
        key = f"{name} in {_current_schema(connection)}"
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        row = cursor.fetchone()
        connection.commit()
        if not (row and row[0]):
            raise GroundswellError(f"another run of {name} is at work", "wait for it to end, then try again")
        try:
            yield
        finally:
            if not connection.closed:
                connection.rollback()
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
                connection.commit()


def _current_schema(connection: Connection) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        row = cursor.fetchone()
    return str(row[0]) if row else ""


class _Stream(io.RawIOBase):
    """File of a run of chunks, so that COPY never has more than one of them in memory."""

    def __init__(self, chunks: Iterable[str | bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = memoryview(chunk.encode() if isinstance(chunk, str) else chunk)
        size = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


def copy_rows(connection: Connection, table: str, columns: Iterable[str], chunks: Iterable[str | bytes]) -> int:
    """Load CSV text into a table by COPY, streaming.

    Parameters
    ----------
    connection : Connection
        The caller commits.
    table : str
        Table in the search path.
    columns : iterable of str
        Columns in the order of the CSV fields; others get their defaults.
    chunks : iterable of str or bytes
        CSV with a newline after every row, cut anywhere; UTF-8; an empty unquoted field is NULL.

    Returns
    -------
    int
        Rows loaded.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, _Stream(chunks), size=1 << 16)
        return int(cursor.rowcount)
