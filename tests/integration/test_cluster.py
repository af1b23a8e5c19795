"""`groundswell stream` and `batch` on a real standalone Spark cluster that loses a worker in the middle of each."""

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pyspark
import pytest
from one_burst import BURST, DAY, POSTS, alerts_of, lines, write_statistics

from groundswell.adapters.object_store import s3_client
from groundswell.contracts.alerts import ALERT_COLUMNS
from groundswell.contracts.topics import ALERTS
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.settings import Settings
from infra.stack.ports import free_port

BATCH_RECORDS = 150
# Everything here lives for seconds: half of the time would go into compiling what is over soon.
SHORT_LIVED = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
SMALL = {"GROUNDSWELL_KAFKA__PARTITIONS": "2", "GROUNDSWELL_SPARK__SHUFFLE_PARTITIONS": "2"}
QUERIES = ("raw_to_lake", "keyword_alerts")
STREAM = ("stream", "--available-now")
PARSE = ("batch", "parse-lake", "--day", f"{DAY:%Y-%m-%d}", "--json")
# Small files are read many at once, unless to open one is said to cost as much as a task may read.
A_TASK_PER_FILE = {"spark.sql.catalog.lake.table-default.read.split.open-file-cost": str(128 * 1024 * 1024)}
# Of tasks that load posts: their transactions, and how many posts are in by those that are committed.
OPEN_TRANSACTIONS = (
    "SELECT backend_xid::text, client_port FROM pg_stat_activity"
    " WHERE application_name = 'groundswell batch task' AND backend_xid IS NOT NULL"
)
COMMITTED_TRANSACTIONS = (
    "SELECT xmin::text, (SELECT count(*) FROM staging_posts) FROM staging_tasks WHERE name = 'staging_posts'"
)


class Cluster:
    """A master and workers of one core each, every one a process of its own.

    Parameters
    ----------
    folder : Path
        For logs, the executors' folders and their Python.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._page = free_port()
        self.master = f"spark://127.0.0.1:{free_port()}"

    def start(self) -> None:
        port = self.master.rpartition(":")[2]
        self._launch("master", "master.Master", "--port", port, "--webui-port", str(self._page))
        self.add_workers("worker-1", "worker-2")

    def add_workers(self, *names: str) -> None:
        """Start workers; return when there are two alive, with those that are left."""
        for name in names:
            self._launch(
                name, "worker.Worker", "--cores", "1", "--memory", "1g", "--webui-port", "0",
                "--work-dir", str(self._folder / name), self.master,
            )  # fmt: skip
        wait_until(lambda: self.workers("ALIVE") == 2, 180, "two workers at the master")

    def workers(self, state: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._page}/json/", timeout=10) as page:
                return [worker["state"] for worker in json.load(page)["workers"]].count(state)
        except OSError:
            return 0

    def executors(self, name: str) -> list[psutil.Process]:
        return psutil.Process(self._processes[name].pid).children(recursive=True)

    def worker_of(self, port: int) -> str | None:
        """Return the worker one of whose executors' processes has a connection from this port."""
        for name in self._processes:
            for process in self.executors(name):
                with suppress(psutil.NoSuchProcess):
                    if port in (connection.laddr.port for connection in process.net_connections("tcp")):
                        return name
        return None

    def kill(self, name: str) -> int:
        """Kill a worker and all that it runs; return how many processes that were, when the master knows."""
        dead = self.workers("DEAD")
        doomed = [*self.executors(name), psutil.Process(self._processes[name].pid)]
        for process in doomed:
            # One may end by itself as soon as another is gone.
            with suppress(psutil.NoSuchProcess):
                process.kill()
        wait_until(lambda: self.workers("DEAD") == dead + 1, 30, "the master's word that a worker is dead")
        self._processes.pop(name).wait()
        return len(doomed)

    def stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait(30)

    def python_without_groundswell(self) -> Path:
        """Return a Python that has the packages of this one, but not the project: `.pth` files are not read."""
        packages = Path(psutil.__file__).parents[1]
        python = self._folder / "python"
        base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
        python.write_text(
            f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(packages))}:"$PYTHONPATH" exec {shlex.quote(str(base))} -s "$@"\n'
        )
        python.chmod(0o755)
        return python

    def _launch(self, name: str, main_class: str, *arguments: str) -> None:
        spark_class = Path(pyspark.__file__).parent / "bin" / "spark-class"
        command = [str(spark_class), f"org.apache.spark.deploy.{main_class}", "--host", "127.0.0.1", *arguments]
        environment = environment_elsewhere()
        with (self._folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                command,
                cwd=self._folder,
                stdout=log,
                stderr=log,
                env=environment | SHORT_LIVED | {"SPARK_DAEMON_MEMORY": "256m"},
            )


def environment_elsewhere() -> dict[str, str]:
    """Return the variables of a machine that knows neither the project's settings nor its folder."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GROUNDSWELL_", "PYTHON"))}


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@dataclass
class Loss:
    """What a command said that lost a worker, and how many processes died with that."""

    killed_processes: int = 0
    said: str = ""


@dataclass
class Run:
    """A pipeline from topic to statistics, and what was seen on the way."""

    pipeline: Any
    streaming: Loss = field(default_factory=Loss)
    parsing: Loss = field(default_factory=Loss)
    open_batches: set[str] = field(default_factory=set)
    commits_at_kill: dict[str, int] = field(default_factory=dict)
    loaded_at_kill: int = 0
    parsed: list[dict[str, Any]] = field(default_factory=list)
    statistics: dict[str, Any] = field(default_factory=dict)

    def recompute(self) -> None:
        as_of = f"{DAY + timedelta(days=1):%Y-%m-%d}"
        (self.statistics,) = self.pipeline.json("batch", "recompute-statistics", "--as-of", as_of, "--json")


def begin(pipeline: Any, folder: Path) -> Run:
    write_statistics(pipeline)
    path = folder / "posts.ndjson"
    path.write_bytes(b"\n".join(lines()))
    pipeline.replay(path)
    return Run(pipeline)


@pytest.fixture(scope="module")
def undisturbed(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same posts on this machine's own cores."""
    run = begin(make_pipeline("one_machine", **SMALL), tmp_path_factory.mktemp("undisturbed"))
    code, said = run.pipeline.run(*STREAM)
    assert code == 0, said
    run.parsed = run.pipeline.json(*PARSE)
    run.recompute()
    return run


@pytest.fixture(scope="module")
def struck(
    cluster: Cluster, stack: Settings, make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The stream on the cluster and the nightly work, each with a worker killed in the middle; then the statistics."""
    folder = tmp_path_factory.mktemp("struck")
    pipeline = make_pipeline(
        "cluster",
        **SMALL,
        GROUNDSWELL_SPARK__MASTER=cluster.master,
        GROUNDSWELL_SPARK__DRIVER_HOST="127.0.0.1",
        GROUNDSWELL_SPARK__EXECUTOR_COUNT="2",
        GROUNDSWELL_SPARK__EXECUTOR_MEMORY="900m",
        GROUNDSWELL_SPARK__EXECUTOR_PYTHON=str(cluster.python_without_groundswell()),
        GROUNDSWELL_SPARK__OPTIONS=json.dumps(A_TASK_PER_FILE),
        GROUNDSWELL_STREAM__CHECKPOINT_DIR=f"s3a://{stack.lake.bucket}/checkpoints/{folder.name}",
        GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER=str(BATCH_RECORDS),
    )
    # The settings alone must do.
    for name in ("SPARK_LOCAL_IP", "PYSPARK_PYTHON"):
        pipeline.environment.pop(name, None)
    pipeline.environment |= SHORT_LIVED
    run = begin(pipeline, folder)
    run.streaming = lose_a_worker(pipeline, STREAM, folder / "stream.log", StreamStrike(run, cluster))
    cluster.add_workers("worker-3")
    run.parsing = lose_a_worker(pipeline, PARSE, folder / "parse.log", ParseStrike(run, cluster))
    run.parsed = [json.loads(line) for line in run.parsing.said.splitlines() if line.startswith("{")]
    run.recompute()
    return run


def lose_a_worker(pipeline: Any, command: tuple[str, ...], log: Path, strike: Callable[[], int]) -> Loss:
    """Run a command as a process that loses a worker while it is at work, and knows it, and then ends well.

    `strike` kills when it is time, and returns how many processes that were; till then it returns 0.
    """
    loss = Loss()

    def is_lost() -> bool:
        assert process.poll() is None, log.read_text()
        loss.killed_processes = loss.killed_processes or strike()
        return loss.killed_processes > 0 and "Lost executor" in log.read_text()

    with log.open("wb") as file:
        process = pipeline.start(*command, stdout=file, stderr=file)
        try:
            wait_until(is_lost, 240, f"the loss of an executor by {command}")
            assert process.poll() is None, log.read_text()
            code = process.wait(240)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
    loss.said = log.read_text()
    assert code == 0, loss.said
    return loss


@dataclass
class StreamStrike:
    """Kills a worker when both queries have committed and one is in the middle of a batch: there is state to lose."""

    run: Run
    cluster: Cluster

    def __call__(self) -> int:
        run = self.run
        done, begun = (batches(run.pipeline.settings, kind) for kind in ("commits", "offsets"))
        run.open_batches = begun - done
        run.commits_at_kill = {query: sum(name.startswith(query) for name in done) for query in QUERIES}
        if not run.open_batches or not all(run.commits_at_kill.values()):
            return 0
        return self.cluster.kill("worker-1")


@dataclass
class ParseStrike:
    """Kills the worker of a task that has committed its posts, when both have begun and posts are still missing."""

    run: Run
    cluster: Cluster
    workers: dict[str, str] = field(default_factory=dict)
    """Transaction of a task -> worker that it came from."""

    def __call__(self) -> int:
        self._note_open_transactions()
        committed = self._committed_transactions()
        of_workers = [self.workers[transaction] for transaction in committed if transaction in self.workers]
        have_begun = set(self.workers.values()) == {"worker-2", "worker-3"}
        if not of_workers or not have_begun or self.run.loaded_at_kill == POSTS:
            return 0
        return self.cluster.kill(of_workers[0])

    def _note_open_transactions(self) -> None:
        for transaction, port in self.run.pipeline.query(OPEN_TRANSACTIONS):
            if worker := self.cluster.worker_of(port):
                self.workers[transaction] = worker

    def _committed_transactions(self) -> list[str]:
        if self.run.pipeline.query("SELECT to_regclass('staging_tasks')") == [(None,)]:
            return []
        rows = self.run.pipeline.query(COMMITTED_TRANSACTIONS)
        self.run.loaded_at_kill = max((posts for _, posts in rows), default=0)
        return [transaction for transaction, _ in rows]


def batches(settings: Settings, kind: str) -> set[str]:
    """Return `query/batch` of each file of this kind in the checkpoints on S3."""
    root = settings.checkpoint_root.partition(f"s3a://{settings.lake.bucket}/")[2]
    found = set()
    for query in QUERIES:
        listed = s3_client(settings).list_objects_v2(Bucket=settings.lake.bucket, Prefix=f"{root}/{query}/{kind}/")
        names = (entry["Key"].rpartition("/")[2] for entry in listed.get("Contents", []))
        found |= {f"{query}/{name}" for name in names if name.isdigit()}
    return found


def test_a_worker_died_with_its_executor_in_the_middle_of_a_batch(struck: Run) -> None:
    assert struck.streaming.killed_processes >= 2
    assert "Lost executor" in struck.streaming.said
    assert struck.open_batches
    expected = -(-POSTS // BATCH_RECORDS)
    assert all(0 < done < expected for done in struck.commits_at_kill.values()), struck.commits_at_kill


def test_a_worker_died_with_its_executor_while_posts_were_loaded(struck: Run) -> None:
    assert struck.parsing.killed_processes >= 2
    assert "Lost executor" in struck.parsing.said
    assert 0 < struck.loaded_at_kill < POSTS


def test_the_executors_have_no_code_but_what_the_command_gave_them(struck: Run) -> None:
    python = struck.pipeline.settings.spark.executor_python
    asked = subprocess.run(
        [python, "-c", "import numpy, groundswell"], env=environment_elsewhere(), cwd="/",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "No module named 'groundswell'" in asked.stderr
    # The nightly work writes its rows from Python on the executors.
    assert struck.parsed[0]["distinct_posts"] == POSTS


def test_checkpoints_are_on_s3_and_nowhere_else(struck: Run, stack: Settings) -> None:
    done = batches(struck.pipeline.settings, "commits")
    assert {name.partition("/")[0] for name in done} == set(QUERIES)
    assert done == batches(struck.pipeline.settings, "offsets")
    folders = stack.absolute_home.rglob(Path(struck.pipeline.settings.checkpoint_root).name)
    assert all(path.is_relative_to(stack.absolute_home / "data" / "s3") for path in folders)
    assert not Path("s3a:").exists()


def test_the_lake_has_every_post_once(struck: Run) -> None:
    rows = struck.pipeline.lake()
    assert Counter(row["key"] for row in rows) == Counter(f"p{number}".encode() for number in range(POSTS))
    assert len({(row["partition"], row["offset"]) for row in rows}) == POSTS


def test_every_post_is_counted_once(struck: Run) -> None:
    counts = dict(struck.pipeline.query("SELECT keyword, sum(posts)::int FROM live_counts GROUP BY keyword"))
    assert counts == {PLATFORM_KEYWORD: POSTS, "#steady": POSTS, "#burst": len(BURST)}


def test_the_alerts_are_those_of_a_run_that_nothing_happened_to(struck: Run, undisturbed: Run) -> None:
    alerts = alerts_of(struck.pipeline)
    assert [row[ALERT_COLUMNS.index("keyword")] for row in alerts] == ["#burst"]
    assert alerts == alerts_of(undisturbed.pipeline)
    keys, expected = ({message.key() for message in run.pipeline.records(ALERTS)} for run in (struck, undisturbed))
    assert keys == expected


@pytest.mark.parametrize(
    "table",
    [
        "SELECT post_id, text, created_at, hashtags, first_seen_at FROM posts",
        "SELECT keyword, bucket_start, posts, authors FROM keyword_counts",
        "SELECT bucket_start, posts FROM platform_counts",
        "SELECT keyword, level, dispersion_hour, dispersion_six_hours, profile, document_frequency, history_hours"
        " FROM keyword_statistics JOIN current_statistics USING (version)",
    ],
    ids=["posts", "keyword_counts", "platform_counts", "keyword_statistics"],
)
def test_tables_are_the_same_as_on_one_machine(struck: Run, undisturbed: Run, table: str) -> None:
    rows = sorted(struck.pipeline.query(table), key=repr)
    assert rows
    assert rows == sorted(undisturbed.pipeline.query(table), key=repr)


def test_no_password_is_told_to_who_reads_the_log(struck: Run) -> None:
    for secret in (struck.pipeline.settings.lake.secret_key, struck.pipeline.settings.postgres.password):
        assert secret.get_secret_value() not in struck.streaming.said + struck.parsing.said
