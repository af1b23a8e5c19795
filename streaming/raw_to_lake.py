"""Every record of the posts topic into the raw lake table, untouched and exactly once."""

from pyspark.sql import SparkSession
from pyspark.sql.streaming import StreamingQuery

from groundswell.adapters.lake import ensure_raw_table
from groundswell.settings import Settings
from streaming.kafka_source import posts_stream
from streaming.triggers import trigger

NAME = "raw_to_lake"


def start(spark: SparkSession, settings: Settings, available_now: bool) -> StreamingQuery:
    """Start the query.

    Iceberg stamps each commit with query and epoch, so a batch that is worked through twice is written once.
    """
    table = ensure_raw_table(spark, settings)
    records = posts_stream(spark, settings).select(
        "topic", "partition", "offset", "timestamp", "key", "value", "headers"
    )
    writer = records.writeStream.queryName(NAME).format("iceberg").outputMode("append")
    return (
        trigger(writer, settings, available_now)
        .option("checkpointLocation", f"{settings.checkpoint_root}/{NAME}")
        .option("fanout-enabled", "true")
        .toTable(table)
    )
