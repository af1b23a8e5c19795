"""The posts topic as a stream of records."""

from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from groundswell.contracts.topics import POSTS
from groundswell.settings import Settings


def posts_stream(
    spark: SparkSession, settings: Settings, since: datetime | None = None, include_headers: bool = True
) -> DataFrame:
    """Return the posts topic: committed records only, and an error where offsets were lost.

    Parameters
    ----------
    spark : SparkSession
    settings : Settings
    since : datetime, optional
        Start a new query at the first record with this time stamp or a later one (at the end, where there is none);
        by default at the topic's beginning. A query with a checkpoint goes on where it was, whatever this says.
    include_headers : bool
    """
    source = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka.bootstrap_servers)
        .option("subscribe", POSTS.name(settings.kafka.topic_prefix))
        .option("kafka.isolation.level", "read_committed")
        .option("failOnDataLoss", "true")
        .option("includeHeaders", str(include_headers).lower())
        .option("maxOffsetsPerTrigger", settings.stream.max_records_per_trigger)
        .option("kafka.max.poll.records", "10000")
        .option("kafka.max.partition.fetch.bytes", str(4 * 1024 * 1024))
    )
    for name, value in settings.kafka.client_options.items():
        source = source.option(f"kafka.{name}", value)
    if since is None:
        return source.option("startingOffsets", "earliest").load()
    return (
        source.option("startingTimestamp", str(int(since.timestamp() * 1000)))
        .option("startingOffsetsByTimestampStrategy", "latest")
        .load()
    )
