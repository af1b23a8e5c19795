"""State and memory by the number of keywords: `python -m benchmarks.speed.state`."""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.detection.tables import markdown_table
from benchmarks.speed.batch_tree import run_tree
from benchmarks.speed.children import Say, run_child
from benchmarks.speed.document import DOCUMENT, goal_row, goal_table, write_section
from benchmarks.speed.driver_memory import DriverMemory, driver_memory
from benchmarks.speed.machine import machine_line
from benchmarks.speed.rounds import Spread, ratios, turns
from benchmarks.speed.stack import local_stack
from benchmarks.speed.state_data import WORDS_A_POST, state_posts
from benchmarks.speed.state_picture import draw_state
from benchmarks.speed.stream import BATCHES, WARM_UP_BATCHES
from benchmarks.speed.stream_contestants import UnequalError
from benchmarks.speed.stream_data import StreamPosts
from benchmarks.speed.stream_rates import Batch, Steady, steady
from benchmarks.speed.stream_results import counted_live, empty_live_tables
from benchmarks.speed.stream_statistics import make_statistics
from groundswell.adapters.postgres import connect
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from infra.migrate_command import run_migrations

SIZES = (100_000, 1_000_000, 3_000_000)
FEW, MANY = SIZES[0], SIZES[1]
LEAST_RATIO, MOST_BYTES = 0.7, 3_000_000_000
_PACKAGES = ("pyspark", "pyarrow", "numpy")
_LIVE_TABLES = "SELECT sum(pg_total_relation_size(name)) FROM unnest(%s::regclass[]) AS live (name)"


@dataclass(frozen=True)
class Run:
    """One turn of one size.

    Attributes
    ----------
    steady : Steady
        Of both queries, after their first batches.
    peak_bytes : int
        Of the command with its JVM and Python workers.
    checkpoint_bytes, table_bytes : int
        Files of the alerts query's checkpoint, and the live tables in Postgres, in the end.
    driver : DriverMemory
        What of `peak_bytes` are the trailing windows, in the driver's Python.
    """

    steady: Steady
    peak_bytes: int
    checkpoint_bytes: int
    table_bytes: int
    driver: DriverMemory


@dataclass(frozen=True)
class Measured:
    """Everything one run of the benchmark found: facts and turns by the number of keywords."""

    machine: str
    posts: Mapping[int, StreamPosts]
    runs: Mapping[int, Sequence[Run]]

    def rates(self) -> dict[str, list[float]]:
        """Return posts/s by round."""
        return {str(size): [run.steady.rate for run in runs] for size, runs in self.runs.items()}


@click.command()
@click.option("--posts", type=click.IntRange(5_000), default=350_000, show_default=True, help="Posts that are made.")
@click.option("--repeats", type=click.IntRange(1), default=2, show_default=True, help="Turns of each size.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=DOCUMENT, show_default=True, help="Document to write to."
)
def main(posts: int, repeats: int, out: Path) -> None:
    """Run both queries on posts with few and with many different keywords."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    try:
        measured = measure(posts, repeats, say)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    text = document(measured)
    write_section(out, "state", text)
    rates = {int(size): Spread.of(found) for size, found in measured.rates().items()}
    peaks = {size: Spread.of([run.peak_bytes for run in runs]) for size, runs in measured.runs.items()}
    draw_state(out.parent / "performance" / "state.svg", rates, peaks, MOST_BYTES)
    click.echo(text)


def measure(posts: int, repeats: int, say: Say) -> Measured:
    """Make the data, start a stack, give each size a topic and a schema of its own, and let the queries work."""
    machine = machine_line(_PACKAGES)
    data = {size: state_posts(posts, size, say) for size in SIZES}
    runs: dict[int, list[Run]] = defaultdict(list)
    with local_stack(say) as settings:
        sized = {size: _filled(_of_size(settings, size), data[size], say) for size in SIZES}
        for turn in turns(SIZES, repeats):
            size = turn.contestant
            run = _run(sized[size], data[size], f"turn-{turn.number}", say)
            runs[size].append(run)
            say(
                f"{turn.number}/{turn.of} {size:,} keywords: {run.steady.rate:,.0f} posts/s,"
                f" {run.peak_bytes / 1e6:,.0f} MB (load {os.getloadavg()[0]:.1f})"
            )
    return Measured(machine, data, runs)


def _of_size(settings: Settings, size: int) -> Settings:
    name = f"keywords_{size}"
    kafka = settings.kafka.model_copy(update={"topic_prefix": name})
    postgres = settings.postgres.model_copy(update={"db_schema": name})
    return settings.model_copy(update={"kafka": kafka, "postgres": postgres})


def _variables(settings: Settings) -> dict[str, str]:
    return {
        "GROUNDSWELL_KAFKA__TOPIC_PREFIX": settings.kafka.topic_prefix,
        "GROUNDSWELL_POSTGRES__DB_SCHEMA": settings.postgres.db_schema,
    }


def _filled(settings: Settings, data: StreamPosts, say: Say) -> Settings:
    run_migrations(settings)
    say("filling a topic")
    replay = [sys.executable, "-m", "groundswell.cli", "replay", str(data.path), "--json"]
    run_child(replay, _variables(settings), say)
    make_statistics(settings, data, say)
    return settings


def _run(settings: Settings, data: StreamPosts, name: str, say: Say) -> Run:
    empty_live_tables(settings)
    checkpoint = settings.absolute_home / "turns" / name
    variables = _variables(settings) | {
        "GROUNDSWELL_STREAM__CHECKPOINT_DIR": str(checkpoint),
        "GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER": str(-(-data.facts.posts // BATCHES)),
        "GROUNDSWELL_STREAM__LIVE_COUNTS_HOURS": "200",
        "GROUNDSWELL_LAKE__NAMESPACE": name.replace("-", "_"),
    }
    tree = run_tree([sys.executable, "-m", "benchmarks.speed.stream_shipped", "both"], variables, say)
    said = json.loads(tree.output.splitlines()[-1])
    live = counted_live(settings)
    if live.counted != data.expected:
        raise UnequalError(f"{live.counted.text()} were counted, not {data.expected.text()}")
    if said["lake_records"] != data.facts.posts:
        raise UnequalError(f"{said['lake_records']:,} records came to the lake, not {data.facts.posts:,}")
    queries = [[Batch(**batch) for batch in batches] for batches in said["queries"].values()]
    files = [path for path in (checkpoint / "keyword_alerts").rglob("*") if path.is_file()]
    return Run(
        steady(queries, WARM_UP_BATCHES)[1],
        tree.peak_bytes,
        sum(path.stat().st_size for path in files),
        _table_bytes(settings),
        driver_memory(settings),
    )


def _table_bytes(settings: Settings) -> int:
    connection = connect(settings, application_name="groundswell bench")
    try:
        with connection.cursor() as cursor:
            cursor.execute(_LIVE_TABLES, [["live_increments", "stream_batches", "stream_kept_batches"]])
            (found,) = cursor.fetchone() or (0,)
            return int(found)
    finally:
        connection.close()


def document(measured: Measured) -> str:
    """Return the section."""
    any_posts = measured.posts[FEW].facts
    rounds = len(measured.runs[FEW])
    parts = [
        "## State and memory: from a hundred thousand keywords to three million\n",
        f"{any_posts.posts:,} posts of {any_posts.data_bytes / any_posts.posts:,.0f} bytes in"
        f" {any_posts.windows:,} windows of 5 minutes; {rounds} round{'s' * (rounds > 1)}. Written by"
        f" `make bench-state`. {measured.machine}.\n",
        goal_table(_goals(measured)),
        "![Rate and memory by the number of keywords](performance/state.svg)\n",
        markdown_table(_HEAD, [_row(measured, size) for size in SIZES]),
        "Both queries in one application, statistics of as many keywords in Postgres. The posts differ in nothing but"
        f" their texts: {WORDS_A_POST} words taken in turn out of so many, so that no keyword is rarer than another;"
        f" with {SIZES[-1]:,} nearly each mention is one of a keyword that wasn't seen before. All of it lies within"
        " the six hours that the trailing windows look back at. Memory is the most that the command, its JVM (a heap"
        " of 1.2 GB) and its Python workers had at one moment together; of it the windows are what the driver's"
        " Python remembers of posts and keywords in the end, which is where the keywords' state is: the checkpoint"
        " holds the posts' ids. Rates leave out"
        f" the first {WARM_UP_BATCHES} of {BATCHES} batches. After each turn counts and lake are compared with what"
        " was sent.\n",
    ]
    return "\n".join(parts)


_HEAD = [
    "keywords",
    "posts/s",
    "× the rate with the fewest",
    "memory, MB",
    "of it the windows, MB",
    "checkpoint, MB",
    "live tables, MB",
]


def _row(measured: Measured, size: int) -> list[str]:
    runs, rates = measured.runs[size], measured.rates()
    return [
        f"{size:,}",
        Spread.of(rates[str(size)]).text(),
        ratios(rates, str(size), str(FEW)).text(2),
        Spread.of([run.peak_bytes / 1e6 for run in runs]).text(),
        f"{runs[-1].driver.total_bytes / 1e6:,.0f}",
        f"{runs[-1].checkpoint_bytes / 1e6:,.0f}",
        f"{runs[-1].table_bytes / 1e6:,.0f}",
    ]


def _goals(measured: Measured) -> list[list[str]]:
    ratio = ratios(measured.rates(), str(MANY), str(FEW))
    peak = max(run.peak_bytes for run in measured.runs[MANY])
    return [
        goal_row("memory with 1 million keywords", "≤ 3 GB", f"{peak / 1e9:.2f} GB", peak <= MOST_BYTES),
        goal_row(
            "rate with 1 million over that with 100,000",
            f"≥ {LEAST_RATIO:g} ×",
            ratio.text(2),
            ratio.median >= LEAST_RATIO,
        ),
    ]


if __name__ == "__main__":
    main()
