"""Who takes part in the stream benchmark, and one turn of one of them."""

import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.speed.children import Say, run_child
from benchmarks.speed.stream_data import Counted, StreamPosts, left_out
from benchmarks.speed.stream_rates import Batch, Steady, steady
from benchmarks.speed.stream_results import counted_by_spark, counted_csv, counted_live, empty_live_tables
from groundswell.contracts.topics import POSTS
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from infra.java import find_java
from infra.stack.ports import free_port

ALERTS, LAKE, BOTH = "groundswell, alerts query", "groundswell, lake query", "groundswell, both queries"
CONSUMER = "confluent-kafka consumer"
NOOP, TUNED = "Spark read to noop", "Spark read to noop, tuned"
PYTHON = "one Python thread"
ORIGINAL = "the original's way"
FLINK, BYTEWAX = "Flink SQL", "bytewax"
SHIPPED = {ALERTS: "alerts", LAKE: "lake", BOTH: "both"}
LOOPS = {CONSUMER: "bare", PYTHON: "counting"}
SPARK = {NOOP: "noop", TUNED: "tuned", ORIGINAL: "original"}
ALL = (ALERTS, LAKE, BOTH, CONSUMER, NOOP, TUNED, PYTHON, FLINK, BYTEWAX, ORIGINAL)

_CORES = 2
_WITHOUT_NFKC = 0.005
_FLINK_JAVA_OPTIONS = "-Xmx3g -XX:+UseParallelGC"


class UnequalError(GroundswellError):
    """A contestant didn't count what the others did, so its time says nothing."""


@dataclass(frozen=True)
class Run:
    """One turn of one contestant.

    Attributes
    ----------
    cold_seconds : float
        From the start of the process to the end of its warm-up's batches, or of as many records.
    steady : Steady
        What it did after that.
    alerts : int
        Alerts that were raised.
    milliseconds : mapping
        Where the steady time of the alerts query went, by Spark's own account.
    busy : mapping
        Who kept the cores busy for how many seconds of the whole turn; of Groundswell's only, without the servers.
    """

    contestant: str
    cold_seconds: float
    steady: Steady
    alerts: int
    milliseconds: Mapping[str, int]
    busy: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """Where the alerts query's time goes, in microseconds per post.

    Attributes
    ----------
    parts : mapping
        Part of the work -> by the clock.
    cores : mapping
        Who kept the cores busy -> for how long, both together.
    jvm : mapping
        What Spark's JVM did -> time on the cores, by samples in a run of their own.
    """

    parts: Mapping[str, float]
    cores: Mapping[str, float]
    jvm: Mapping[str, float]


@dataclass(frozen=True)
class Field:
    """What all contestants get.

    Parameters
    ----------
    settings : Settings
        Of the running stack, whose posts topic is filled.
    posts : StreamPosts
        What is in the topic.
    value_bytes : int
        Bytes of all values in the topic.
    records_a_batch : int
        Size of a micro-batch.
    warm_up_batches : int
        Everybody's warm-up are as many records as there are in so many.
    pythons : mapping
        The Python of each contestant that has an environment of its own.
    say : callable
        Gets a line of progress every few seconds.
    """

    settings: Settings
    posts: StreamPosts
    value_bytes: int
    records_a_batch: int
    warm_up_batches: int
    pythons: Mapping[str, Path]
    say: Say

    @property
    def warm_up_records(self) -> int:
        """Records that are not timed."""
        return self.records_a_batch * self.warm_up_batches

    def run(self, contestant: str, name: str) -> Run:
        """Let a contestant read the whole topic once, and hold what it counted against what there is.

        Raises
        ------
        GroundswellError
            It failed, or counted something else.
        """
        folder = self.settings.absolute_home / "turns" / name
        folder.mkdir(parents=True)
        try:
            if contestant in SHIPPED:
                return self._shipped(contestant, name, folder)
            if contestant in SPARK:
                return self._spark(contestant, folder)
            if contestant == FLINK:
                return self._flink()
            if contestant == BYTEWAX:
                return self._bytewax(folder)
            return self._loop(contestant)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _shipped(self, contestant: str, name: str, folder: Path) -> Run:
        empty_live_tables(self.settings)
        began_at, said = self._child("stream_shipped", [SHIPPED[contestant]], self._variables(name, folder))
        queries = _batches(said)
        alerts = 0
        if contestant != LAKE:
            live = counted_live(self.settings)
            if live.late_posts or live.known_posts:
                raise UnequalError(f"{contestant} left out {live.late_posts} late and {live.known_posts} known posts")
            self._check(contestant, live.counted, self.posts.expected)
            alerts = live.alerts
        if contestant != ALERTS:
            lake = (said["lake_records"], said["lake_bytes"])
            if lake != (self.posts.facts.posts, self.value_bytes):
                raise UnequalError(f"{contestant} wrote {lake[0]:,} records of {lake[1]:,} bytes to the lake")
        return replace(self._run(contestant, began_at, queries, alerts), busy=said["busy"])

    def profile(self, profiler: Path) -> "Profile":
        """Return where the alerts query's time goes; `profiler` is the library that samples the JVM."""
        folder = self.settings.absolute_home / "turns" / "profile"
        empty_live_tables(self.settings)
        try:
            arguments = [str(folder / "parts"), str(self.warm_up_batches), str(profiler)]
            return Profile(**self._child("stream_profile", arguments, self._variables("profile", folder))[1])
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _variables(self, name: str, folder: Path) -> dict[str, str]:
        return {
            "GROUNDSWELL_STREAM__CHECKPOINT_DIR": str(folder),
            "GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER": str(self.records_a_batch),
            "GROUNDSWELL_LAKE__NAMESPACE": name.replace("-", "_"),
            # Longer than the data, or counts would be gone before they could be looked at.
            "GROUNDSWELL_STREAM__LIVE_COUNTS_HOURS": "200",
        }

    def _spark(self, contestant: str, folder: Path) -> Run:
        arguments = [SPARK[contestant], str(self.records_a_batch), str(folder)]
        began_at, said = self._child("stream_spark", arguments)
        queries = _batches(said)
        self._check_records(contestant, sum(batch.records for batch in queries[0]))
        if contestant == ORIGINAL:
            self._check(contestant, counted_by_spark(folder / "counts"), self.posts.split)
        return self._run(contestant, began_at, queries, 0)

    def _loop(self, contestant: str) -> Run:
        topic = POSTS.name(self.settings.kafka.topic_prefix)
        began_at, said = self._child("stream_loops", [LOOPS[contestant], topic, str(self.warm_up_records)])
        self._check_records(contestant, said["records"])
        if said["counted"] is not None:
            self._check(contestant, Counted(**said["counted"]), self.posts.expected)
        return _of_marks(contestant, began_at, said)

    def _bytewax(self, folder: Path) -> Run:
        counts = folder / "counts.csv"
        request = {**self._request(), "counts": str(counts)}
        began_at, said = self._child("stream_bytewax", [json.dumps(request)], python=self.pythons["bytewax"])
        self._check_records(BYTEWAX, said["records"])
        self._check(BYTEWAX, counted_csv([counts]), self.posts.expected)
        return _of_marks(BYTEWAX, began_at, said)

    def _flink(self) -> Run:
        began_at, said = self._flink_job("")
        return _of_marks(FLINK, began_at, {**said, "records": self.posts.facts.posts})

    def flink_counts(self) -> Counted:
        """Let Flink count once into files, not timed: the timed job throws its counts away, at no cost.

        Raises
        ------
        UnequalError
            It counted other posts, or more or fewer mentions than the missing NFKC explains.
        """
        folder = self.settings.absolute_home / "turns" / "flink-counts"
        try:
            self._flink_job(str(folder))
            found = counted_csv([path for path in folder.rglob("*") if path.is_file()], left_out())
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        expected = self.posts.expected
        difference = abs(found.mentions - expected.mentions)
        if found.posts != expected.posts or difference > _WITHOUT_NFKC * expected.mentions:
            self._check(FLINK, found, expected)
        return found

    def _flink_job(self, sink: str) -> tuple[float, dict[str, Any]]:
        request = {**self._request(), "sink": sink, "rest_port": free_port(), "parallelism": _CORES}
        variables = {"JVM_ARGS": _FLINK_JAVA_OPTIONS, "JAVA_HOME": str(find_java().path.parent.parent)}
        return self._child("stream_flink", [json.dumps(request)], variables, self.pythons["flink"])

    def _request(self) -> dict[str, Any]:
        kafka = self.settings.kafka
        return {
            "servers": kafka.bootstrap_servers,
            "topic": POSTS.name(kafka.topic_prefix),
            "stopwords": sorted(left_out()),
            "warm_up_records": self.warm_up_records,
        }

    def _child(
        self,
        module: str,
        arguments: Sequence[str],
        variables: Mapping[str, str] | None = None,
        python: Path = Path(sys.executable),
    ) -> tuple[float, dict[str, Any]]:
        began_at = time.time()
        command = [str(python), "-m", f"benchmarks.speed.{module}", *arguments]
        child = run_child(command, variables, self.say)
        return began_at, json.loads(child.output.strip().splitlines()[-1])

    def _run(self, contestant: str, began_at: float, queries: list[list[Batch]], alerts: int) -> Run:
        warm_at, after = steady(queries, self.warm_up_batches)
        last = queries[-1][self.warm_up_batches :]
        names = {name for batch in last for name in batch.milliseconds}
        milliseconds = {name: sum(batch.milliseconds.get(name, 0) for batch in last) for name in names}
        return Run(contestant, warm_at - began_at, after, alerts, milliseconds)

    def _check_records(self, contestant: str, records: int) -> None:
        if records != self.posts.facts.posts:
            raise UnequalError(f"{contestant} read {records:,} records, not {self.posts.facts.posts:,}")

    def _check(self, contestant: str, counted: Counted, expected: Counted) -> None:
        if counted != expected:
            raise UnequalError(f"{contestant} counted {counted.text()}, not {expected.text()}")


def _of_marks(contestant: str, began_at: float, said: Mapping[str, Any]) -> Run:
    """Return the run of a contestant without batches, from the two times that it told."""
    after = Steady(said["records"] - said["warm_records"], said["done_at"] - said["warm_at"])
    return Run(contestant, said["warm_at"] - began_at, after, 0, {})


def _batches(said: Mapping[str, Any]) -> list[list[Batch]]:
    return [[Batch(**batch) for batch in batches] for batches in said["queries"].values()]
