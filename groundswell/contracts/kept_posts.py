"""Posts as the stream keeps them in Postgres, in `stream_kept_batches.posts`: Arrow's format, compressed."""

from collections.abc import Sequence

import pyarrow as pa

_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")


def packed(posts: pa.Table) -> bytes:
    """Return posts as bytes.

    >>> unpacked(packed(pa.table({"post_id": ["1", "2"]})))["post_id"].to_pylist()
    ['1', '2']
    """
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, posts.schema, options=_COMPRESSED) as writer:
        writer.write_table(posts)
    written: bytes = stream.getvalue().to_pybytes()
    return written


def unpacked(posts: bytes | memoryview, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the posts that bytes hold.

    Parameters
    ----------
    posts : bytes or memoryview
    columns : sequence of str, optional
        Those that are wanted; the others are not even decompressed.

    >>> unpacked(packed(pa.table({"post_id": ["1"], "text": ["a"]})), ["text"]).to_pylist()
    [{'text': 'a'}]
    """
    buffer = pa.py_buffer(posts)
    if columns is None:
        with pa.ipc.open_stream(buffer) as reader:
            return reader.read_all()
    with pa.ipc.open_stream(buffer) as reader:
        places = [reader.schema.get_field_index(name) for name in columns]
    with pa.ipc.open_stream(buffer, options=pa.ipc.IpcReadOptions(included_fields=places)) as reader:
        return reader.read_all().select(columns)
