"""Replay: `python -m benchmarks.speed.replay`; prints its table and writes its section of docs/PERFORMANCE.md."""

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.speed.children import Say
from benchmarks.speed.data import realistic_posts
from benchmarks.speed.document import DOCUMENT, write_section
from benchmarks.speed.machine import machine_line
from benchmarks.speed.packing import packed, repeated, unpacking_seconds
from benchmarks.speed.performance_tool import tools_jar
from benchmarks.speed.replay_contestants import ALL, SHIPPED, Field, Run, write_drawn
from benchmarks.speed.replay_picture import draw_replay
from benchmarks.speed.replay_report import Measured, document
from benchmarks.speed.replay_steps import steps
from benchmarks.speed.rounds import turns
from benchmarks.speed.stack import local_stack
from groundswell.errors import GroundswellError

MEMORY_TIMES, MEMORY_TURNS = (2, 8), 3
_PACKAGES = ("confluent-kafka", "isal", "kafka-python", "msgspec", "orjson")


@click.command()
@click.option("--posts", type=click.IntRange(2_000), default=200_000, show_default=True, help="Posts in the file.")
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True, help="Turns of each contestant.")
@click.option("--only", multiple=True, type=click.Choice(ALL), help="Only these contestants; writes nothing.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=DOCUMENT, show_default=True, help="Document to write to."
)
def main(posts: int, repeats: int, only: tuple[str, ...], out: Path) -> None:
    """Send the same posts to Kafka by the replay and by everything people would use instead."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    try:
        measured = measure(posts, repeats, only or ALL, say)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    if only:
        for name, runs in measured.runs.items():
            click.echo(f"{name}: {measured.rates(name)} posts/s, {runs[0].delivered}")
        return
    text = document(measured)
    write_section(out, "replay", text)
    picture = out.parent / "performance" / "replay.svg"
    draw_replay(picture, measured)
    click.echo(text)
    say(f"wrote the replay's section of {out}, and {picture}")


def measure(posts: int, repeats: int, contestants: Sequence[str], say: Say, *, with_memory: bool = True) -> Measured:
    """Make the data, start a stack, and let everybody send it."""
    data = realistic_posts(posts, say)
    files = packed(data.path, say)
    jar = tools_jar(say)
    machine = machine_line(_PACKAGES)
    unpacking = {suffix: _unpack(path, repeats, say) for suffix, path in files.items()}
    spent = steps(data.path, say)
    runs: dict[str, list[Run]] = defaultdict(list)
    with local_stack(say, ["Kafka"]) as settings:
        drawn = write_drawn(data, settings.absolute_home / "drawn.ndjson")
        field = Field(settings, data, files, drawn, jar, say)
        _warm_up(field, say)
        say("one post each, to know what starting takes")
        one = field.of_one_post(settings.absolute_home)
        starting = {name: one.run(name, f"bench-one-{number}") for number, name in enumerate(contestants)}
        for turn in turns(contestants, repeats):
            run = field.run(turn.contestant, f"bench-{turn.number}")
            runs[turn.contestant].append(run)
            rate, load = posts / run.seconds, os.getloadavg()[0]
            say(f"{turn.number}/{turn.of} {turn.contestant}: {rate:,.0f} posts/s (load {load:.1f})")
        memory = _memory(field, say) if with_memory and SHIPPED in contestants else {}
    return Measured(data.facts, machine, dict(runs), unpacking, memory, spent, starting)


def _warm_up(field: Field, say: Say) -> None:
    """The broker's JVM compiles what it runs often: whoever came first would pay for it."""
    run = field.run(SHIPPED, "bench-warm-up")
    say(f"warm-up: {field.posts.facts.posts / run.seconds:,.0f} posts/s, not counted")


def _unpack(path: Path, repeats: int, say: Say) -> list[float]:
    found = []
    for number in range(repeats):
        found.append(unpacking_seconds(path))
        say(f"unpacking {path.suffix} alone, {number + 1}/{repeats}: {found[-1]:.1f} s")
    return found


def _memory(field: Field, say: Say) -> dict[int, Run]:
    """Replay files of two sizes and return, by the number of posts, of each the turn with the highest peak.

    How full the queue of what is to be sent gets is a matter of chance, up to its limit, which it takes some seconds to
    come to.
    """
    found = {}
    for times in MEMORY_TIMES:
        path = repeated(field.posts.path, times, field.settings.absolute_home / "repeated.ndjson")
        runs = [field.replay(SHIPPED, path, f"bench-memory-{times}-{turn}", times) for turn in range(MEMORY_TURNS)]
        path.unlink()
        highest = max(runs, key=lambda run: run.peak_bytes)
        found[times * field.posts.facts.posts] = highest
        say(f"memory: {highest.peak_bytes / 1e6:,.0f} MB for {times * field.posts.facts.posts:,} posts")
    return found


if __name__ == "__main__":
    main()
