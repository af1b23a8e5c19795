"""Stream: `python -m benchmarks.speed.stream`; prints its table and writes its section of docs/PERFORMANCE.md."""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from benchmarks.speed.children import Say, run_child
from benchmarks.speed.document import DOCUMENT, write_section
from benchmarks.speed.machine import machine_line
from benchmarks.speed.rounds import turns
from benchmarks.speed.stack import local_stack
from benchmarks.speed.stream_contestants import ALERTS, ALL, CONSUMER, FLINK, Field, Profile, Run
from benchmarks.speed.stream_data import StreamPosts, stream_posts
from benchmarks.speed.stream_environments import ENVIRONMENTS, python_of, version_of
from benchmarks.speed.stream_jvm import profiler
from benchmarks.speed.stream_picture import draw_stream
from benchmarks.speed.stream_report import Measured, Sizes, document, turn_of_a_new_process
from benchmarks.speed.stream_statistics import make_statistics
from benchmarks.speed.stream_steps import steps
from benchmarks.speed.topics import read_back
from groundswell.contracts.topics import POSTS
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from infra.migrate_command import run_migrations

BATCHES = 8
WARM_UP_BATCHES = 3
"""Java compiles what runs often for some tens of seconds, on the cores that are measured."""
DENSER = 21
"""Two days of posts become some two hours, as 24 windows or more are asked for."""
_PACKAGES = ("pyspark", "confluent-kafka", "orjson")
_ELSEWHERE = {"flink": "apache-flink", "bytewax": "bytewax"}


@click.command()
@click.option("--posts", type=click.IntRange(5_000), default=600_000, show_default=True, help="Posts that are made.")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True, help="Turns of each contestant.")
@click.option("--only", multiple=True, type=click.Choice(ALL), help="Only these contestants; writes nothing.")
@click.option("--profile", is_flag=True, help="With --only: show where the alerts query's time goes, too.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=DOCUMENT, show_default=True, help="Document to write to."
)
def main(posts: int, repeats: int, only: tuple[str, ...], profile: bool, out: Path) -> None:
    """Count keywords from Kafka by the shipped queries and by everything people would use instead."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    try:
        measured = measure(posts, repeats, only or ALL, profile or not only, say)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    if only:
        for name, runs in measured.runs.items():
            cold = [round(run.cold_seconds, 1) for run in runs]
            rates = [round(rate) for rate in measured.rates(name)]
            click.echo(f"{name}: {rates} posts/s, cold start {cold} s, last: {runs[-1].milliseconds}")
        if ALERTS in only:
            click.echo(turn_of_a_new_process(measured))
        for found in (measured.profile.parts, measured.profile.cores, measured.profile.jvm):
            if found:
                click.echo(", ".join(f"{part}: {spent:.1f}" for part, spent in found.items()) + " us a post")
        return
    text = document(measured)
    write_section(out, "stream", text)
    picture = out.parent / "performance" / "stream.svg"
    draw_stream(picture, measured)
    click.echo(text)
    say(f"wrote the stream's section of {out}, and {picture}")


def measure(posts: int, repeats: int, contestants: Sequence[str], profile: bool, say: Say) -> Measured:
    """Make the data, start a stack, fill the topic, and let everybody read it."""
    data = stream_posts(posts, say, denser=DENSER)
    pythons = {name: python_of(name, say) for name, who in ENVIRONMENTS.items() if who in contestants}
    machine = f"{machine_line(_PACKAGES)}; {', '.join(f'{n} {version_of(e, n)}' for e, n in _ELSEWHERE.items())}"
    reading = steps(data, say) if profile else {}
    library = profiler() if profile else None
    runs: dict[str, list[Run]] = defaultdict(list)
    with local_stack(say) as settings:
        field = filled_field(settings, data, pythons, say)
        keywords = make_statistics(settings, data, say)
        warm = field.run(CONSUMER, "warm-up")
        say(f"warm-up: {warm.steady.rate:,.0f} posts/s, not counted")
        flink = data.expected
        if FLINK in contestants:
            say("Flink's counts")
            flink = field.flink_counts()
        for turn in turns(contestants, repeats):
            run = field.run(turn.contestant, f"turn-{turn.number}")
            runs[turn.contestant].append(run)
            load = os.getloadavg()[0]
            say(
                f"{turn.number}/{turn.of} {turn.contestant}: {run.steady.rate:,.0f} posts/s,"
                f" cold start {run.cold_seconds:.1f} s (load {load:.1f})"
            )
        profiled = Profile({}, {}, {})
        if library:
            say("the parts of the alerts query")
            profiled = field.profile(library)
    sizes = Sizes(field.records_a_batch, field.warm_up_records, keywords)
    return Measured(data, machine, dict(runs), sizes, flink, profiled, reading)


def filled_field(settings: Settings, data: StreamPosts, pythons: Mapping[str, Path], say: Say) -> Field:
    """Make tables and topics and fill the posts topic by the shipped replay."""
    run_migrations(settings)
    say("filling the topic")
    run_child([sys.executable, "-m", "groundswell.cli", "replay", str(data.path), "--json"], say=say)
    delivered = read_back(settings, POSTS.name(settings.kafka.topic_prefix))
    records_a_batch = -(-data.facts.posts // BATCHES)
    return Field(settings, data, delivered.value_bytes, records_a_batch, WARM_UP_BATCHES, pythons, say)


if __name__ == "__main__":
    main()
