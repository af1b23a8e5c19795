"""Lake: `python -m benchmarks.speed.lake`; prints its tables and writes its section of docs/PERFORMANCE.md."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.speed.batch_tree import run_tree
from benchmarks.speed.children import Say
from benchmarks.speed.data import Posts, realistic_posts
from benchmarks.speed.document import DOCUMENT, write_section
from benchmarks.speed.lake_picture import draw_lake
from benchmarks.speed.lake_report import Measured, Query, Sizes, document
from benchmarks.speed.machine import machine_line
from benchmarks.speed.stack import local_stack
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from infra.migrate_command import run_migrations

RECORDS_PER_BATCH = 5_000
_PACKAGES = ("pyspark", "pyiceberg", "duckdb", "pyarrow")


class DifferentAnswerError(GroundswellError):
    """Two engines answer the same question differently."""


@click.command()
@click.option("--posts", type=click.IntRange(1_000), default=100_000, show_default=True, help="Posts in the lake.")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True, help="Turns of each engine's query.")
@click.option("--layouts/--no-layouts", default=True, show_default=True, help="Write it by every layout, too.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=DOCUMENT, show_default=True, help="Document to write to."
)
def main(posts: int, repeats: int, layouts: bool, out: Path) -> None:
    """Fill the lake by the stream, compact it, and ask it something by another engine than Spark."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    try:
        measured = measure(posts, repeats, layouts, say)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    text = document(measured)
    write_section(out, "lake", text)
    picture = out.parent / "performance" / "lake.svg"
    draw_lake(picture, measured)
    click.echo(text)
    say(f"wrote the lake's section of {out}, and {picture}")


def measure(posts: int, repeats: int, layouts: bool, say: Say) -> Measured:
    """Make the data, start a stack, and go through the lake's life."""
    data = realistic_posts(posts, say)
    machine = machine_line(_PACKAGES)
    with local_stack(say) as settings:
        run_migrations(settings)
        seconds = _stream(data, say)
        streamed = _sizes(settings, data, say)
        say(f"the stream left {streamed.text()}")
        before = [_queries(streamed.day, say) for _ in range(repeats)]
        upkeep = _spark("maintain", say=say)
        compacted = _sizes(settings, data, say)
        say(f"maintain-lake took {upkeep['seconds']:.1f} s and left {compacted.text()}")
        after = [_queries(streamed.day, say) for _ in range(repeats)]
        tried = _spark("layouts", say=say)["found"] if layouts else {}
    return Measured(data.facts, machine, seconds, streamed, compacted, upkeep, before, after, tried)


def _stream(data: Posts, say: Say) -> float:
    """Replay the posts and let the shipped query work through them in as many batches as a live feed would give."""
    say("replaying the posts")
    run_tree([sys.executable, "-m", "groundswell.cli", "replay", str(data.path), "--json"], {}, say)
    say(f"the stream writes them in batches of {RECORDS_PER_BATCH:,}")
    variables = {"GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER": str(RECORDS_PER_BATCH)}
    command = [sys.executable, "-m", "groundswell.cli", "stream", "--only", "raw_to_lake", "--available-now"]
    began = time.monotonic()
    run_tree(command, variables, say)
    return time.monotonic() - began


def _sizes(settings: Settings, data: Posts, say: Say) -> Sizes:
    found = _spark("sizes", say=say)["found"]
    if found["posts"] != data.facts.posts:
        raise DifferentAnswerError(f"the lake holds {found['posts']:,} posts of {data.facts.posts:,}")
    return Sizes(**found, stored_bytes=_stored_bytes(settings))


def _stored_bytes(settings: Settings) -> int:
    """Return everything that lies on the local S3 server's disk, files of older snapshots included."""
    folder = settings.absolute_home / "data" / "s3"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _queries(day: str, say: Say) -> tuple[Query, Query]:
    """Ask both engines; they must agree."""
    other = json.loads(
        run_tree([sys.executable, "-m", "benchmarks.speed.lake_query", day], {}, say).output.splitlines()[-1]
    )
    spark = _spark("query", day, say=say)
    by_spark = {"Spark's start": spark["spark_seconds"], "reading and query": spark["seconds"]}
    if other["answer"] != spark["found"]["answer"]:
        raise DifferentAnswerError(f"DuckDB says {other['answer']}, Spark {spark['found']['answer']}")
    say(f"both engines say {other['answer']}; DuckDB in {sum(other['seconds'].values()):.1f} s, Spark in"
        f" {sum(by_spark.values()):.1f} s, starting included")  # fmt: skip
    return Query(other["answer"], other["seconds"]), Query(spark["found"]["answer"], by_spark)


def _spark(job: str, *arguments: str, say: Say) -> dict[str, Any]:
    run = run_tree([sys.executable, "-m", "benchmarks.speed.lake_spark", job, *arguments], {}, say)
    said: dict[str, Any] = json.loads(run.output.splitlines()[-1])
    return {**said, "peak_bytes": run.peak_bytes}


if __name__ == "__main__":
    main()
