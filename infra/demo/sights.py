"""What the demonstration looks at: the topics, the tables, and how they are shown."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from psycopg2.extensions import connection as Connection  # noqa: N812
from rich import box
from rich.console import Console
from rich.table import Table

from groundswell.adapters.kafka import partitions_of, read_committed_consumer
from groundswell.contracts.topics import ALERTS, DEAD_LETTERS, Topic
from groundswell.settings import Settings
from infra.demo.verdict import Alert, Finding

STRONGEST_ALERT = """
SELECT to_char(date_trunc('hour', bucket_start), 'HH24:MI') AS hour, sum(posts) AS posts,
    repeat('█', sum(posts)::int / 2) AS bar
FROM live_counts JOIN (SELECT keyword FROM alerts ORDER BY peak_score DESC LIMIT 1) strongest USING (keyword)
GROUP BY date_trunc('hour', bucket_start) ORDER BY date_trunc('hour', bucket_start)"""

CHALLENGES_OF_THE_WEEK = """
SELECT challenge_name AS challenge, sum(mentions) AS mentions, sum(engagement) AS engagement
FROM trending_challenges_daily WHERE day > (SELECT max(day) - 7 FROM trending_challenges_daily)
GROUP BY challenge_name ORDER BY mentions DESC LIMIT 5"""


def _consumer(settings: Settings, topic: Topic) -> tuple[Consumer, int]:
    consumer = read_committed_consumer(settings, None)
    name = topic.name(settings.kafka.topic_prefix)
    partitions = partitions_of(consumer, settings, name)
    consumer.assign([TopicPartition(name, partition, OFFSET_BEGINNING) for partition in partitions])
    return consumer, len(partitions)


def dead_letters(settings: Settings) -> int:
    """Count the records of the dead-letter topic."""
    consumer, partitions = _consumer(settings, DEAD_LETTERS)
    count = ended = 0
    while ended < partitions:
        message = consumer.poll(1)
        if message is not None and message.error() is None:
            count += 1
        elif message is not None and message.error().code() == KafkaError._PARTITION_EOF:  # type: ignore[union-attr]
            ended += 1
    consumer.close()
    return count


class AlertsTail:
    """Alerts as they come on the topic."""

    def __init__(self, settings: Settings) -> None:
        self._consumer, _ = _consumer(settings, ALERTS)

    def opened(self) -> Iterator[dict[str, Any]]:
        """Yield the alerts opened since the last look."""
        while (message := self._consumer.poll(0.05)) is not None:
            if message.error() is None:
                record = orjson.loads(message.value() or b"{}")
                if record.get("state") == "opened":
                    yield record


def alerts_since(connection: Connection, since: datetime) -> list[Alert]:
    """Return the alerts opened at `since` or later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT keyword, opened_at, peak_score, observed, expected FROM alerts WHERE opened_at >= %s", [since]
        )
        rows = [Alert(*row) for row in cursor]
    connection.commit()
    return rows


def number(connection: Connection, query: str, *parameters: object) -> int:
    """Return the one number that a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    connection.commit()
    return int(row[0] or 0) if row else 0


def show_query(console: Console, connection: Connection, title: str, query: str) -> None:
    """Print a query and its answer."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        assert cursor.description is not None
        table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
        for column in cursor.description:
            table.add_column(column.name, overflow="fold")
        for row in cursor:
            table.add_row(*(" ".join(str(value).split()) for value in row))
    connection.commit()
    console.print(query.strip(), style="dim", highlight=False, markup=False, soft_wrap=True)
    console.print(table)


def show_findings(console: Console, found: Sequence[Finding]) -> None:
    """Print the planted bursts beside their alerts."""
    table = Table(
        box=box.SIMPLE_HEAD, title="Planted bursts and the alerts raised for them (UTC)", title_justify="left"
    )
    for name in ("planted keyword", "shape"):
        table.add_column(name, overflow="fold")
    for name in ("from", "to", "posts in peak hour", "usual", "alert at", "delay", "score"):
        table.add_column(name, justify="right")
    for finding in found:
        alert = finding.alert
        table.add_row(
            finding.keyword,
            finding.shape,
            f"{finding.start:%H:%M}",
            f"{finding.end:%H:%M}",
            str(finding.peak_hour_posts),
            f"{finding.expected_posts_per_hour:.1f}",
            *(
                (f"{alert.opened_at:%H:%M}", f"{finding.delay_minutes:.0f} min", f"{alert.peak_score:.1f}")
                if alert
                else ("[bold red]missed[/]", "", "")
            ),
        )
    console.print(table)


def show_parts(console: Console, parts: Sequence[tuple[str, float, float]], seconds: float) -> None:
    """Print time and memory of each part."""
    table = Table(box=box.SIMPLE_HEAD, title="Time and memory", title_justify="left")
    table.add_column("part")
    table.add_column("seconds", justify="right")
    table.add_column("peak memory, MB", justify="right")
    for name, took, megabytes in parts:
        table.add_row(name, f"{took:.1f}", f"{megabytes:,.0f}")
    table.add_row("all", f"{seconds:.1f}", f"{max((part[2] for part in parts), default=0):,.0f}")
    console.print(table)
