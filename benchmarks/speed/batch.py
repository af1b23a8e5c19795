"""Nightly batch: `python -m benchmarks.speed.batch`; prints its tables and writes a section of docs/PERFORMANCE.md."""

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.speed.batch_contestants import CopyRun, Field, Lake, Run
from benchmarks.speed.batch_history import History, add_keywords
from benchmarks.speed.batch_measured import Fitted, Measured, Parsed
from benchmarks.speed.batch_picture import draw_batch
from benchmarks.speed.batch_report import document
from benchmarks.speed.batch_steps import steps
from benchmarks.speed.children import Say
from benchmarks.speed.data import Posts, realistic_posts
from benchmarks.speed.document import DOCUMENT, write_section
from benchmarks.speed.machine import machine_line
from benchmarks.speed.rounds import turns
from benchmarks.speed.stack import local_stack
from groundswell.errors import GroundswellError
from infra.migrate_command import run_migrations

PARTS = ("parse-lake", "statistics")
_SIZES = 4
_PACKAGES = ("pyspark", "psycopg2-binary", "pyarrow", "numpy")


@click.command()
@click.option(
    "--posts", type=click.IntRange(4_000), default=200_000, show_default=True, help="Posts of the largest size."
)
@click.option(
    "--keywords", type=click.IntRange(8_000), default=1_000_000, show_default=True, help="Keywords of the largest size."
)
@click.option(
    "--repeats", type=click.IntRange(1), default=2, show_default=True, help="Turns of each size of parse-lake."
)
@click.option("--only", type=click.Choice(PARTS), help="Only this part; writes nothing.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=DOCUMENT, show_default=True, help="Document to write to."
)
def main(posts: int, keywords: int, repeats: int, only: str | None, out: Path) -> None:
    """Parse the lake beside a bare COPY of the same rows, and fit the statistics of many keywords."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    try:
        measured = measure(posts, keywords, repeats, [only] if only else PARTS, say)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    text = document(measured)
    click.echo(text)
    if only:
        return
    write_section(out, "batch", text)
    picture = out.parent / "performance" / "batch.svg"
    draw_batch(picture, measured)
    say(f"wrote the batch's section of {out}, and {picture}")


def sizes(largest: int) -> list[int]:
    """Return four sizes, each double the one before.

    >>> sizes(200_000)
    [25000, 50000, 100000, 200000]
    """
    return [largest >> (_SIZES - 1 - number) for number in range(_SIZES)]


def measure(posts: int, keywords: int, repeats: int, parts: Sequence[str], say: Say) -> Measured:
    """Make the data, start a stack, and let everybody work."""
    data = [realistic_posts(size, say) for size in sizes(posts)] if PARTS[0] in parts else []
    machine = machine_line(_PACKAGES)
    reading = steps(data[-1], say) if data else {}
    with local_stack(say, ["S3", "Postgres"]) as settings:
        run_migrations(settings)
        field = Field(settings, say)
        fitted = _statistics(field, sizes(keywords), say) if PARTS[1] in parts else []
        parsed = _parse(field, data, repeats, say) if data else []
    return Measured(machine, os.cpu_count() or 1, parsed, fitted, reading)


def _parse(field: Field, data: Sequence[Posts], repeats: int, say: Say) -> list[Parsed]:
    lakes: list[Lake] = []
    for posts in data:
        say(f"filling the lake with {posts.facts.posts:,} posts")
        lakes.append(field.fill(posts))
    runs: dict[int, list[tuple[Run, CopyRun]]] = defaultdict(list)
    for turn in turns(lakes, repeats):
        lake = turn.contestant
        run, copy = field.parse(lake, str(turn.number))
        runs[lake.posts].append((run, copy))
        say(
            f"{turn.number}/{turn.of} {lake.posts:,} posts: parse-lake {run.seconds:.1f} s after Spark's start of"
            f" {run.spark_seconds:.1f} s, COPY {sum(copy.seconds.values()):.1f} s (load {os.getloadavg()[0]:.1f})"
        )
    return [Parsed(posts.facts, runs[posts.facts.posts]) for posts in data]


def _statistics(field: Field, numbers: Sequence[int], say: Say) -> list[Fitted]:
    found: list[Fitted] = []
    with field.schema("history") as (connection, variables):
        before = 0
        for number in numbers:
            say(f"making eight weeks of {number:,} keywords")
            history: History = add_keywords(connection, before, number, numbers[-1], say)
            before = number
            run = field.statistics(variables)
            found.append(Fitted(history, run))
            say(f"statistics of {number:,} keywords: {run.seconds:.1f} s, {run.peak_bytes / 1e6:,.0f} MB at most")
    return found


if __name__ == "__main__":
    main()
