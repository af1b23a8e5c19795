"""The shipped batch jobs as processes of their own that say how long Spark took to start and how long the work took."""

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch.parse_lake import parse_lake
from batch.recompute_statistics import recompute_statistics
from benchmarks.speed.batch_contestants import START
from benchmarks.speed.batch_history import AS_OF
from benchmarks.speed.stream_cores import busy_seconds, since
from groundswell.adapters.lake import ensure_raw_table
from groundswell.adapters.spark import spark_session
from groundswell.settings import load_settings


class _Starter:
    """Makes the session when the job asks for it, and knows how long that took."""

    def __init__(self, steps: "_Steps", ends_soon: bool) -> None:
        self.seconds = 0.0
        self._ends_soon = ends_soon
        self._steps = steps
        self._made: list[SparkSession] = []

    def __call__(self) -> SparkSession:
        if not self._made:
            meanwhile = self._steps.next(START)
            self._made.append(spark_session(load_settings(), "groundswell benchmark", ends_soon=self._ends_soon))
            self._steps.next(meanwhile)
            self.seconds = self._steps.seconds.pop(START)
        return self._made[0]

    def stop(self) -> None:
        for spark in self._made:
            spark.stop()


class _Steps(logging.Handler):
    """What a job says it is doing -> the seconds until it says the next thing, and who was busy meanwhile."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.seconds: dict[str, float] = {}
        self.cores: dict[str, dict[str, float]] = {}
        self._settings = load_settings()
        self._busy = busy_seconds(self._settings)
        self._now, self._began = "what the job needs to know first", time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        self.next(step_name(str(record.msg)))

    def next(self, what: str) -> str:
        """End a step, begin the next and return the name of the one that ended; those of one name are added up."""
        now, ended = time.monotonic(), self._now
        self.seconds[ended] = self.seconds.get(ended, 0.0) + now - self._began
        busy, of_step = busy_seconds(self._settings), self.cores.setdefault(ended, {})
        for who, seconds in since(self._busy, busy).items():
            of_step[who] = of_step.get(who, 0.0) + seconds
        self._now, self._began, self._busy = what, now, busy
        return ended


def step_name(message: str) -> str:
    """Return what a line of the log says it begins, without what differs from run to run.

    >>> step_name("%s: reading %d records"), step_name("fitting the platform: %d hours")
    ('reading records', 'fitting the platform')
    """
    return message.removeprefix("%s: ").split(":")[0].replace("%d ", "")


def fill(session: Callable[[], SparkSession], path: str) -> dict[str, Any]:
    """Put the posts of a file into the lake as the stream does, stamped with the time they were created at."""
    settings, spark = load_settings(), session()
    table = ensure_raw_table(spark, settings)
    post_id, created = (F.get_json_object("value", f"$.itemInfos.{name}") for name in ("id", "createTime"))
    records = spark.read.text(path).select(
        F.lit("groundswell.posts_v1").alias("topic"),
        F.lit(0).alias("partition"),
        F.monotonically_increasing_id().alias("offset"),
        F.timestamp_seconds(created.cast("bigint")).alias("timestamp"),
        post_id.cast("binary").alias("key"),
        F.col("value").cast("binary").alias("value"),
        F.array(F.struct(F.lit("source").alias("key"), F.lit(path).cast("binary").alias("value"))).alias("headers"),
    )
    records.writeTo(table).option("fanout-enabled", "true").append()
    days = spark.table(table).agg(F.to_date(F.min("timestamp")), F.to_date(F.max("timestamp")), F.count("*"))
    first, last, rows = days.collect()[0]
    return {"first": str(first), "last": str(last), "rows": rows}


def parse(session: Callable[[], SparkSession], first: str, last: str) -> dict[str, Any]:
    """Run `parse-lake` for some days."""
    days = list(parse_lake(load_settings(), session, date.fromisoformat(first), date.fromisoformat(last)))
    return {name: sum(day[name] for day in days) for name in ("lake_rows", "distinct_posts")}


def statistics(session: Callable[[], SparkSession]) -> dict[str, Any]:
    """Run `recompute-statistics`."""
    as_of: datetime = AS_OF
    return recompute_statistics(load_settings(), session, as_of, "full")


JOBS = {"fill": fill, "parse": parse, "statistics": statistics}


def main(job: str, *arguments: str) -> None:
    """Run a job and print what it said with `spark_seconds` and the `seconds` of everything else."""
    logger = logging.getLogger("batch")
    logger.setLevel(logging.INFO)
    logger.addHandler(steps := _Steps())
    session, began = _Starter(steps, ends_soon=job == "parse"), time.monotonic()
    done = JOBS[job](session, *arguments)  # type: ignore[operator]
    seconds = time.monotonic() - began - session.seconds
    steps.next("")
    session.stop()
    said = {"spark_seconds": session.seconds, "seconds": seconds, "steps": steps.seconds, "cores": steps.cores}
    print(json.dumps({**done, **said}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
