"""`groundswell alerts`, and its `watch`: alerts as they come on the topic."""

import sys
from collections.abc import Iterator

import click
import orjson
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition
from rich.console import Console
from rich.live import Live

from groundswell.adapters.kafka import KafkaUnavailable, partitions_of, read_committed_consumer
from groundswell.contracts.alerts import episode_of
from groundswell.contracts.topics import ALERTS
from groundswell.domain.episodes import Episode
from groundswell.errors import GroundswellError
from groundswell.settings import load_settings
from streaming.alerts_table import alerts_table
from streaming.review_commands import dismiss, list_, show
from streaming.suppress_commands import suppress


@click.group()
def alerts() -> None:
    """Look at alerts, and tell the detector what is normal and what is to be expected."""


for _command in (list_, show, dismiss, suppress):
    alerts.add_command(_command)


@alerts.command()
@click.option("--new-only", is_flag=True, help="Begin with alerts raised from now on; by default all on the topic.")
@click.option("--follow/--no-follow", default=True, help="Go on as alerts come (default), or stop at the topic's end.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, as when piped.")
@click.option("--rows", default=20, show_default=True, type=click.IntRange(1), help="Alerts shown in the table.")
def watch(new_only: bool, follow: bool, as_json: bool, rows: int) -> None:
    """Show alerts live from the topic: a table, or JSON lines when piped. Ctrl-C ends it.

    The table has one row per alert in its newest state (★: on the watch list); the JSON lines are the topic's records,
    one for each state of an alert.

    \b
    groundswell alerts watch
    groundswell alerts watch --no-follow | jq 'select(.state == "opened") | .keyword'
    """
    settings = load_settings()
    topic = ALERTS.name(settings.kafka.topic_prefix)
    consumer = read_committed_consumer(settings, None)
    start = OFFSET_END if new_only else OFFSET_BEGINNING
    partitions = partitions_of(consumer, settings, topic)
    consumer.assign([TopicPartition(topic, partition, start) for partition in partitions])
    values = _values(consumer, len(partitions), follow)
    try:
        if as_json or not sys.stdout.isatty():
            for value in filter(None, values):
                sys.stdout.buffer.write(value + b"\n")
                sys.stdout.buffer.flush()
        else:
            _show(values, rows)
    except KafkaException as error:
        raise KafkaUnavailable(settings, error) from error
    finally:
        consumer.close()


def _values(consumer: Consumer, partitions: int, follow: bool) -> Iterator[bytes]:
    """Yield record values, and an empty one where nothing came; without `follow`, until each partition's end."""
    ended: set[int] = set()
    while True:
        message = consumer.poll(0.5)
        if message is None:
            yield b""
            continue
        error = message.error()
        if error is None:
            yield message.value() or b""
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition() or 0)
            if not follow and len(ended) == partitions:
                return
        elif not error.retriable():
            raise GroundswellError(f"reading alerts failed: {error.str()}", "check `groundswell status`")


def _show(values: Iterator[bytes], rows: int) -> None:
    newest: dict[str, Episode] = {}
    console = Console()
    with Live(alerts_table([], rows), console=console, auto_refresh=False) as live:
        changed = True
        for value in values:
            if value:
                episode = episode_of(orjson.loads(value))
                newest[episode.alert_id] = episode
                changed = True
            elif changed:
                live.update(alerts_table(list(newest.values()), rows), refresh=True)
                changed = False
        live.update(alerts_table(list(newest.values()), rows), refresh=True)
