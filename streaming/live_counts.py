"""The stream's newest counts in Postgres: for looking at, and the source of the trailing hour."""

import io
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, SparkSession

from groundswell.adapters.postgres import copy_rows
from groundswell.adapters.spark import read_postgres
from groundswell.settings import Settings

_COLUMNS = ("keyword", "bucket_start", "posts")
_STAGE = "CREATE TEMPORARY TABLE IF NOT EXISTS live_counts_batch (LIKE live_counts) ON COMMIT DELETE ROWS"
# Counts are whole, not increments: writing a batch twice gives the same rows.
_UPSERT = (
    "INSERT INTO live_counts (keyword, bucket_start, posts) SELECT keyword, bucket_start, posts FROM live_counts_batch "
    "ON CONFLICT (keyword, bucket_start) DO UPDATE SET posts = excluded.posts"
)


def write(connection: Connection, counts: pa.Table) -> None:
    """Upsert the counts of a batch; the caller commits."""
    text = io.BytesIO()
    pa_csv.write_csv(counts.select(list(_COLUMNS)), text, pa_csv.WriteOptions(include_header=False))
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        copy_rows(connection, "live_counts_batch", _COLUMNS, [text.getvalue()])
        cursor.execute(_UPSERT)


def expire(connection: Connection, stream_time: datetime, hours: int) -> None:
    """Delete counts of buckets older than `hours` before the stream's time; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM live_counts WHERE bucket_start < %s", [stream_time - timedelta(hours=hours)])


def read(spark: SparkSession, settings: Settings, start: datetime, end: datetime) -> DataFrame:
    """Return the committed counts of the buckets that start in [start, end)."""
    where = f"bucket_start >= '{start.isoformat()}' AND bucket_start < '{end.isoformat()}'"
    return read_postgres(spark, settings, f"SELECT keyword, bucket_start, posts::bigint FROM live_counts WHERE {where}")
