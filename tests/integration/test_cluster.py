"""`groundswell stream` and `batch` on a real standalone Spark cluster that loses a worker in the middle of the work."""

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
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
        for name in ("worker-1", "worker-2"):
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

    def kill(self, name: str) -> int:
        """Kill a worker and all that it runs; return how many processes that were."""
        doomed = [*self.executors(name), psutil.Process(self._processes[name].pid)]
        for process in doomed:
            process.kill()
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
class Run:
    """A pipeline from topic to statistics, and what was seen on the way."""

    pipeline: Any
    said: str = ""
    killed_processes: int = 0
    open_batches: set[str] = field(default_factory=set)
    commits_at_kill: dict[str, int] = field(default_factory=dict)
    parsed: list[dict[str, Any]] = field(default_factory=list)
    statistics: dict[str, Any] = field(default_factory=dict)

    def nightly(self) -> None:
        day = f"{DAY:%Y-%m-%d}"
        self.parsed = self.pipeline.json("batch", "parse-lake", "--day", day, "--json")
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
    code, run.said = run.pipeline.run("stream", "--available-now")
    assert code == 0, run.said
    run.nightly()
    return run


@pytest.fixture(scope="module")
def struck(
    cluster: Cluster, stack: Settings, make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The stream on the cluster, a worker killed in the middle of a batch, then the nightly work on what is left."""
    folder = tmp_path_factory.mktemp("struck")
    pipeline = make_pipeline(
        "cluster",
        **SMALL,
        GROUNDSWELL_SPARK__MASTER=cluster.master,
        GROUNDSWELL_SPARK__DRIVER_HOST="127.0.0.1",
        GROUNDSWELL_SPARK__EXECUTOR_COUNT="2",
        GROUNDSWELL_SPARK__EXECUTOR_MEMORY="900m",
        GROUNDSWELL_SPARK__EXECUTOR_PYTHON=str(cluster.python_without_groundswell()),
        GROUNDSWELL_STREAM__CHECKPOINT_DIR=f"s3a://{stack.lake.bucket}/checkpoints/{folder.name}",
        GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER=str(BATCH_RECORDS),
    )
    # The settings alone must do.
    for name in ("SPARK_LOCAL_IP", "PYSPARK_PYTHON"):
        pipeline.environment.pop(name, None)
    pipeline.environment |= SHORT_LIVED
    run = begin(pipeline, folder)
    log = folder / "stream.log"
    with log.open("wb") as file:
        process = pipeline.start("stream", "--available-now", stdout=file, stderr=file)
        try:
            strike(run, cluster, process, log)
            code = process.wait(240)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
    run.said = log.read_text()
    assert code == 0, run.said
    run.nightly()
    return run


def strike(run: Run, cluster: Cluster, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Kill a worker when both queries have committed and one is in the middle of a batch: there is state to lose."""

    def is_time() -> bool:
        assert process.poll() is None, log.read_text()
        done, begun = (batches(run.pipeline.settings, kind) for kind in ("commits", "offsets"))
        run.open_batches = begun - done
        run.commits_at_kill = {query: sum(name.startswith(query) for name in done) for query in QUERIES}
        return bool(run.open_batches) and all(run.commits_at_kill.values())

    wait_until(is_time, 240, "an open batch")
    run.killed_processes = cluster.kill("worker-1")
    wait_until(lambda: cluster.workers("DEAD") == 1, 30, "the master's word that a worker is dead")


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
    assert struck.killed_processes >= 2
    assert struck.open_batches
    assert "Lost executor" in struck.said
    expected = -(-POSTS // BATCH_RECORDS)
    assert all(0 < done < expected for done in struck.commits_at_kill.values()), struck.commits_at_kill


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
        assert secret.get_secret_value() not in struck.said
