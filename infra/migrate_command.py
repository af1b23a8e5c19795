"""`groundswell migrate`: bring database, tables, roles, bucket, topics and their rights up to date."""

from pathlib import Path
from urllib.parse import quote, urlencode

import click
import psycopg2
from psycopg2 import sql

from groundswell.adapters.object_store import s3_client
from groundswell.adapters.postgres import connect, plain_schema, transaction
from groundswell.errors import GroundswellError, UnavailableError
from groundswell.settings import PostgresSettings, Settings, load_settings
from infra.database_roles import make_roles
from infra.topic_rights import give_topic_rights

LEFT_OUT = "left out"
_MIGRATIONS = Path(__file__).parent / "migrations"


@click.command()
def migrate() -> None:
    """Bring topics, bucket and database tables up to date; run it as often as you like."""
    done = run_migrations(load_settings())
    for line in done:
        click.echo(line)
    if any(line.startswith(LEFT_OUT) for line in done):
        raise UnavailableError("not everything could be made", "start what is missing, then run this again")


def run_migrations(settings: Settings) -> list[str]:
    """Make what is missing: database, tables, roles, bucket, topics, their rights.

    Parameters
    ----------
    settings : Settings
        Where the servers are. Postgres must be up; the others are left out with a note when they are not.

    Returns
    -------
    list of str
        What was done, a line each.
    """
    done = [_make_database(settings), _migrate_tables(settings), make_roles(settings)]
    for step in (_make_bucket, _make_topics, give_topic_rights):
        try:
            done.append(step(settings))
        except UnavailableError as error:
            done.append(f"{LEFT_OUT}: {error.message}")
    return done


def _make_database(settings: Settings) -> str:
    name = settings.postgres.database
    try:
        connect(settings).close()
        return f"database {name}: there"
    except UnavailableError as error:
        if f'database "{name}" does not exist' not in error.message:
            raise
    connection = connect(settings, database="postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            statement = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0")
            cursor.execute(statement.format(sql.Identifier(name)))
    except psycopg2.errors.DuplicateDatabase:
        return f"database {name}: there"
    except psycopg2.Error as error:
        raise GroundswellError(
            f"database {name} can't be made: {str(error).strip()}", "have the server's owner make it"
        ) from error
    finally:
        connection.close()
    return f"database {name}: made"


def _migrate_tables(settings: Settings) -> str:
    import yoyo

    schema = plain_schema(settings.postgres)
    guard = connect(settings, application_name="groundswell migrate")
    try:
        with transaction(guard), guard.cursor() as cursor:
            # Freed by the server when this session ends; a killed run leaves yoyo's own lock behind.
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"migrate {schema}"])
            cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        backend = yoyo.get_backend(_yoyo_uri(settings.postgres))
        backend.break_lock()
        with backend.lock():
            pending = backend.to_apply(yoyo.read_migrations(str(_MIGRATIONS)))
            names = [migration.id for migration in pending]
            backend.apply_migrations(pending)
        backend.connection.close()
    finally:
        guard.close()
    return f"tables in schema {schema}: " + (f"applied {', '.join(names)}" if names else "up to date")


def _yoyo_uri(postgres: PostgresSettings) -> str:
    user, password = quote(postgres.user, safe=""), quote(postgres.password.get_secret_value(), safe="")
    arguments = urlencode(
        {"schema": plain_schema(postgres), "application_name": "groundswell migrate", **postgres.tls_options}
    )
    return f"postgresql://{user}:{password}@{postgres.host}:{postgres.port}/{quote(postgres.database)}?{arguments}"


def _make_bucket(settings: Settings) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    lake = settings.lake
    client = s3_client(settings)
    try:
        if any(bucket["Name"] == lake.bucket for bucket in client.list_buckets()["Buckets"]):
            return f"bucket {lake.bucket}: there"
        client.create_bucket(Bucket=lake.bucket)
    except ClientError as error:
        raise GroundswellError(
            f"bucket {lake.bucket} can't be made at {lake.endpoint_url}: {error}",
            "check lake.access_key and its secret",
        ) from error
    except BotoCoreError as error:
        raise UnavailableError(
            f"bucket {lake.bucket}: S3 at {lake.endpoint_url} can't be reached", "run `groundswell up`"
        ) from error
    return f"bucket {lake.bucket}: made"


def _make_topics(settings: Settings) -> str:
    from groundswell.adapters.kafka import ensure_topics

    made = ensure_topics(settings)
    return f"topics: made {', '.join(made)}" if made else "topics: there"
