"""What the lake benchmark asks of Spark, each as a process of its own: sizes, upkeep, the query, layouts."""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch.maintain_lake import maintain_lake
from benchmarks.speed.lake_layouts import LAYOUTS, Layout
from benchmarks.speed.lake_query import MOST
from groundswell.adapters.lake import raw_table
from groundswell.adapters.spark import spark_session
from groundswell.settings import load_settings


def sizes(spark: SparkSession) -> dict[str, Any]:
    """Return the size of each data file that the newest snapshot has, and of the metadata it needs."""
    table = raw_table(load_settings())
    files = spark.table(f"{table}.files").select("file_size_in_bytes", "record_count").collect()
    manifests = spark.table(f"{table}.manifests").agg(F.sum("length")).collect()[0][0]
    days = spark.table(table).groupBy(F.to_date("timestamp").alias("day")).count().orderBy(F.desc("count")).collect()
    return {
        "file_bytes": sorted(row[0] for row in files),
        "posts": sum(row[1] for row in files),
        "manifest_bytes": manifests,
        "day": str(days[0]["day"]),
        "posts_of_day": days[0]["count"],
    }


def maintain(spark: SparkSession) -> dict[str, Any]:
    """Run `maintain-lake`."""
    return maintain_lake(load_settings(), lambda: spark, datetime.now(UTC))


def query(spark: SparkSession, day: str) -> dict[str, Any]:
    """Ask what `benchmarks.speed.lake_query` asks."""
    start = F.lit(day).cast("timestamp")
    inside = (F.col("timestamp") >= start) & (F.col("timestamp") < start + F.expr("INTERVAL 1 DAY"))
    kind = "challengeInfoList ARRAY<STRUCT<challengeName: STRING>>"
    post = F.from_json(F.col("value").cast("string"), kind)
    named = spark.table(raw_table(load_settings())).where(inside).select(post.alias("post"))
    challenges = named.select(F.explode("post.challengeInfoList.challengeName").alias("challenge"))
    found = challenges.groupBy("challenge").count().orderBy(F.desc("count"), "challenge").limit(MOST).collect()
    return {"answer": [[row["challenge"], row["count"]] for row in found]}


def layouts(spark: SparkSession) -> dict[str, Any]:
    """Write the newest snapshot's records again, once by each layout, and return bytes and seconds of each."""
    source = raw_table(load_settings())
    records = spark.table(source).persist()
    records.count()
    found = {}
    _write(spark, records, LAYOUTS[0])  # compiles what the others run, too
    for layout in LAYOUTS:
        found[layout.name] = _write(spark, records, layout)
    return found


def _write(spark: SparkSession, records: Any, layout: Layout) -> dict[str, float]:
    settings = load_settings()
    table = f"{settings.lake.catalog}.{settings.lake.namespace}.layout"
    writer = records.coalesce(2).sortWithinPartitions(*layout.order) if layout.order else records.coalesce(2)
    writer = writer.writeTo(table).using("iceberg")
    for name, value in layout.properties.items():
        writer = writer.tableProperty(name, value)
    began, used = time.monotonic(), _cpu_seconds()
    writer.create()
    seconds, cpu_seconds = time.monotonic() - began, _cpu_seconds() - used
    total = spark.table(f"{table}.files").agg(F.sum("file_size_in_bytes")).collect()[0][0]
    began = time.monotonic()
    spark.table(table).select(F.sum(F.length("value"))).collect()
    reading = time.monotonic() - began
    spark.sql(f"DROP TABLE {table} PURGE")
    return {"bytes": total, "seconds": seconds, "cpu_seconds": cpu_seconds, "reading_seconds": reading}


def _cpu_seconds() -> float:
    import psutil

    tree = psutil.Process(os.getpid()).children(recursive=True)
    return float(sum(times.user + times.system for times in (process.cpu_times() for process in tree)))


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "sizes": sizes,
    "maintain": maintain,
    "query": query,
    "layouts": layouts,
}


def main(job: str, *arguments: str) -> None:
    """Run a job; print what it found, with `spark_seconds` and the `seconds` of everything else."""
    began = time.monotonic()
    spark = spark_session(load_settings(), "groundswell benchmark")
    started = time.monotonic()
    try:
        found = JOBS[job](spark, *arguments)
        ended = time.monotonic()
    finally:
        spark.stop()
    said = {"found": found, "spark_seconds": started - began, "seconds": ended - started}
    print(json.dumps(said))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
