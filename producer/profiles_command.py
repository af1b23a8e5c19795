"""`groundswell profiles`: pages of users asked for, fetched and merged."""

import json
import sys
import time

import click
from confluent_kafka import KafkaException
from rich.console import Console

from groundswell.adapters.kafka import KafkaUnavailable, ensure_topics, producer
from groundswell.contracts.topics import PROFILE_REQUESTS
from groundswell.settings import load_settings
from producer.collecting.hosts import user_name_of
from producer.collecting.profile_worker import Met, ProfileWorker
from producer.interruption import Interruption

_SAID_SECONDS = 5.0
_FLUSH_SECONDS = 10


@click.group()
def profiles() -> None:
    """Ask for users' pages, and fetch those that were asked for.

    \b
    groundswell profiles request @ana https://www.tiktok.com/@bo
    groundswell profiles collect                 meets requests as they come; Ctrl-C ends it
    """


@profiles.command()
@click.argument("users", nargs=-1, required=True, metavar="URL...")
def request(users: tuple[str, ...]) -> None:
    """Ask for profiles: a page's address, or @name. `profiles collect` fetches them."""
    settings = load_settings()
    names = [user_name_of(user) for user in users]
    ensure_topics(settings)
    topic = PROFILE_REQUESTS.name(settings.kafka.topic_prefix)
    client = producer(settings)
    try:
        for name in names:
            client.produce(topic, f"https://www.tiktok.com/@{name}".encode(), name.encode())
        left = client.flush(_FLUSH_SECONDS)
    except KafkaException as error:
        raise KafkaUnavailable(settings, error.args[0].str()) from error
    if left:
        raise KafkaUnavailable(settings, f"{left} requests were not taken")
    click.echo(f"asked for {len(names)}: {', '.join('@' + name for name in names)}")


@profiles.command()
@click.option("--follow/--no-follow", default=True, help="Go on as requests come (default), or stop when all are met.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def collect(follow: bool, as_json: bool) -> None:
    """Fetch the profiles that were asked for, one after the other.

    A page goes to the lake's bucket as it came; what it tells goes to the tables profiles, profile_counts and posts,
    its posts to the posts topic. What can't be met becomes a dead letter with its reason. A page that tells nothing
    new changes nothing.
    """
    settings = load_settings()
    said = time.monotonic()

    def on_turn() -> None:
        nonlocal said
        if time.monotonic() - said >= _SAID_SECONDS and worker.met.read:
            said = time.monotonic()
            click.echo(_told(worker.met), err=True)

    with Interruption() as interruption:
        worker = ProfileWorker(settings, interruption.check)
        worker.run(follow, on_turn)
    if as_json:
        click.echo(json.dumps({"read": worker.met.read, **vars(worker.met)}))
    else:
        Console().print(_told(worker.met), highlight=False)
    if interruption.signal_number is not None:
        sys.exit(interruption.exit_code)


def _told(met: Met) -> str:
    refused = ", ".join(f"{count:,} {reason}" for reason, count in sorted(met.refused.items()))
    parts = [f"{met.read:,} requests", f"{met.merged:,} merged", f"{met.nothing_new:,} told nothing new"]
    return " · ".join([*parts, f"dead-lettered: {refused}"] if refused else parts)
