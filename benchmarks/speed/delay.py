"""Delay: `python -m benchmarks.speed.delay`; from a post's arrival to its burst's alert, under load."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import click

from benchmarks.speed.children import Say
from benchmarks.speed.delay_feed import BUCKET_SECONDS, AlertListener, Level, Sent, feed
from benchmarks.speed.delay_picture import draw_delay
from benchmarks.speed.delay_report import GOAL_LEVEL, GOAL_MEDIAN_SECONDS, Delays, Measured, document, lines
from benchmarks.speed.document import DOCUMENT, write_section
from benchmarks.speed.machine import machine_line
from benchmarks.speed.stack import local_stack
from benchmarks.speed.stream import filled_field
from benchmarks.speed.stream_contestants import ALERTS, BOTH
from benchmarks.speed.stream_data import StreamPosts, stream_posts
from benchmarks.speed.stream_results import empty_live_tables
from benchmarks.speed.stream_statistics import make_statistics
from benchmarks.speed.topics import delete_topics, topic
from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.topics import POSTS
from groundswell.errors import GroundswellError
from groundswell.settings import Settings

WAYS: Mapping[str, Sequence[str]] = {ALERTS: ["--only", "keyword_alerts"], BOTH: []}
"""What runs -> arguments of `groundswell stream`."""

LEVELS = (25, 50, 75)
"""Per cent of the top rate of what runs."""

_WAIT_SECONDS = 60.0
_WARM_UP_BUCKETS = 3
_START_S = 1_782_000_000
_DAY_SECONDS = 86_400


@click.command()
@click.option("--posts", type=click.IntRange(5_000), default=350_000, show_default=True, help="Posts that are made.")
@click.option("--buckets", type=click.IntRange(3), default=30, show_default=True, help="Buckets, and bursts, a level.")
@click.option(
    "--seconds",
    type=click.FloatRange(1),
    default=4.0,
    show_default=True,
    help="In which a bucket's 5 minutes pass at 50 %; in as many posts at the others.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=DOCUMENT, show_default=True, help="Document to write to."
)
def main(posts: int, buckets: int, seconds: float, out: Path) -> None:
    """Feed posts at shares of the top rate, with a burst in each five minutes, and wait for the alerts.

    First to the alerts query alone, then to both queries, each at shares of its own top rate.
    """
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    try:
        measured = measure(posts, buckets, seconds, say)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    text = document(measured)
    write_section(out, "delay", text)
    draw_delay(out.parent / "performance" / "delay.svg", lines(measured), GOAL_MEDIAN_SECONDS)
    click.echo(text)


def measure(posts: int, buckets: int, seconds: float, say: Say) -> Measured:
    """Find the top rates, then feed shares of them."""
    data = stream_posts(posts, say)
    machine = machine_line(("pyspark", "confluent-kafka", "pyarrow"))
    found: list[Delays] = []
    with local_stack(say) as settings:
        field = filled_field(settings, data, {}, say)
        keywords = make_statistics(settings, data, say)
        tops = {way: field.run(way, f"top-{number}").steady.rate for number, way in enumerate(WAYS)}
        delete_topics(settings, POSTS.name(settings.kafka.topic_prefix))
        listener = AlertListener(settings)
        first_number = 0
        for way, top in tops.items():
            say(f"top rate of {way}: {top:,.0f} posts/s")
            empty_live_tables(settings)
            _expect(settings, top * GOAL_LEVEL / 100 * seconds)
            levels, first_number = _way(
                settings, data, way, _levels(way, top, buckets, seconds), first_number, listener, say
            )
            found += levels
        listener.close()
    return Measured(data, machine, tops, keywords, seconds, found)


def _levels(way: str, top: float, buckets: int, seconds: float) -> list[tuple[int, Level]]:
    """Return per cent and level of the warm-up, then of what is measured; each has a day and keywords of its own."""
    per_bucket = top * GOAL_LEVEL / 100 * seconds
    number = list(WAYS).index(way)
    found = []
    for place, percent in enumerate((LEVELS[0], *LEVELS)):
        rate = top * percent / 100
        start_s = _START_S + (number * (len(LEVELS) + 1) + place) * _DAY_SECONDS
        count = buckets if place else _WARM_UP_BUCKETS
        found.append((percent, Level(f"{number}l{place}", rate, start_s, count, per_bucket / rate)))
    return found


def _way(
    settings: Settings,
    data: StreamPosts,
    way: str,
    levels: Sequence[tuple[int, Level]],
    first_number: int,
    listener: AlertListener,
    say: Say,
) -> tuple[list[Delays], int]:
    """Feed one level after the other to one stream; return those after the warm-up, and the next post's number."""
    found = []
    with topic(settings, POSTS.name(settings.kafka.topic_prefix)), _stream(settings, way):
        for percent, level in levels:
            sent = feed(settings, data.path, level, first_number)
            first_number += sent.posts
            _wait(sent, listener)
            found.append(_delays(sent, level, way, percent, listener))
            judged = found[-1].judged
            middle = f", median {median(judged):.1f} s" if judged else ""
            say(f"{way}, {percent} %: {len(judged)} of {level.buckets} bursts alerted{middle}")
    return found[1:], first_number


def _wait(sent: Sent, listener: AlertListener) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not sent.completed_at.keys() <= listener.came_at.keys() and time.monotonic() < deadline:
        time.sleep(0.1)


def _delays(sent: Sent, level: Level, way: str, percent: int, listener: AlertListener) -> Delays:
    answered = [keyword for keyword in sent.completed_at if keyword in listener.came_at]
    return Delays(
        way,
        percent,
        level.posts_per_second,
        [listener.came_at[keyword] - sent.completed_at[keyword] for keyword in answered],
        [listener.came_at[keyword] - sent.bursts_at[keyword] for keyword in answered],
        len(sent.completed_at) - len(answered),
        sent.behind_seconds,
    )


def _expect(settings: Settings, posts_per_bucket: float) -> None:
    """Have the statistics expect as many posts as are fed, or the platform and every word would be the news."""
    an_hour = posts_per_bucket * 3600 / BUCKET_SECONDS
    connection = connect(settings, application_name="groundswell bench")
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE statistics_versions SET platform_level = %s, pooled_profile = %s", [an_hour, [1.0] * 168]
        )
        cursor.execute(
            "UPDATE keyword_statistics SET level = document_frequency * %s,"
            " profile = CASE WHEN profile IS NOT NULL THEN %s::real[] END",
            [an_hour, [1.0] * 168],
        )
    connection.close()


@contextmanager
def _stream(settings: Settings, way: str) -> Iterator[None]:
    name = f"delay_{list(WAYS).index(way)}"
    environment = {
        **os.environ,
        "GROUNDSWELL_STREAM__CHECKPOINT_DIR": str(settings.absolute_home / name),
        "GROUNDSWELL_LAKE__NAMESPACE": name,
    }
    command = [sys.executable, "-m", "groundswell.cli", "stream", *WAYS[way]]
    log = (settings.absolute_home / "logs" / f"{name}.log").open("w", encoding="utf-8")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


if __name__ == "__main__":
    main()
