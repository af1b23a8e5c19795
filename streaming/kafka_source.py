"""The posts topic as a stream of records."""

from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from groundswell.adapters.kafka_security import spark_security
from groundswell.contracts.topics import POSTS
from groundswell.settings import Settings


def posts_stream(spark: SparkSession, settings: Settings, include_headers: bool = True) -> DataFrame:
    """Return the posts topic: committed records only, and an error where offsets were lost.

    Parameters
    ----------
    spark : SparkSession
    settings : Settings
    include_headers : bool
    """
    source = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka.bootstrap_servers)
        .option("subscribe", POSTS.name(settings.kafka.topic_prefix))
        .option("kafka.isolation.level", "read_committed")
        .option("startingOffsets", "earliest")
        .option("failOnDataLoss", "true")
        .option("includeHeaders", str(include_headers).lower())
        .option("maxOffsetsPerTrigger", settings.stream.max_records_per_trigger)
        .option("kafka.max.poll.records", "10000")
        .option("kafka.max.partition.fetch.bytes", str(4 * 1024 * 1024))
    )
    for name, value in spark_security(settings.kafka).items():
        source = source.option(f"kafka.{name}", value)
    return source.load()


def since_time(records: DataFrame, since: datetime | None) -> DataFrame:
    """Leave out records with an earlier time stamp.

    The broker's own search for an offset by time is no use here: it also finds the commit markers of transactions,
    which carry the wall clock's time.
    """
    return records if since is None else records.where(F.col("timestamp") >= F.lit(since))
