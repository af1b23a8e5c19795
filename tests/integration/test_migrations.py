"""What `groundswell migrate` leaves in Postgres."""

import threading
import uuid
from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from pydantic import SecretStr

from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.tables import ALL_TABLES, Table
from groundswell.errors import SettingsError, UnavailableError
from groundswell.settings import Settings
from infra.migrate_command import run_migrations

OWN_TABLES = (
    "FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v')"
    " AND c.relname NOT LIKE '%%yoyo%%' AND c.relname NOT LIKE 'iceberg%%'"
)


def in_schema(settings: Settings, name: str) -> Settings:
    return settings.model_copy(update={"postgres": settings.postgres.model_copy(update={"db_schema": name})})


@pytest.fixture(scope="module")
def own(stack: Settings) -> Settings:
    """The stack with a freshly migrated schema of this module's own."""
    settings = in_schema(stack, f"migrations_{uuid.uuid4().hex[:8]}")
    run_migrations(settings)
    return settings


@pytest.fixture
def owner(own: Settings) -> Iterator[Connection]:
    connection = connect(own)
    yield connection
    connection.close()


@pytest.fixture
def reader(own: Settings) -> Iterator[Connection]:
    connection = connect(own, role="reader")
    connection.autocommit = True
    yield connection
    connection.close()


def rows(connection: Connection, query: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def test_a_second_run_changes_nothing(own: Settings) -> None:
    assert "up to date" in "\n".join(run_migrations(own))


def test_every_table_and_every_column_has_a_comment(owner: Connection) -> None:
    tables = rows(owner, f"SELECT c.relname, obj_description(c.oid) {OWN_TABLES}")
    assert len(tables) > 15
    assert [name for name, comment in tables if not comment] == []
    columns = rows(
        owner,
        "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        f" WHERE a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL"
        f" AND c.oid IN (SELECT c.oid {OWN_TABLES})",
    )
    assert columns == []


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_the_contract_and_the_table_agree(owner: Connection, table: Table) -> None:
    found = dict(
        rows(
            owner,
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            table.name,
        )
    )
    assert {column.name: column.type for column in table.columns}.items() <= found.items()
    needed = rows(
        owner,
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull AND NOT atthasdef",
        table.name,
    )
    assert {name for (name,) in needed} <= set(table.column_names)
    key = rows(
        owner,
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
        " WHERE i.indrelid = %s::regclass AND i.indisprimary",
        table.name,
    )
    assert {name for (name,) in key} == set(table.key)


def test_the_reader_reads_every_table_and_view(owner: Connection, reader: Connection) -> None:
    for (name,) in rows(owner, f"SELECT c.relname {OWN_TABLES}"):
        rows(reader, f"SELECT count(*) FROM {name}")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO watchlist (keyword) VALUES ('x')",
        "UPDATE posts SET text = ''",
        "DELETE FROM alerts",
        "TRUNCATE posts",
        "DROP TABLE posts",
        "CREATE TABLE mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
    ],
)
@pytest.mark.parametrize("first", ["SELECT 1", "SET default_transaction_read_only = off"])
def test_the_reader_cannot_write_even_if_it_asks_for_it(reader: Connection, statement: str, first: str) -> None:
    with reader.cursor() as cursor:
        cursor.execute(first)
        with pytest.raises((psycopg2.errors.ReadOnlySqlTransaction, psycopg2.errors.InsufficientPrivilege)):
            cursor.execute(statement)


def test_the_readers_role_itself_is_read_only_and_limited_in_time(own: Settings, owner: Connection) -> None:
    (options,) = rows(owner, "SELECT rolconfig FROM pg_roles WHERE rolname = %s", own.postgres.reader_user)[0]
    assert {"default_transaction_read_only=on", "statement_timeout=120s"} <= set(options)


def test_the_reader_reads_tables_made_later(owner: Connection, reader: Connection) -> None:
    with transaction(owner), owner.cursor() as cursor:
        cursor.execute("CREATE TABLE later_on (a int)")
    assert rows(reader, "SELECT count(*) FROM later_on") == [(0,)]
    with transaction(owner), owner.cursor() as cursor:
        cursor.execute("DROP TABLE later_on")


def test_passwords_are_in_no_statistics_or_catalog_as_plain_text(own: Settings, owner: Connection) -> None:
    (stored,) = rows(owner, "SELECT rolpassword FROM pg_authid WHERE rolname = %s", own.postgres.reader_user)[0]
    assert stored.startswith("SCRAM-SHA-256$")


def test_two_runs_at_once_do_not_disturb_each_other(stack: Settings) -> None:
    settings = in_schema(stack, f"migrations_{uuid.uuid4().hex[:8]}")
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append("\n".join(run_migrations(settings)))
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("applied" in str(outcome) for outcome in outcomes) == [False, True], outcomes
    assert all("tables in schema" in str(outcome) for outcome in outcomes), outcomes


def test_a_lock_left_by_a_killed_run_does_not_block(own: Settings, owner: Connection) -> None:
    with transaction(owner), owner.cursor() as cursor:
        cursor.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)")
    assert "up to date" in "\n".join(run_migrations(own))


def test_a_missing_database_is_made(stack: Settings) -> None:
    name = f"other_{uuid.uuid4().hex[:8]}"
    settings = stack.model_copy(update={"postgres": stack.postgres.model_copy(update={"database": name})})
    assert f"database {name}: made" in run_migrations(settings)
    connect(settings, role="reader").close()


def test_a_schema_name_that_would_need_quoting_is_refused(stack: Settings) -> None:
    with pytest.raises(SettingsError, match="db_schema"):
        run_migrations(in_schema(stack, "public; DROP TABLE posts"))


def test_a_wrong_password_is_named_with_a_way_out_and_not_shown(stack: Settings) -> None:
    postgres = stack.postgres.model_copy(update={"password": SecretStr("hunter2-not-shown")})
    wrong = stack.model_copy(update={"postgres": postgres})
    with pytest.raises(UnavailableError) as caught:
        connect(wrong)
    assert "GROUNDSWELL_POSTGRES__PASSWORD" in str(caught.value)
    assert "hunter2" not in str(caught.value)
