"""The newest posts that were counted, in Postgres: the evidence of alerts."""

from datetime import datetime, timedelta

from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame

from groundswell.adapters.postgres import copy_rows
from groundswell.contracts.tables import LIVE_POSTS
from groundswell.frames.csv_lines import LINE, csv_lines


def write(connection: Connection, posts: DataFrame) -> None:
    """Add the posts of a batch; the caller commits."""
    lines = csv_lines(posts.select(*LIVE_POSTS.column_names)).toArrow()[LINE]
    copy_rows(
        connection, LIVE_POSTS.name, LIVE_POSTS.column_names, ("".join(part.to_pylist()) for part in lines.chunks)
    )


def expire(connection: Connection, stream_time: datetime, hours: int) -> None:
    """Delete posts seen more than `hours` before the stream's time; the caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM live_posts WHERE seen_at < %s", [stream_time - timedelta(hours=hours)])
