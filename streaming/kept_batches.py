"""What Spark has read and the stream hasn't counted yet, in Postgres: a stream that starts again begins with it."""

from collections.abc import Iterator

import pyarrow as pa
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.postgres import copy_rows
from groundswell.contracts.tables import STREAM_KEPT_BATCHES

_POSTS_A_PART = 50_000
_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")


def keep(connection: Connection, query_id: str, batch_id: int, posts: pa.Table) -> None:
    """Keep a batch that isn't empty, in place of what is there of it; the caller commits."""
    drop(connection, query_id, batch_id)
    parts = range(0, posts.num_rows, _POSTS_A_PART)
    chunks = (
        chunk
        for number, first in enumerate(parts)
        for chunk in (f"{query_id},{batch_id},{number},\\x", _packed(posts.slice(first, _POSTS_A_PART)).hex(), "\n")
    )
    copy_rows(connection, STREAM_KEPT_BATCHES.name, STREAM_KEPT_BATCHES.column_names, chunks)


def kept(connection: Connection, query_id: str) -> Iterator[tuple[int, pa.Table]]:
    """Yield the number and the posts of each batch that is kept, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT batch_id FROM stream_kept_batches WHERE query_id = %s ORDER BY batch_id", [query_id]
        )
        batch_ids = [batch_id for (batch_id,) in cursor]
    for batch_id in batch_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT posts FROM stream_kept_batches WHERE query_id = %s AND batch_id = %s ORDER BY part",
                [query_id, batch_id],
            )
            yield batch_id, pa.concat_tables([_unpacked(posts) for (posts,) in cursor])


def drop(connection: Connection, query_id: str, batch_id: int) -> None:
    """Drop a batch, as it is counted or kept anew; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM stream_kept_batches WHERE query_id = %s AND batch_id = %s", [query_id, batch_id])


def drop_of_others(connection: Connection, query_id: str) -> None:
    """Drop the batches of other checkpoints; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM stream_kept_batches WHERE query_id <> %s", [query_id])


def _packed(posts: pa.Table) -> bytes:
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, posts.schema, options=_COMPRESSED) as writer:
        writer.write_table(posts)
    packed: bytes = stream.getvalue().to_pybytes()
    return packed


def _unpacked(packed: memoryview) -> pa.Table:
    with pa.ipc.open_stream(pa.py_buffer(bytes(packed))) as reader:
        return reader.read_all()
