"""Spark without Groundswell: `python -m benchmarks.speed.stream_spark WAY RECORDS_A_BATCH FOLDER`.

`noop` reads the records and does nothing with them, as Spark comes; `tuned` does the same with larger fetches and the
parallel collector. `original` is the way of the system that Groundswell began as: a Python UDF that splits the text on
spaces, counted per window, with Spark's own defaults for fetching and state.
"""

import os
import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.streaming import DataStreamWriter
from pyspark.sql.types import ArrayType, StringType

from benchmarks.speed.stream_data import split_words
from benchmarks.speed.stream_queries import tell, wait_for
from groundswell.adapters.spark import spark_session
from groundswell.contracts.topics import POSTS
from groundswell.settings import Settings, load_settings

TUNED_OPTIONS = {"kafka.max.poll.records": "10000", "kafka.max.partition.fetch.bytes": str(4 << 20)}
_MEMORY = "3g"
_NESTED = "itemInfos struct<text: string, createTime: string>, challengeInfoList array<struct<challengeName: string>>"


def main() -> None:
    """Work through the posts topic by one of the ways."""
    way, records_a_batch, folder = sys.argv[1:]
    settings = load_settings()
    spark = spark_session(settings, "bench") if way == "tuned" else plain_session(settings)
    records = _records(spark, settings, int(records_a_batch), TUNED_OPTIONS if way == "tuned" else {})
    writer = _original(records, folder) if way == "original" else records.writeStream.format("noop")
    query = writer.queryName(way).trigger(availableNow=True).option("checkpointLocation", f"{folder}/checkpoint")
    started = query.start()
    wait_for([started])
    tell([started])
    spark.stop()


def plain_session(settings: Settings) -> SparkSession:
    """Return a session as Spark comes, with memory enough and the product's number of partitions, not 200."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    jars = ",".join(str(path) for path in sorted(settings.spark_jars_dir.glob("*.jar")))
    return (
        SparkSession.builder.appName("bench")
        .master(settings.spark.master)
        .config("spark.jars", jars)
        .config("spark.driver.memory", _MEMORY)
        .config("spark.sql.shuffle.partitions", settings.stream.state_partitions)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )


def _records(spark: SparkSession, settings: Settings, records_a_batch: int, options: dict[str, str]) -> DataFrame:
    return (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka.bootstrap_servers)
        .option("subscribe", POSTS.name(settings.kafka.topic_prefix))
        .option("kafka.isolation.level", "read_committed")
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", records_a_batch)
        .options(**options)
        .load()
    )


def _original(records: DataFrame, folder: str) -> DataStreamWriter:
    words = F.udf(lambda text: ["", *split_words(text)], ArrayType(StringType()))
    post = F.from_json(F.col("value").cast("string"), _NESTED)
    counts = (
        records.select("timestamp", post.alias("post"))
        .select("timestamp", F.explode(words("post.itemInfos.text")).alias("word"))
        .groupBy(F.window("timestamp", "5 minutes").alias("window"), "word")
        .count()
    )

    def write(changed: DataFrame, batch_id: int) -> None:
        rows = changed.select(F.unix_seconds("window.start").alias("bucket"), "word", "count")
        rows.write.mode("overwrite").parquet(str(Path(folder) / "counts" / f"batch={batch_id}"))

    return counts.writeStream.outputMode("update").foreachBatch(write)


if __name__ == "__main__":
    main()
