"""`groundswell stream`: start the queries, say how they do, stop them cleanly."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from groundswell.errors import GroundswellError
from groundswell.settings import load_settings

if TYPE_CHECKING:
    from pyspark.sql.streaming import StreamingQuery

LOG = logging.getLogger(__name__)
NAMES = ("raw_to_lake", "keyword_alerts")
_REPORT_SECONDS = 10.0
_LOST_SIGNS = (
    "failOnDataLoss",
    "data may have been lost",
    "Some data may have been missed",
    "OffsetOutOfRange",
)


class QueryFailedError(GroundswellError):
    """A streaming query died."""

    exit_code = 6


@click.command()
@click.option("--only", type=click.Choice(NAMES), help="Run one query; by default both run in one Spark application.")
@click.option("--available-now", is_flag=True, help="Work through all that is in the topic now, then stop.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]),
    help="Where a new keyword_alerts begins: the first record with this time stamp (UTC) or later. "
    "By default at the topic's beginning; a query that ran before goes on where it was.",
)
def stream(only: str | None, available_now: bool, since: datetime | None) -> None:
    """Run the streaming queries until Ctrl-C.

    raw_to_lake writes every record of the posts topic, untouched, to the lake's raw table. keyword_alerts counts
    keywords, judges the counts against the statistics in Postgres and raises alerts, on the alerts topic and in
    Postgres. Both go on where they were when they are started again.

    \b
    groundswell stream
    groundswell stream --only raw_to_lake --available-now
    groundswell stream --since 2026-06-29
    """
    from groundswell.adapters.spark import spark_session
    from streaming import keyword_alerts, raw_to_lake

    settings = load_settings()
    began = time.monotonic()
    LOG.info("starting Spark (%s)", settings.spark.master)
    spark = spark_session(settings, "groundswell-stream")
    queries: list[StreamingQuery] = []
    try:
        if only != keyword_alerts.NAME:
            queries.append(raw_to_lake.start(spark, settings, available_now))
        if only != raw_to_lake.NAME:
            first = since.replace(tzinfo=UTC) if since else None
            queries.append(keyword_alerts.start(spark, settings, available_now, first))
        LOG.info(
            "%s running after %.1f s; Ctrl-C stops",
            " and ".join(q.name for q in queries),
            time.monotonic() - began,
        )
        _watch(queries)
    except KeyboardInterrupt:
        LOG.info("stopping; what was not committed is worked through at the next start")
        raise
    finally:
        for query in queries:
            query.stop()
        spark.stop()


def _watch(queries: list[StreamingQuery]) -> None:
    """Return when every query has ended; raise when one failed, which ends the others too."""
    progress = {query.name: _Progress() for query in queries}
    reported = time.monotonic()
    while any(query.isActive for query in queries):
        for query in queries:
            _raise_if_failed(query)
            progress[query.name].note(query)
        if time.monotonic() - reported >= _REPORT_SECONDS:
            reported = time.monotonic()
            for name, seen in progress.items():
                LOG.info("%s: %s", name, seen)
        time.sleep(0.2)
    for query in queries:
        _raise_if_failed(query)
        progress[query.name].note(query)
        LOG.info("%s ended: %s", query.name, progress[query.name])


class _Progress:
    """What a query said of itself, added up."""

    def __init__(self) -> None:
        self._batch = -1
        self._records = 0
        self._rate = 0.0
        self._watermark = ""

    def note(self, query: StreamingQuery) -> None:
        for seen in query.recentProgress:
            if seen["batchId"] > self._batch:
                self._batch = seen["batchId"]
                self._records += seen["numInputRows"]
                self._rate = seen["processedRowsPerSecond"]
                self._watermark = seen["eventTime"].get("watermark", "")

    def __str__(self) -> str:
        watermark = f", watermark {self._watermark}" if self._watermark else ""
        return f"{self._records:,} records, last batch {self._batch} at {self._rate:,.0f}/s{watermark}"


def _raise_if_failed(query: StreamingQuery) -> None:
    error = query.exception()
    if error is None:
        return
    text = str(error)
    if any(sign in text for sign in _LOST_SIGNS):
        raise QueryFailedError(
            f"{query.name}: the posts topic no longer holds records that this query has not read",
            "they were expired or the topic was made anew; restore the topic, or delete the query's checkpoint folder "
            f"to begin with what is there and accept the loss ({text.splitlines()[0][:200]})",
        )
    cause = [line for line in text.splitlines() if line.strip()]
    LOG.debug("%s failed: %s", query.name, text)
    raise QueryFailedError(
        f"{query.name} failed: {' | '.join(cause[:3])[:600]}",
        "mend the cause and start again: the query goes on where it was (the whole error: groundswell -v stream)",
    )
