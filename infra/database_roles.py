"""Roles in Postgres with the rights that their part of the pipeline needs: ingest, batch, collect, and the reader."""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import encrypt_password
from pydantic import SecretStr

from groundswell.adapters.postgres import READER_STATEMENT_TIMEOUT_SECONDS, connect, transaction
from groundswell.settings import PostgresSettings, Settings
from infra.default_passwords import refuse_default_passwords

INGEST_TABLES = (
    "alerts",
    "live_increments",
    "stream_batches",
    "stream_kept_batches",
    "pipeline_metrics",
)
"""What the stream writes."""

COLLECT_TABLES = ("posts", "profiles", "profile_counts", "post_comments")
"""What the collectors write."""

NOT_OF_THE_BATCH = (
    "alerts",
    "live_increments",
    "stream_batches",
    "stream_kept_batches",
    "watchlist",
    "suppression_windows",
    "alert_dismissals",
    "profiles",
    "profile_counts",
    "post_comments",
)
"""What the nightly jobs don't write: the stream's tables, those of people, and the collectors'."""

_VERSIONED = "keyword_statistics"
_CATALOG_TABLES = ("iceberg_tables", "iceberg_namespace_properties")
# As Iceberg makes them (JdbcUtil, schema V1): a role that can't make tables finds them there.
_CATALOG = """
CREATE TABLE IF NOT EXISTS public.iceberg_tables (
    catalog_name varchar(255) NOT NULL, table_namespace varchar(255) NOT NULL, table_name varchar(255) NOT NULL,
    metadata_location varchar(1000), previous_metadata_location varchar(1000), iceberg_type varchar(5),
    PRIMARY KEY (catalog_name, table_namespace, table_name)
);
CREATE TABLE IF NOT EXISTS public.iceberg_namespace_properties (
    catalog_name varchar(255) NOT NULL, namespace varchar(255) NOT NULL, property_key varchar(255),
    property_value varchar(1000), PRIMARY KEY (catalog_name, namespace, property_key)
)"""
_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND c.relname !~ '^(_?yoyo|iceberg|staging)' ORDER BY 1"""
_VERSIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"


@dataclass(frozen=True)
class Role:
    """A role's name and password."""

    name: str
    password: SecretStr


def make_roles(settings: Settings) -> str:
    """Make the roles, or bring their rights up to date; tables must be there.

    Parameters
    ----------
    settings : Settings
        Its `postgres.user` must be allowed to make roles.

    Returns
    -------
    str
        What was done.

    Raises
    ------
    SettingsError
        Others can reach the server, and a password is the default.
    """
    postgres = settings.postgres
    refuse_default_passwords(postgres, "postgres", postgres.host)
    roles = {
        "reader": Role(postgres.reader_user, postgres.reader_password),
        "ingest": Role(postgres.ingest_user, postgres.ingest_password),
        "batch": Role(postgres.batch_user, postgres.batch_password),
        "collect": Role(postgres.collect_user, postgres.collect_password),
    }
    connection = connect(settings)
    try:
        with transaction(connection), connection.cursor() as cursor:
            # Roles belong to the whole server: two migrations of different schemas must not meet here.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('groundswell roles', 0))")
            cursor.execute(_CATALOG)
            for role in roles.values():
                _make(cursor, connection, role)
            names = {
                **{key: sql.Identifier(role.name) for key, role in roles.items()},
                "owner": sql.Identifier(postgres.user),
                "schema": sql.Identifier(postgres.db_schema),
                "database": sql.Identifier(postgres.database),
                "timeout": sql.Literal(f"{READER_STATEMENT_TIMEOUT_SECONDS}s"),
            }
            for statement in _statements(cursor, postgres):
                cursor.execute(sql.SQL(statement).format(**names))
    finally:
        connection.close()
    return f"roles {', '.join(role.name for role in roles.values())}: rights in schema {postgres.db_schema}"


def _make(cursor: Cursor, connection: Connection, role: Role) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name])
    name = sql.Identifier(role.name)
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {}").format(name))
    # Hashed here, so that the password is in no server log.
    hashed = encrypt_password(role.password.get_secret_value(), role.name, connection, "scram-sha-256")
    cursor.execute(
        sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}").format(
            name, sql.Literal(hashed)
        )
    )


def _statements(cursor: Cursor, postgres: PostgresSettings) -> Iterator[str]:
    """Yield what gives the roles their rights; names in braces are identifiers."""
    schema = postgres.db_schema
    yield "ALTER ROLE {reader} SET default_transaction_read_only = on"
    yield "ALTER ROLE {reader} SET statement_timeout = {timeout}"
    yield "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC"
    yield "GRANT TEMPORARY ON DATABASE {database} TO {owner}, {batch}"
    everybody = "{reader}, {ingest}, {batch}, {collect}"
    yield f"GRANT CONNECT ON DATABASE {{database}} TO {everybody}"
    yield f"GRANT USAGE ON SCHEMA {{schema}} TO {everybody}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {{schema}} TO {everybody}"
    # A member may do what the role may: the owner goes on migrating tables that are the batch's.
    yield "GRANT {batch} TO {owner}"
    for maker in ("owner", "batch"):
        yield (
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {{{maker}}} IN SCHEMA {{schema}} GRANT SELECT ON TABLES TO {everybody}"
        )
    write = "GRANT INSERT, UPDATE, DELETE ON"
    for table in INGEST_TABLES:
        yield f"{write} {{schema}}.{table} TO {{ingest}}"
    for table in COLLECT_TABLES:
        yield f"{write} {{schema}}.{table} TO {{collect}}"
    for table in _CATALOG_TABLES:
        yield f"{write.replace('GRANT', 'GRANT SELECT,')} public.{table} TO {{ingest}}, {{batch}}"
    cursor.execute(_TABLES, [schema])
    for (table,) in cursor.fetchall():
        if table not in NOT_OF_THE_BATCH:
            yield f"{write} {{schema}}.{table} TO {{batch}}"
    # It makes staging tables and a table for each version of the statistics, and drops them.
    yield "GRANT CREATE ON SCHEMA {schema} TO {batch}"
    yield "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {batch}"
    cursor.execute(_VERSIONS, [f"{schema}.{_VERSIONED}"])
    for table in [f"{schema}.{_VERSIONED}", *(table for (table,) in cursor.fetchall())]:
        yield f"ALTER TABLE {table} OWNER TO {{batch}}"
