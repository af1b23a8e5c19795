"""The limit: the rows that parse-lake made, put into the same tables by nothing but COPY.

Then once more into the same tables without keys and indexes: what these cost is the difference.
"""

import json
import sys
import time
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from benchmarks.speed.stream_cores import busy_seconds, since
from groundswell.adapters.postgres import connect, transaction
from groundswell.settings import load_settings

TABLES = (
    "posts",
    "post_metrics",
    "post_hashtags",
    "post_challenges",
    "authors",
    "music",
    "challenges",
    "hashtags",
    "keyword_counts",
    "platform_counts",
    "trending_challenges_daily",
    "trending_musicians_daily",
    "lake_days",
)
_COLUMNS = (
    "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
    " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
)
_KEYS_AND_INDEXES = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
FROM pg_constraint WHERE conrelid = ANY (%(tables)s::regclass[]) AND contype IN ('p', 'u')
UNION ALL
SELECT format('DROP INDEX %%s', indexrelid::regclass)
FROM pg_index WHERE indrelid = ANY (%(tables)s::regclass[])
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def columns_of(connection: Connection, table: str) -> str:
    """Return the columns that are written: those that Postgres works out by itself are not."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        (names,) = cursor.fetchone() or ("",)
    return str(names)


def rows_of(connection: Connection) -> dict[str, int]:
    """Return the number of rows of each table."""
    with transaction(connection), connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            (found[table],) = cursor.fetchone() or (0,)
    return found


def dump(connection: Connection, folder: Path) -> None:
    """Write every table to a CSV file."""
    with transaction(connection), connection.cursor() as cursor:
        for table in TABLES:
            with (folder / table).open("wb") as file:
                names = columns_of(connection, table)
                cursor.copy_expert(f"COPY {table} ({names}) TO STDOUT WITH (FORMAT csv)", file)


def load(connection: Connection, folder: Path) -> dict[str, float]:
    """Copy every file into its table, each in a transaction of its own; return the seconds that each took."""
    seconds = {}
    for table in TABLES:
        names = columns_of(connection, table)
        began = time.monotonic()
        with transaction(connection), connection.cursor() as cursor, (folder / table).open("rb") as file:
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN WITH (FORMAT csv)", file, size=1 << 16)
        seconds[table] = time.monotonic() - began
    return seconds


def strip(connection: Connection) -> None:
    """Empty the tables, and take their keys and indexes away."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}")
        cursor.execute(_KEYS_AND_INDEXES, {"tables": list(TABLES)})
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def main(folder: str) -> None:
    """Load the files of a folder and print a `benchmarks.speed.batch_contestants.CopyRun` without its rows."""
    settings = load_settings()
    connection = connect(settings, application_name="groundswell benchmark")
    try:
        before = busy_seconds(settings)
        seconds = load(connection, Path(folder))
        cores = since(before, busy_seconds(settings))
        strip(connection)
        bare_seconds = load(connection, Path(folder))
        print(json.dumps({"seconds": seconds, "cores": cores, "bare_seconds": bare_seconds}))  # noqa: T201
    finally:
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
