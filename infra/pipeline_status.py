"""How the pipeline does: lag, last bucket, rates, dead letters, age of statistics, sizes, and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from confluent_kafka import KafkaException
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.kafka import committed_messages, partitions_of, read_committed_consumer
from groundswell.adapters.metrics import Metrics, read_metrics
from groundswell.adapters.postgres import connect
from groundswell.contracts.topics import DEAD_LETTERS
from groundswell.domain.health import Facts, problems
from groundswell.errors import UnavailableError
from groundswell.settings import Settings

QUERIES = ("raw_to_lake", "keyword_alerts")
_BUCKET_SECONDS = 300
_SCORED = "SELECT max(stream_time) FROM stream_batches"
_STATISTICS = "SELECT version, created_at, keywords FROM current_statistics JOIN statistics_versions USING (version)"


@dataclass(frozen=True)
class PipelineStatus:
    """What is known; None: it isn't.

    Attributes
    ----------
    metrics : Metrics
        Of the queries and the nightly jobs.
    last_bucket : datetime or None
        Start of the newest five minutes that are judged.
    dead_letters : int or None
        On their topic.
    statistics_version, statistics_keywords : int or None
    statistics_at : datetime or None
        When the statistics in force were computed.
    problems : tuple of str
        What is wrong, a sentence each.
    """

    metrics: Metrics
    last_bucket: datetime | None
    dead_letters: int | None
    statistics_version: int | None
    statistics_at: datetime | None
    statistics_keywords: int | None
    problems: tuple[str, ...]


def pipeline_status(settings: Settings, now: datetime) -> PipelineStatus | None:
    """Look at the pipeline; None where Postgres can't tell, or has no tables yet."""
    try:
        connection = connect(settings, "reader", application_name="groundswell status", connect_timeout_seconds=3)
    except UnavailableError:
        return None
    try:
        metrics = read_metrics(connection)
        scored, statistics = _row(connection, _SCORED), _row(connection, _STATISTICS)
    except psycopg2.Error:
        return None
    finally:
        connection.close()
    last_bucket = None
    if scored and scored[0] is not None:
        start_s = int(scored[0].timestamp())
        last_bucket = datetime.fromtimestamp(start_s - start_s % _BUCKET_SECONDS, UTC) - timedelta(
            seconds=_BUCKET_SECONDS
        )
    version, computed_at, keywords = statistics or (None, None, None)
    facts = Facts(
        {key: metric.value for key, metric in metrics.items()}, None if computed_at is None else computed_at.timestamp()
    )
    told = problems(facts, settings.metrics.statistics_hours, now.timestamp())
    return PipelineStatus(
        metrics, last_bucket, _dead_letters(settings), version, computed_at, keywords, tuple(p.text for p in told)
    )


def as_json(status: PipelineStatus | None) -> dict[str, Any] | None:
    """Return it for machines; times in ISO 8601."""
    if status is None:
        return None
    components: dict[str, dict[str, float]] = {}
    for (component, metric), found in sorted(status.metrics.items()):
        components.setdefault(component, {})[metric] = found.value
    return {
        "components": components,
        "last_bucket": None if status.last_bucket is None else status.last_bucket.isoformat(),
        "dead_letters": status.dead_letters,
        "statistics_version": status.statistics_version,
        "statistics_at": None if status.statistics_at is None else status.statistics_at.isoformat(),
        "statistics_keywords": status.statistics_keywords,
        "problems": list(status.problems),
    }


def as_lines(status: PipelineStatus, now: datetime) -> list[tuple[str, str]]:
    """Return it for people: name and text of each line."""
    lines = [(name, _query_text(_of(status.metrics, name), now)) for name in QUERIES]
    bucket = "none yet" if status.last_bucket is None else f"{status.last_bucket:%Y-%m-%d %H:%M} UTC"
    lines.append(("last bucket judged", bucket))
    dead = "not known: Kafka does not answer" if status.dead_letters is None else f"{status.dead_letters:,}"
    lines.append(("dead letters", dead))
    if status.statistics_at is None:
        lines.append(("statistics", "none yet"))
    else:
        age = _ago(status.statistics_at.timestamp(), now)
        lines.append(
            ("statistics", f"version {status.statistics_version}, {status.statistics_keywords:,} keywords, {age}")
        )
    lake = _of(status.metrics, "maintain-lake")
    if "lake_bytes" in lake:
        size = f"{lake['lake_bytes'] / 1e6:,.1f} MB in {lake['lake_files']:,.0f} files, {lake['lake_records']:,.0f}"
        lines.append(("lake", f"{size} records, at the last `maintain-lake`"))
    for job in ("parse-lake", "recompute-statistics"):
        done = _of(status.metrics, job)
        if "succeeded_s" in done:
            lines.append((job, f"succeeded {_ago(done['succeeded_s'], now)}, took {done['seconds']:,.0f} s"))
    return lines


def _query_text(metrics: Mapping[str, float], now: datetime) -> str:
    if not metrics:
        return "never ran"
    text = (
        f"last batch {_ago(metrics['batch_ended_s'], now)}: {metrics['batch_records']:,.0f} records,"
        f" {metrics['records_per_second']:,.0f}/s, lag {metrics['lag_records']:,.0f} records"
    )
    if "state_bytes" not in metrics:
        return text
    disk, memory = (metrics[name] / 1e6 for name in ("state_bytes", "state_memory_bytes"))
    return f"{text}, state {disk:,.1f} MB in files and {memory:,.1f} MB in memory"


def _of(metrics: Metrics, component: str) -> dict[str, float]:
    return {metric: found.value for (name, metric), found in metrics.items() if name == component}


def _ago(epoch_s: float, now: datetime) -> str:
    seconds = max(0, round(now.timestamp() - epoch_s))
    if seconds < 120:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 7200 else f"{seconds / 3600:.0f} h ago"


def _row(connection: Connection, query: str) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _dead_letters(settings: Settings) -> int | None:
    consumer = read_committed_consumer(settings, None, fetch_wait_max_ms=20)
    topic = DEAD_LETTERS.name(settings.kafka.topic_prefix)
    try:
        return sum(1 for _ in committed_messages(consumer, topic, partitions_of(consumer, settings, topic)))
    except (KafkaException, UnavailableError):
        return None
    finally:
        consumer.close()
