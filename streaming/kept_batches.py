"""The newest batches in Postgres, as Spark gave them: what is not counted yet, and the posts behind what is.

A batch is pending when it is newer than the newest one in the ledger: a stream that starts again begins with it. The
others are the evidence of alerts, and what a stream that starts again reads back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.postgres import copy_rows
from groundswell.contracts.kept_posts import packed, unpacked
from groundswell.contracts.tables import STREAM_KEPT_BATCHES

_POSTS_A_PART = 5_000
_PARTS_AT_ONCE = 10
# By the newest one, not by its own: the ledger forgets old batches.
_IS_PENDING = (
    "query_id = %(query_id)s"
    " AND batch_id > coalesce((SELECT max(batch_id) FROM stream_batches WHERE query_id = %(query_id)s), -1)"
)
_PENDING = f"SELECT DISTINCT batch_id FROM stream_kept_batches WHERE {_IS_PENDING} ORDER BY batch_id"
_BATCH = "SELECT posts FROM stream_kept_batches WHERE query_id = %(query_id)s AND batch_id = %(batch_id)s ORDER BY part"
_EXPIRE = f"DELETE FROM stream_kept_batches WHERE last_seen_at < %(time)s AND NOT ({_IS_PENDING})"
_COUNTED = (
    "SELECT posts FROM stream_kept_batches"
    " JOIN (SELECT query_id, max(batch_id) AS newest FROM stream_batches GROUP BY query_id) AS counted USING (query_id)"
    " WHERE batch_id <= newest"
)
_COUNTED_SINCE = f"{_COUNTED} AND last_seen_at >= to_timestamp(%(start_s)s)"
_COUNTED_AT = (
    f"{_COUNTED} AND last_seen_at >= %(first)s AND first_seen_at <= %(last)s AND EXISTS ("
    "SELECT FROM unnest(%(times)s::timestamptz[]) AS wanted (seen_at)"
    " WHERE seen_at BETWEEN first_seen_at AND last_seen_at)"
)


def keep(connection: Connection, query_id: str, batch_id: int, posts: pa.Table) -> None:
    """Keep a batch in place of what is there of it, which is all for one without posts; the caller commits.

    Parameters
    ----------
    connection : Connection
    query_id : str
    batch_id : int
    posts : pyarrow.Table
        Of `groundswell.frames.mentions.MENTIONS`.
    """
    drop(connection, query_id, batch_id)
    rows = (f"{query_id},{batch_id},{number},{row}\n" for number, row in enumerate(_rows(posts)))
    copy_rows(connection, STREAM_KEPT_BATCHES.name, STREAM_KEPT_BATCHES.column_names, rows)


def pending(connection: Connection, query_id: str) -> Iterator[tuple[int, pa.Table]]:
    """Yield the number and the posts of each batch that is not counted yet, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, {"query_id": query_id})
        batch_ids = [batch_id for (batch_id,) in cursor]
    for batch_id in batch_ids:
        yield batch_id, pa.concat_tables(_read(connection, _BATCH, {"query_id": query_id, "batch_id": batch_id}))


def counted_since(connection: Connection, start_s: int, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the parts of counted batches that have any post seen from `start_s` on; they have earlier ones, too."""
    return _read(connection, _COUNTED_SINCE, {"start_s": start_s}, columns)


def counted_at(connection: Connection, times: Collection[datetime], columns: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the parts of counted batches that may have a post seen at any of the times, each once."""
    wanted = {"first": min(times), "last": max(times), "times": list(times)}
    return _read(connection, _COUNTED_AT, wanted, columns)


def drop(connection: Connection, query_id: str, batch_id: int) -> None:
    """Drop a batch; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM stream_kept_batches WHERE query_id = %s AND batch_id = %s", [query_id, batch_id])


def drop_of_others(connection: Connection, query_id: str) -> None:
    """Drop the batches of other checkpoints; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM stream_kept_batches WHERE query_id <> %s", [query_id])


def expire(connection: Connection, query_id: str, stream_time: datetime, hours: int) -> None:
    """Drop parts all of whose posts were seen more than `hours` before; no pending ones. The caller commits."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"query_id": query_id, "time": stream_time - timedelta(hours=hours)})


def _rows(posts: pa.Table) -> Iterator[str]:
    """Yield each part's times and posts, as COPY reads them."""
    if posts.num_rows > _POSTS_A_PART:
        # A part is found by its time: with posts of all times in each, all would have to be read for one.
        posts = posts.take(pc.sort_indices(posts["seen_at"]))
    for first in range(0, posts.num_rows, _POSTS_A_PART):
        part = posts.slice(first, _POSTS_A_PART)
        times = pc.min_max(part["seen_at"]).as_py()
        yield f"{times['min'].isoformat()},{times['max'].isoformat()},\\x{packed(part).hex()}"


def _read(
    connection: Connection, query: str, parameters: Mapping[str, Any], columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    # One on the server, as all parts of some hours would be much at once.
    with connection.cursor("kept_batches") as cursor:
        cursor.itersize = _PARTS_AT_ONCE
        cursor.execute(query, parameters)
        for (posts,) in cursor:
            yield unpacked(posts, columns)
