"""A soak: `python -m benchmarks.speed.soak`; both queries under a steady feed, and whether anything grows."""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import psutil
from psycopg2.extensions import connection as Connection  # noqa: N812

from benchmarks.speed.batch_tree import proportional_bytes
from benchmarks.speed.children import Say
from benchmarks.speed.document import goal_row, goal_table, write_section
from benchmarks.speed.machine import machine_line
from benchmarks.speed.soak_picture import draw_soak
from benchmarks.speed.stack import local_stack
from benchmarks.speed.stream_data import StreamPosts, stream_posts
from benchmarks.speed.stream_statistics import make_statistics
from groundswell.adapters.metrics import read_metrics
from groundswell.adapters.object_store import lake_rows
from groundswell.adapters.postgres import connect
from groundswell.contracts.posts import RAW_TABLE
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from infra.migrate_command import run_migrations

RATE = 1_000
SAMPLE_SECONDS = 10.0
SETTLED_SHARE = 1 / 3
"""Part of the time in which windows, state and compiled code fill; what comes after has to be flat."""

MOST_GROWTH = 0.1
MOST_LAG_SECONDS = 30
MOST_SILENT_SECONDS = 60
# Forgotten well before the soak is over. Ids live for up to twice as long; the same posts come again in four hours.
_REMEMBERED = {
    "GROUNDSWELL_STREAM__DEDUPLICATION_HOURS": "1",
    "GROUNDSWELL_STREAM__LIVE_COUNTS_HOURS": "7",
    "GROUNDSWELL_STREAM__EVIDENCE_HOURS": "7",
}
_SIZES = "SELECT sum(pg_total_relation_size(name)) FROM unnest(%s::regclass[]) AS live (name)"
_LIVE = ["live_increments", "stream_batches", "stream_kept_batches"]
_LEDGER = "SELECT query_id, batch_id, counted_posts, known_posts + late_posts FROM stream_batches"
_QUERIES = ("raw_to_lake", "keyword_alerts")

Ledger = dict[tuple[str, int], tuple[int, int]]
"""Query and number of a batch -> posts counted and left out; Postgres keeps it for some hours of stream time only."""


@dataclass(frozen=True)
class Sample:
    """What the stream had at one moment.

    Attributes
    ----------
    minute : float
        Since the feed began.
    jvm_bytes, python_bytes : int
        Memory of its processes, of what they share only their part.
    open_files : int
        Of all its processes, sockets among them.
    state_bytes, table_bytes : int
        Remembered ids in memory and files of the checkpoint, and the live tables in Postgres.
    lag_records : int
        On the topic and in no batch yet, of the query furthest behind.
    silent_seconds : float
        Since the newest batch that a query told of, of the one that is silent for longer.
    """

    minute: float
    jvm_bytes: int
    python_bytes: int
    open_files: int
    state_bytes: int
    table_bytes: int
    lag_records: int
    silent_seconds: float


@dataclass(frozen=True)
class Soaked:
    """A soak that went to its end."""

    machine: str
    rate: float
    sent: int
    lake_rows: int
    counted: int
    left_out: int
    samples: Sequence[Sample]


@click.command()
@click.option("--minutes", type=click.IntRange(3), default=30, show_default=True)
@click.option("--rate", type=click.IntRange(1), default=RATE, show_default=True, help="Posts per second.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("docs/RELIABILITY.md"), show_default=True,
    help="Document to write to.",
)  # fmt: skip
def main(minutes: int, rate: int, out: Path) -> None:
    """Replay without end into both queries, and watch memory, files, state and lag."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    try:
        soaked = measure(minutes * 60, rate, say)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    picture = out.parent / "performance" / "soak.svg"
    draw_soak(picture, [sample.__dict__ for sample in soaked.samples])
    text = document(soaked)
    write_section(out, "soak", text)
    click.echo(text)
    if soaked.lake_rows != soaked.sent or soaked.counted + soaked.left_out != soaked.sent:
        raise click.ClickException("not every post that was sent arrived")


def measure(seconds: float, rate: int, say: Say) -> Soaked:
    """Feed both queries for so long, then let them finish and count what arrived."""
    data = stream_posts(350_000, say)
    with local_stack(say, **_REMEMBERED) as settings:
        run_migrations(settings)
        make_statistics(settings, data, say)
        ledger: Ledger = {}
        samples, sent = _soak(settings, data, seconds, rate, ledger, say)
        say("reading what is left")
        command = [sys.executable, "-m", "groundswell.cli", "stream", "--available-now"]
        subprocess.run(command, check=True, capture_output=True)
        connection = connect(settings)
        try:
            _read_ledger(connection, ledger)
            counted, left_out = (sum(column) for column in zip(*ledger.values(), strict=True))
            in_lake = lake_rows(settings, connection, RAW_TABLE)
        finally:
            connection.close()
    return Soaked(machine_line(("pyspark",)), sent / seconds, sent, in_lake, counted, left_out, samples)


def _soak(
    settings: Settings, data: StreamPosts, seconds: float, rate: int, ledger: Ledger, say: Say
) -> tuple[list[Sample], int]:
    log = settings.absolute_home / "logs" / "soak-stream.log"
    with log.open("wb") as said:
        stream = _start("stream", stdout=said, stderr=said)
        feed = _start(
            "replay", str(data.path), "--loop", "--rate", str(rate), "--json",
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        samples: list[Sample] = []
        try:
            began = time.monotonic()
            while (passed := time.monotonic() - began) < seconds:
                time.sleep(SAMPLE_SECONDS)
                for process, name in ((stream, "stream"), (feed, "replay")):
                    if process.poll() is not None:
                        raise GroundswellError(f"{name} ended with {process.returncode}", log.read_text()[-2000:])
                samples.append(_sample(settings, stream.pid, (time.monotonic() - began) / 60, ledger))
                if len(samples) % 6 == 0:
                    say(f"{passed / 60:.0f} min: {_told(samples[-1])} (load {os.getloadavg()[0]:.1f})")
            feed.send_signal(signal.SIGINT)
            summary, _ = feed.communicate(timeout=60)
            stream.send_signal(signal.SIGINT)
            stream.wait(120)
        finally:
            for process in (feed, stream):
                if process.poll() is None:
                    process.kill()
    return samples, int(json.loads(summary)["sent"])


def _start(*arguments: str, **streams: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "groundswell.cli", *arguments], **streams)  # type: ignore[call-overload,no-any-return]


def _read_ledger(connection: Connection, ledger: Ledger) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LEDGER)
        ledger.update({(query, batch): (counted, left_out) for query, batch, counted, left_out in cursor})


def _sample(settings: Settings, pid: int, minute: float, ledger: Ledger) -> Sample:
    memory = {"java": 0, "python": 0}
    files = 0
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.Error, OSError):
            memory["java" if process.name() == "java" else "python"] += proportional_bytes(process.pid)
            files += process.num_fds()
    connection = connect(settings, application_name="groundswell soak")
    try:
        metrics = {(name, metric): found.value for (name, metric), found in read_metrics(connection).items()}
        with connection.cursor() as cursor:
            cursor.execute(_SIZES, [_LIVE])
            (tables,) = cursor.fetchone() or (0,)
        _read_ledger(connection, ledger)
    finally:
        connection.close()
    checkpoint = Path(settings.checkpoint_root) / "keyword_alerts"
    on_disk = 0
    for path in checkpoint.rglob("*"):
        with contextlib.suppress(OSError):  # it was tidied away
            on_disk += path.stat().st_size
    lag = max(metrics.get((query, "lag_records"), 0.0) for query in _QUERIES)
    ended_s = min(metrics.get((query, "batch_ended_s"), 0.0) for query in _QUERIES)
    in_memory = metrics.get(("keyword_alerts", "state_memory_bytes"), 0.0)
    state = round(in_memory) + on_disk
    silent = time.time() - ended_s
    return Sample(minute, memory["java"], memory["python"], files, state, int(tables), round(lag), silent)


def _told(sample: Sample) -> str:
    return (
        f"{(sample.jvm_bytes + sample.python_bytes) / 1e6:,.0f} MB, {sample.open_files} files, state"
        f" {sample.state_bytes / 1e6:,.0f} MB, tables {sample.table_bytes / 1e6:,.0f} MB, lag {sample.lag_records:,}"
    )


def growth(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """Return by what share the last third's median is above the middle third's; below 0: it fell."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    before = statistics.median(map(of, middle))
    return statistics.median(map(of, last)) / before - 1 if before else 0.0


def document(soaked: Soaked) -> str:
    """Return the section."""
    samples = soaked.samples
    settled = samples[round(len(samples) * SETTLED_SHARE) :]
    grown = {
        "memory of the JVM": growth(samples, lambda s: s.jvm_bytes),
        "memory of Python": growth(samples, lambda s: s.python_bytes),
        "open files": growth(samples, lambda s: s.open_files),
        "remembered ids: memory and checkpoint": growth(samples, lambda s: s.state_bytes),
        "live tables in Postgres": growth(samples, lambda s: s.table_bytes),
    }
    lag = max(sample.lag_records for sample in settled)
    rows = [
        goal_row(name, f"≤ +{MOST_GROWTH:.0%}", f"{share:+.1%}", share <= MOST_GROWTH) for name, share in grown.items()
    ]
    most_lag = MOST_LAG_SECONDS * soaked.rate
    rows.append(goal_row("largest lag, records", f"≤ {most_lag:,.0f}", f"{lag:,.0f}", lag <= most_lag))
    silent, most_silent = max(sample.silent_seconds for sample in settled), MOST_SILENT_SECONDS
    rows.append(
        goal_row("longest time without a batch", f"≤ {most_silent} s", f"{silent:.0f} s", silent <= most_silent)
    )
    arrived = soaked.lake_rows == soaked.sent == soaked.counted + soaked.left_out
    rows.append(
        goal_row("posts in the lake, and counted or left out", f"{soaked.sent:,}", f"{soaked.lake_rows:,}", arrived)
    )
    return "\n".join(
        [
            "## A soak\n",
            f"{samples[-1].minute:.0f} minutes of `groundswell replay --loop --rate` at {soaked.rate:,.0f} posts/s into"
            f" `groundswell stream` with both queries: {soaked.sent:,} posts. Written by `make soak`."
            f" {soaked.machine}.\n",
            goal_table(rows),
            "![Memory, open files, state and lag over the soak](performance/soak.svg)\n",
            "Growth is the median of the last third over that of the middle third; in the first one windows and state"
            " fill. Lag and silence are the largest of the last two thirds, of the query further behind. Stream time"
            " runs ahead: five minutes pass in six seconds, so that ids (1 hour), counts (7) and evidence (7) are"
            " forgotten within"
            f" the soak as they are within days. {soaked.counted:,} posts were counted and {soaked.left_out:,} left out"
            " as known or late; of what the replay sent the lake has each.\n",
        ]
    )


if __name__ == "__main__":
    main()
