"""Which micro-batches are in the live tables, how far stream time had come, and what was left out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from streaming import kept_batches

_COLUMNS = "query_id, batch_id, stream_time, counted_posts, known_posts, late_posts"
_KNOWS_QUERY = "SELECT EXISTS (SELECT FROM stream_batches WHERE query_id = %s)"
_IS_DONE = "SELECT EXISTS (SELECT FROM stream_batches WHERE query_id = %s AND batch_id = %s)"
_BEFORE = "SELECT stream_time FROM stream_batches WHERE query_id = %s AND batch_id < %s ORDER BY batch_id DESC LIMIT 1"
# The newest two stay: a batch that comes again must find itself, and the time before it.
_EXPIRE = (
    "DELETE FROM stream_batches WHERE stream_time < %s"
    " AND batch_id < (SELECT max(batch_id) - 1 FROM stream_batches WHERE query_id = %s)"
)


@dataclass(frozen=True)
class Entry:
    """A micro-batch that was worked through.

    Attributes
    ----------
    query_id : str
        Spark's id of the query, which lives as long as its checkpoint.
    batch_id : int
    stream_time : datetime
        How far the topic was read for sure.
    counted_posts, known_posts, late_posts : int
        What became of the batch's posts.
    """

    query_id: str
    batch_id: int
    stream_time: datetime
    counted_posts: int
    known_posts: int
    late_posts: int


def forget_other_checkpoints(connection: Connection, query_id: str) -> bool:
    """Empty the live tables if they are of another query; tell whether anything was there. The caller commits.

    A new checkpoint begins at the topic's start, so what an older one counted would be counted twice. What is kept of
    the query itself is still to be counted, and stays.
    """
    if _one(connection, _KNOWS_QUERY, query_id):
        return False
    deleted = 0
    with connection.cursor() as cursor:
        for table in ("live_increments", "stream_batches"):
            cursor.execute(f"DELETE FROM {table}")
            deleted += cursor.rowcount
    kept_batches.drop_of_others(connection, query_id)
    return deleted > 0


def is_done(connection: Connection, query_id: str, batch_id: int) -> bool:
    """Tell whether the live tables hold a batch."""
    return bool(_one(connection, _IS_DONE, query_id, batch_id))


def stream_time_before(connection: Connection, query_id: str, batch_id: int) -> datetime | None:
    """Return how far the stream had come before a batch; None for its first."""
    time: datetime | None = _one(connection, _BEFORE, query_id, batch_id)
    return time


def note(connection: Connection, entry: Entry) -> None:
    """Enter a batch; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO stream_batches ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)", list(vars(entry).values())
        )


def expire(connection: Connection, query_id: str, stream_time: datetime, hours: int) -> None:
    """Delete entries older than `hours` before the stream's time, never the newest two; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, [stream_time - timedelta(hours=hours), query_id])


def _one(connection: Connection, query: str, *parameters: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return row[0] if row else None
