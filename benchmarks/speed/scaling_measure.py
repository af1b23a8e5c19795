"""Measure what a post costs: the shipped commands, one after the other, on a local stack of their own."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.speed.batch_history import AS_OF, add_keywords
from benchmarks.speed.children import ContestantFailedError, Say
from benchmarks.speed.driver_memory import driver_memory
from benchmarks.speed.scaling_costs import DRIVER, OWN, STAGES, Run, StatisticsRun, Table
from benchmarks.speed.stack import local_stack
from benchmarks.speed.stream_data import StreamPosts
from groundswell.adapters.postgres import connect
from groundswell.contracts.topics import POSTS as POSTS_TOPIC
from groundswell.settings import Settings
from infra.migrate_command import run_migrations
from infra.stack.local import servers_of
from infra.stack.processes import read_record

_POLL_SECONDS = 0.2
_SAID_SECONDS = 5.0
_TAIL_CHARACTERS = 1500

_TABLES = """
SELECT c.relname, coalesce(s.n_live_tup, 0), pg_total_relation_size(c.oid)
FROM pg_class c LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
  AND c.relname !~ '^(_yoyo|yoyo|iceberg|staging)' ORDER BY 1
"""


class ProcessTree:
    """Time on the cores of a process and all that it started, those that ended before it included.

    Parameters
    ----------
    process : psutil.Process

    Attributes
    ----------
    first_seconds : float
        Of the process by itself, when it was looked at last.
    """

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._seconds = 0.0
        self.first_seconds = 0.0

    def look(self) -> float:
        """Return the seconds so far; the very last moments of what ends together with its parent are missed."""
        with contextlib.suppress(psutil.NoSuchProcess):
            times = self._process.cpu_times()
            self.first_seconds = max(self.first_seconds, times.user + times.system)
            living = [self._process, *self._process.children(recursive=True)]
            self._seconds = max(self._seconds, sum(map(_cpu_seconds, living)))
        return self._seconds


def _cpu_seconds(process: psutil.Process) -> float:
    """Return a process's seconds with those of its children that ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


class Meter:
    """Times on the cores of the servers, and of commands that run while it looks.

    Parameters
    ----------
    settings : Settings
        Of the running stack.
    say : callable
        Gets a line every few seconds.
    """

    def __init__(self, settings: Settings, say: Say) -> None:
        records = {server.name: read_record(server.pid_file) for server in servers_of(settings)}
        processes = {name: record.process() for name, record in records.items() if record}
        self._servers = {name: ProcessTree(process) for name, process in processes.items() if process}
        self._say = say

    def run(self, *arguments: str) -> tuple[str, dict[str, float]]:
        """Run a `groundswell` command; return what it printed, and party or `DRIVER` -> seconds on the cores.

        Raises
        ------
        ContestantFailedError
            It failed.
        """
        before = self._look()
        command = [sys.executable, "-m", "groundswell.cli", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            tree = self._wait(process, " ".join(arguments[:2]))
            out, err = process.communicate()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(20)
        if process.returncode:
            raise ContestantFailedError(
                f"groundswell {' '.join(arguments)} ended with {process.returncode}:\n{(out + err)[-_TAIL_CHARACTERS:]}"
            )
        after = self._look()
        own = {OWN: tree.look(), DRIVER: tree.first_seconds}
        return out, own | {name: after[name] - before[name] for name in after}

    def _look(self) -> dict[str, float]:
        return {name: tree.look() for name, tree in self._servers.items()}

    def _wait(self, process: "subprocess.Popen[str]", name: str) -> ProcessTree:
        tree = ProcessTree(psutil.Process(process.pid))
        began = said = time.monotonic()
        while process.poll() is None:
            used = tree.look()
            self._look()
            if time.monotonic() - said > _SAID_SECONDS:
                said = time.monotonic()
                self._say(f"  {name}: {said - began:.0f} s, {used:.0f} s on the cores")
            time.sleep(_POLL_SECONDS)
        return tree


def measure(data: StreamPosts, say: Say) -> Run:
    """Send the posts all the way through, and return what it took and what is where."""
    # Pipes hold little, and the commands' few lines fit in.
    with local_stack(say) as settings:
        run_migrations(settings)
        meter = Meter(settings, say)
        spent: dict[str, Mapping[str, float]] = {}
        first, last = _days(data.path)
        steps = {
            "replay": ("replay", str(data.path), "--json"),
            "lake query": ("stream", "--only", "raw_to_lake", "--available-now"),
            "parse-lake": ("batch", "parse-lake", "--day", first, "--until", last, "--json"),
            "statistics": ("batch", "recompute-statistics", "--as-of", _day_after(last), "--json"),
            "alerts query": ("stream", "--only", "keyword_alerts", "--available-now"),
        }
        for stage, arguments in steps.items():
            _, spent[stage] = meter.run(*arguments)
            say(f"{stage}: " + ", ".join(f"{party} {seconds:.1f} s" for party, seconds in spent[stage].items()))
        home = settings.absolute_home
        lake = [path for path in _files(home / "data" / "s3") if path.suffix == ".parquet"]
        topic = POSTS_TOPIC.name(settings.kafka.topic_prefix)
        log = [path for path in _files(home / "data" / "kafka") if path.parent.name.startswith(f"{topic}-")]
        checkpoint = Path(settings.checkpoint_root) / "keyword_alerts"
        kept = driver_memory(settings)
        return Run(
            posts=data.facts.posts,
            post_bytes=data.facts.data_bytes,
            keywords=data.facts.keywords,
            cpu_seconds={stage: spent[stage] for stage in STAGES},
            kafka_bytes=_bytes(path for path in log if path.suffix == ".log"),
            lake_bytes=_bytes(lake),
            state_bytes=_bytes(_files(checkpoint / "state")),
            checkpoint_files=len(_files(checkpoint)),
            batches=len(_files(checkpoint / "commits")),
            state_partitions=settings.stream.state_partitions,
            driver_post_bytes=kept.total_bytes / kept.posts,
            tables=_tables(settings),
        )


def measure_statistics(sizes: Sequence[int], say: Say) -> list[StatisticsRun]:
    """Fit eight weeks of made counts of so many keywords, growing sizes, and return what each size took."""
    runs = []
    with local_stack(say) as settings:
        run_migrations(settings)
        meter, connection = Meter(settings, say), connect(settings)
        for before, size in pairwise([0, *sizes]):
            history = add_keywords(connection, before, size, sizes[-1], say)
            _, spent = meter.run("batch", "recompute-statistics", "--as-of", f"{AS_OF:%Y-%m-%d}", "--json")
            say(f"{size:,} keywords: " + ", ".join(f"{party} {seconds:.1f} s" for party, seconds in spent.items()))
            runs.append(StatisticsRun(size, history.rows, spent))
        connection.close()
    return runs


def _files(folder: Path) -> list[Path]:
    # Hadoop's local file system keeps a checksum, .NAME.crc, beside each file; S3 has none.
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def _bytes(files: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def _days(path: Path) -> tuple[str, str]:
    """Return the first and the last day that posts of the file were made on."""
    with path.open("rb") as file:
        created = [int(json.loads(line)["itemInfos"]["createTime"]) for line in file]
    first, last = (datetime.fromtimestamp(second, UTC) for second in (min(created), max(created)))
    return f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"


def _day_after(day: str) -> str:
    return f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"


def _tables(settings: Settings) -> dict[str, Table]:
    connection = connect(settings)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute(_TABLES)
            found = {name: Table(int(rows), int(size)) for name, rows, size in cursor}
    finally:
        connection.close()
    return {name: table for name, table in found.items() if table.rows}
