"""`groundswell stream`: start the queries, say how they do, stop them cleanly."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import click

from groundswell.settings import load_settings

LOG = logging.getLogger(__name__)
NAMES = ("raw_to_lake", "keyword_alerts")


@click.command()
@click.option("--only", type=click.Choice(NAMES), help="Run one query; by default both run in one Spark application.")
@click.option("--available-now", is_flag=True, help="Work through all that is in the topic now, then stop.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]),
    help="keyword_alerts leaves out posts stamped before this time (UTC); a new query begins at the topic's start.",
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
    from groundswell.adapters.kafka import producer
    from groundswell.adapters.postgres import connect
    from groundswell.adapters.spark import spark_session
    from streaming import keyword_alerts, raw_to_lake
    from streaming.health_alerts import HealthWatch
    from streaming.query_metrics import MetricsBoard
    from streaming.watching import RunningQuery, watch

    settings = load_settings()
    began = time.monotonic()
    LOG.info("starting Spark (%s)", settings.spark.master)
    spark = spark_session(settings, "groundswell-stream", runs_for_days=not available_now)
    first = since.replace(tzinfo=UTC) if since else None
    alerts = keyword_alerts.KeywordAlerts(spark, settings, available_now, first)
    makers: dict[str, Callable[[], RunningQuery]] = {
        raw_to_lake.NAME: lambda: RunningQuery(lambda: raw_to_lake.start(spark, settings, available_now)),
        keyword_alerts.NAME: lambda: RunningQuery(alerts.start, alerts.is_behind),
    }
    connect_for_metrics = partial(connect, settings, application_name="groundswell metrics")
    board = MetricsBoard(connect_for_metrics, settings.metrics.port)
    health = HealthWatch(settings, connect_for_metrics, producer(settings))

    def look(running: Sequence[RunningQuery]) -> None:
        board.put_up({query.name: query.metrics for query in running})
        # Where each query has a process of its own, one of them watches for both.
        if not available_now and only != raw_to_lake.NAME:
            health.look(max(query.last_record_s for query in running))

    queries: list[RunningQuery] = []
    try:
        for name in [only] if only else NAMES:
            queries.append(makers[name]())
        LOG.info(
            "%s running after %.1f s; Ctrl-C stops",
            " and ".join(q.name for q in queries),
            time.monotonic() - began,
        )
        watch(queries, look)
    except KeyboardInterrupt:
        LOG.info("stopping; what was not committed is worked through at the next start")
        raise
    finally:
        for query in queries:
            query.stop()
        board.close()
        alerts.close()
        spark.stop()
