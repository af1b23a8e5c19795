"""The buckets of stream time that posts are counted in."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812

BUCKET_SECONDS = 300


def bucket_start(time: Column) -> Column:
    """Return the start of the bucket that a time lies in."""
    return F.timestamp_seconds(F.floor(F.unix_seconds(time) / BUCKET_SECONDS) * BUCKET_SECONDS)
