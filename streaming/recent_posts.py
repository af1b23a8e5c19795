"""The newest posts that were counted, in Postgres: the evidence of alerts."""

import io
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.postgres import copy_rows
from groundswell.contracts.tables import LIVE_POSTS
from streaming.live_counts import quoted_array

KEPT_CHARACTERS = 500


def write(connection: Connection, posts: pa.Table) -> None:
    """Add the posts of a batch, of `groundswell.frames.mentions.MENTIONS`; the caller commits."""
    if not posts.num_rows:
        return
    text = io.BytesIO()
    pa_csv.write_csv(rows_of(posts), text, pa_csv.WriteOptions(include_header=False))
    copy_rows(connection, LIVE_POSTS.name, LIVE_POSTS.column_names, [text.getvalue()])


def rows_of(posts: pa.Table) -> pa.Table:
    """Return posts as rows of live_posts: what Postgres can't hold is taken out, and texts are cut."""
    return pa.table({name: _written(name, posts[name]) for name in LIVE_POSTS.column_names})


def _written(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as COPY reads it: NUL characters, which Postgres can't hold, are gone."""
    if name == "keywords":
        return quoted_array(column)
    if name == "text":
        column = pc.utf8_slice_codeunits(column, 0, KEPT_CHARACTERS)
    return pc.replace_substring(column, "\0", "") if pa.types.is_string(column.type) else column


def expire(connection: Connection, stream_time: datetime, hours: int) -> None:
    """Delete posts seen more than `hours` before the stream's time; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM live_posts WHERE seen_at < %s", [stream_time - timedelta(hours=hours)])
