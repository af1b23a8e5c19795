"""The stream's newest counts in Postgres: for looking at, and the source of the trailing windows."""

import io
from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.postgres import copy_rows
from groundswell.contracts.tables import LIVE_COUNTS
from groundswell.domain.detector.baseline import HOUR_SECONDS
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.keyword_counts import BUCKET_SECONDS

_BATCH = "live_counts_batch"
_STAGE = f"CREATE TEMPORARY TABLE IF NOT EXISTS {_BATCH} (LIKE live_counts) ON COMMIT DELETE ROWS"
_ADD = (
    "INSERT INTO live_counts AS counts (keyword, bucket_start, posts)"
    f" SELECT keyword, bucket_start, posts FROM {_BATCH}"
    " ON CONFLICT (keyword, bucket_start) DO UPDATE SET posts = counts.posts + excluded.posts"
)
_SERIES = f"""
COPY (
    SELECT keyword, (extract(epoch FROM bucket_start)::bigint - %(start_s)s) / {BUCKET_SECONDS}, posts
    FROM live_counts
    WHERE bucket_start >= to_timestamp(%(start_s)s) AND bucket_start < to_timestamp(%(end_s)s)
    AND (keyword = ANY (%(followed)s::text[]) OR keyword IN (
        SELECT keyword FROM live_counts
        WHERE bucket_start > to_timestamp(%(judged_from_s)s - {HOUR_SECONDS})
        AND bucket_start < to_timestamp(%(end_s)s)
        GROUP BY keyword HAVING sum(posts) >= %(minimum_posts)s
    ))
    ORDER BY keyword COLLATE "C", bucket_start
) TO STDOUT WITH (FORMAT csv)"""
_SERIES_TYPES = {"keyword": pa.string(), "ticks": pa.int32(), "posts": pa.int64()}


def add(connection: Connection, increments: pa.Table) -> None:
    """Add the counts of a batch; the caller commits.

    Parameters
    ----------
    connection : Connection
    increments : pyarrow.Table
        keyword string, bucket_start timestamp, posts int64: each keyword and bucket once.
    """
    text = io.BytesIO()
    pa_csv.write_csv(increments.select(list(LIVE_COUNTS.column_names)), text, pa_csv.WriteOptions(include_header=False))
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
    copy_rows(connection, _BATCH, LIVE_COUNTS.column_names, [text.getvalue()])
    with connection.cursor() as cursor:
        cursor.execute(_ADD)


def series(
    connection: Connection, start_s: int, judged_from_s: int, end_s: int, minimum_posts: int, followed: Collection[str]
) -> pa.Table:
    """Return the counts of the keywords that are worth judging.

    Parameters
    ----------
    connection : Connection
    start_s, judged_from_s, end_s : int
        Buckets that start in [start_s, end_s) are returned, those from `judged_from_s` on are to be judged.
    minimum_posts : int
        A keyword with fewer posts in all trailing hours that are judged is left out.
    followed : collection of str
        Keywords that are there whatever they have.

    Returns
    -------
    pyarrow.Table
        keyword string, ticks list<int32>, posts list<int64>: posts in the buckets that have any, numbered from the one
        that starts at `start_s`.
    """
    parameters = {
        "start_s": start_s,
        "judged_from_s": judged_from_s,
        "end_s": end_s,
        "minimum_posts": minimum_posts,
        "followed": list(followed),
    }
    text = io.BytesIO()
    with connection.cursor() as cursor:
        # By COPY: a cursor would make Python objects of each row.
        cursor.copy_expert(cursor.mogrify(_SERIES, parameters).decode(), text)
    cells = _read(text)
    keywords = pc.run_end_encode(cells["keyword"].combine_chunks()) if cells.num_rows else None
    found = pa.array([], pa.string()) if keywords is None else keywords.values
    ends = np.zeros(0, np.int32) if keywords is None else keywords.run_ends.to_numpy()
    missing = pa.array(sorted(set(followed) - set(found.to_pylist())), pa.string())
    offsets = pa.array(np.concatenate([[0], ends, np.full(len(missing), cells.num_rows)]).astype(np.int32))
    lists = [pa.ListArray.from_arrays(offsets, cells[name].combine_chunks()) for name in ("ticks", "posts")]
    return pa.table([pa.concat_arrays([found, missing]), *lists], names=list(_SERIES_TYPES))


def platform_buckets_s(connection: Connection, start_s: int, end_s: int) -> list[int]:
    """Return the starts of the buckets in [start_s, end_s) that have any post, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM bucket_start)::bigint FROM live_counts WHERE keyword = %s"
            " AND bucket_start >= to_timestamp(%s) AND bucket_start < to_timestamp(%s) ORDER BY bucket_start",
            [PLATFORM_KEYWORD, start_s, end_s],
        )
        return [start for (start,) in cursor]


def first_bucket_s(connection: Connection) -> int | None:
    """Return the start of the oldest bucket that is kept; None: there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM min(bucket_start))::bigint FROM live_counts WHERE keyword = %s",
            [PLATFORM_KEYWORD],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def expire(connection: Connection, stream_time: datetime, hours: int) -> None:
    """Delete counts of buckets older than `hours` before the stream's time; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM live_counts WHERE bucket_start < %s", [stream_time - timedelta(hours=hours)])


def _read(text: io.BytesIO) -> pa.Table:
    if not text.tell():
        return pa.schema(list(_SERIES_TYPES.items())).empty_table()
    text.seek(0)
    return pa_csv.read_csv(
        text,
        read_options=pa_csv.ReadOptions(column_names=list(_SERIES_TYPES)),
        convert_options=pa_csv.ConvertOptions(column_types=_SERIES_TYPES, strings_can_be_null=False),
    )
