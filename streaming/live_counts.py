"""The stream's newest counts in Postgres: for looking at, and the source of the trailing hour."""

import io
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, SparkSession

from groundswell.adapters.postgres import copy_rows
from groundswell.adapters.spark import read_postgres
from groundswell.contracts.tables import LIVE_COUNTS
from groundswell.settings import Settings

_BATCH = "live_counts_batch"
_STAGE = f"CREATE TEMPORARY TABLE IF NOT EXISTS {_BATCH} (LIKE live_counts) ON COMMIT DELETE ROWS"
_WHOLE = "counts.keyword, extract(epoch FROM counts.bucket_start)::bigint, counts.posts"
_ADD = (
    "INSERT INTO live_counts AS counts (keyword, bucket_start, posts)"
    f" SELECT keyword, bucket_start, posts FROM {_BATCH}"
    " ON CONFLICT (keyword, bucket_start) DO UPDATE SET posts = counts.posts + excluded.posts"
    f" RETURNING {_WHOLE}"
)
_READ = f"SELECT {_WHOLE} FROM live_counts AS counts JOIN {_BATCH} USING (keyword, bucket_start)"


def add(connection: Connection, increments: pa.Table) -> pa.Table:
    """Add the counts of a batch; the caller commits.

    Parameters
    ----------
    connection : Connection
    increments : pyarrow.Table
        keyword string, bucket_start timestamp, posts int64: each keyword and bucket once.

    Returns
    -------
    pyarrow.Table
        The same columns: the whole counts of these keywords and buckets.
    """
    _stage(connection, increments)
    return _answer(connection, _ADD)


def whole(connection: Connection, increments: pa.Table) -> pa.Table:
    """Return the whole counts of a batch's keywords and buckets, as they are."""
    _stage(connection, increments)
    return _answer(connection, _READ)


def _stage(connection: Connection, increments: pa.Table) -> None:
    text = io.BytesIO()
    pa_csv.write_csv(increments.select(list(LIVE_COUNTS.column_names)), text, pa_csv.WriteOptions(include_header=False))
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
    copy_rows(connection, _BATCH, LIVE_COUNTS.column_names, [text.getvalue()])


def _answer(connection: Connection, query: str) -> pa.Table:
    """Return keyword, bucket_start and posts; by COPY, for a cursor would make Python objects of each."""
    text = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv)", text)
    types = {"keyword": pa.string(), "bucket_start": pa.int64(), "posts": pa.int64()}
    if not text.tell():
        table = pa.schema(list(types.items())).empty_table()
    else:
        text.seek(0)
        table = pa_csv.read_csv(
            text,
            read_options=pa_csv.ReadOptions(column_names=list(types)),
            convert_options=pa_csv.ConvertOptions(column_types=types),
        )
    starts = table["bucket_start"].cast(pa.timestamp("s", "UTC")).cast(pa.timestamp("us", "UTC"))
    return table.set_column(1, "bucket_start", starts)


def expire(connection: Connection, stream_time: datetime, hours: int) -> None:
    """Delete counts of buckets older than `hours` before the stream's time; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM live_counts WHERE bucket_start < %s", [stream_time - timedelta(hours=hours)])


def read(spark: SparkSession, settings: Settings, start: datetime, end: datetime) -> DataFrame:
    """Return the committed counts of the buckets that start in [start, end)."""
    where = f"bucket_start >= '{start.isoformat()}' AND bucket_start < '{end.isoformat()}'"
    return read_postgres(spark, settings, f"SELECT keyword, bucket_start, posts::bigint FROM live_counts WHERE {where}")
