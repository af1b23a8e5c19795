"""The stream's newest counts in Postgres: for looking at, and what a stream that starts again goes on with."""

import io
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.postgres import copy_rows
from groundswell.contracts.tables import LIVE_INCREMENTS
from streaming.copied_out import copied_out

INCREMENTS = pa.schema({"keyword": pa.string(), "bucket_start_s": pa.int64(), "posts": pa.int64()})
"""Posts of a keyword in the five minutes that begin at an epoch second."""

_SINCE = """
COPY (
    SELECT keyword, extract(epoch FROM bucket_start)::bigint, counted
    FROM live_increments, unnest(keywords, posts) AS added (keyword, counted)
    WHERE bucket_start >= to_timestamp(%s)
) TO STDOUT WITH (FORMAT csv)"""


def add(connection: Connection, increments: pa.Table) -> None:
    """Add the counts of a batch; the caller commits.

    Parameters
    ----------
    connection : Connection
    increments : pyarrow.Table
        Of `INCREMENTS`.
    """
    by_bucket = increments.group_by("bucket_start_s", use_threads=False).aggregate(
        [("keyword", "list"), ("posts", "list")]
    )
    starts = by_bucket["bucket_start_s"].cast(pa.timestamp("s", "UTC"))
    posts = by_bucket["posts_list"].cast(pa.list_(pa.string()))
    rows = pa.table(
        [starts, quoted_array(by_bucket["keyword_list"]), quoted_array(posts)],
        names=list(LIVE_INCREMENTS.column_names),
    )
    text = io.BytesIO()
    pa_csv.write_csv(rows, text, pa_csv.WriteOptions(include_header=False))
    copy_rows(connection, LIVE_INCREMENTS.name, LIVE_INCREMENTS.column_names, [text.getvalue()])


def quoted_array(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return Postgres' array literals of lists of strings, none of them empty, that hold no quote and no backslash."""
    return pc.binary_join_element_wise('{"', pc.binary_join(lists, '","'), '"}', "")


def since(connection: Connection, start_s: int) -> pa.Table:
    """Return what was counted in the buckets from `start_s` on, of `INCREMENTS`."""
    return copied_out(connection, _SINCE, [start_s], INCREMENTS)


def first_bucket_s(connection: Connection) -> int | None:
    """Return the start of the oldest bucket that is kept; None: there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM min(bucket_start))::bigint FROM live_increments")
        row = cursor.fetchone()
    return row[0] if row else None


def expire(connection: Connection, stream_time: datetime, hours: int) -> None:
    """Delete counts of buckets older than `hours` before the stream's time; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM live_increments WHERE bucket_start < %s", [stream_time - timedelta(hours=hours)])
