"""Where the alerts query's time goes: `python -m benchmarks.speed.stream_profile FOLDER WARM_UP_BATCHES PROFILER`.

In one warm session the query is built up part by part, and each part costs what the whole got slower by; what the
driver does with a batch is timed where it happens. Then the whole query runs once more with its JVM being sampled.
Prints microseconds per post, as JSON.
"""

import json
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming import DataStreamWriter

from benchmarks.speed.stream_cores import busy_seconds, since
from benchmarks.speed.stream_data import left_out
from benchmarks.speed.stream_jvm import sampled_jvm
from benchmarks.speed.stream_queries import batches_of, wait_for
from benchmarks.speed.stream_rates import steady
from benchmarks.speed.stream_results import empty_live_tables
from groundswell.adapters.spark import spark_session
from groundswell.frames.mentions import Reading, mentions_of, posts_once
from groundswell.settings import Settings, load_settings
from streaming import kept_batches, live_counts
from streaming.judging import Judge
from streaming.kafka_source import posts_stream
from streaming.keyword_alerts import KeywordAlerts
from streaming.recent_memory import RecentMemory
from streaming.tally import Mentions

FETCH = "Kafka: fetching, decompressing"
ARROW = "Spark to Python"
READ = "JSON, keywords, back to Spark"
STATE = "each post once: shuffle, state, checkpoint"
DRIVER = "posts to the driver"
TALLY = "counting"
COUNTS = "counts to Postgres"
POSTS = "posts to Postgres"
MEMORY = "what stays in memory"
JUDGE = "statistics, scores, alerts"
BESIDE = "ledger, commits; less what is done beside the next batch's reading"


class Timers:
    """Adds up the seconds spent in functions that the query calls."""

    def __init__(self) -> None:
        self._calls: dict[str, list[float]] = {}

    def time(self, owner: Any, name: str, part: str) -> None:
        """Replace a function by one that notes how long it ran."""
        function: Callable[..., Any] = getattr(owner, name)
        calls = self._calls.setdefault(part, [])

        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.monotonic()
            try:
                return function(*arguments, **named)
            finally:
                calls.append(time.monotonic() - began)

        setattr(owner, name, timed)

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each part."""
        return {part: sum(calls) for part, calls in self._calls.items()}


def main() -> None:
    """Measure each part on the posts topic."""
    folder, warm_up_batches, library = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    settings = load_settings()
    spark = spark_session(settings, "groundswell-bench")
    reading = Reading(left_out(), settings.stream.deduplication_hours * 3600)

    def source() -> DataFrame:
        return posts_stream(spark, settings, include_headers=False)

    def seconds_a_post(number: int, writer: DataStreamWriter) -> float:
        place = str(Path(folder) / str(number))
        query = writer.trigger(availableNow=True).option("checkpointLocation", place).start()
        wait_for([query])
        return 1 / steady([batches_of(query)], warm_up_batches)[1].rate

    spark.conf.set("spark.sql.shuffle.partitions", settings.stream.state_partitions)
    spark.conf.set("spark.sql.streaming.noDataMicroBatches.enabled", "false")
    builds: dict[str, Callable[[], DataStreamWriter]] = {
        FETCH: lambda: source().writeStream.format("noop"),
        ARROW: lambda: _handed_over(source()).writeStream.format("noop"),
        READ: lambda: mentions_of(source(), reading).writeStream.format("noop"),
        STATE: lambda: posts_once(source(), reading).writeStream.format("noop"),
        DRIVER: lambda: posts_once(source(), reading).writeStream.foreachBatch(_collect),
    }
    seconds_a_post(len(builds), builds[DRIVER]())  # the JVM compiles what it runs often
    found: dict[str, float] = {}
    before = 0.0
    for number, (part, build) in enumerate(builds.items()):
        spent = seconds_a_post(number, build())
        found[part], before = spent - before, spent
    timers = _timers()
    busy_before, began = busy_seconds(settings), time.monotonic()
    records = _run(spark, settings)
    whole = time.monotonic() - began
    busy = since(busy_before, busy_seconds(settings))
    driver = {part: seconds / records for part, seconds in timers.seconds().items()}
    found |= driver | {BESIDE: whole / records - before - sum(driver.values())}
    empty_live_tables(settings)
    with sampled_jvm(library) as jvm:
        sampled = _run(spark, settings)
    spark.stop()
    said = {
        "parts": found,
        "cores": {name: seconds / records for name, seconds in busy.items()},
        "jvm": {part: seconds / sampled for part, seconds in jvm.items()},
    }
    print(json.dumps({name: {part: spent * 1e6 for part, spent in of.items()} for name, of in said.items()}))  # noqa: T201


def _run(spark: SparkSession, settings: Settings) -> int:
    """Run the whole query over the topic; return how many records it read."""
    checkpoint = f"{settings.stream.checkpoint_dir}/{uuid.uuid4()}"
    again = settings.model_copy(update={"stream": settings.stream.model_copy(update={"checkpoint_dir": checkpoint})})
    alerts = KeywordAlerts(spark, again, available_now=True, since=None)
    query = alerts.start()
    wait_for([query])
    alerts.finish()
    alerts.close()
    return sum(batch.records for batch in batches_of(query))


def _timers() -> Timers:
    timers = Timers()
    timers.time(Mentions, "of", TALLY)
    timers.time(live_counts, "add", COUNTS)
    timers.time(kept_batches, "keep", POSTS)
    timers.time(RecentMemory, "add", MEMORY)
    timers.time(Judge, "_judge", JUDGE)
    return timers


def _collect(posts: DataFrame, batch_id: int) -> None:
    posts.toArrow()


def _handed_over(records: DataFrame) -> DataFrame:
    """Return records that were handed to Python, which looked at nothing and gave one column back."""

    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield batch.select(["partition"])

    return records.select("partition", "timestamp", "value").mapInArrow(look, "partition INT")


if __name__ == "__main__":
    main()
