"""Who takes part in the replay benchmark, and one turn of one of them."""

import json
import math
import sys
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from benchmarks.speed.children import Child, Say, run_child
from benchmarks.speed.data import Posts
from benchmarks.speed.packing import packed
from benchmarks.speed.performance_tool import performance_command, total_seconds
from benchmarks.speed.stack import Stopwatch
from benchmarks.speed.topics import Delivered, delete_topics, read_back, topic
from groundswell.contracts.topics import POSTS
from groundswell.errors import GroundswellError
from groundswell.settings import Settings

SHIPPED = "groundswell replay"
BARE = "confluent-kafka loop"
PERFORMANCE = "ProducerPerformance"
KAFKA_PYTHON = "kafka-python loop"
GZIP, ZSTD = f"{SHIPPED}, .gz", f"{SHIPPED}, .zst"
LOOPS = {
    BARE: "loop",
    "confluent-kafka produce_batch": "batch",
    "loop, checked by orjson": "checked",
    "loop, in transactions": "transactional",
    "loop, checked, in transactions": "both",
    KAFKA_PYTHON: "kafka-python",
}
ALL = (SHIPPED, PERFORMANCE, *LOOPS, GZIP, ZSTD)

STAMP_BYTES = len(b',"time_stamp":1780272003000')
_DRAWN_TOLERANCE = 0.01
_FEWEST_DRAWN = 1_000
_DRAWN_FROM = 60_000


@dataclass(frozen=True)
class Run:
    """One turn of one contestant.

    Attributes
    ----------
    seconds : float
        From the first record to the last acknowledgement, the start-up left out.
    startup_seconds : float
        The process's remaining time: interpreter or JVM, imports, connecting, and the end.
    cpu_seconds, broker_cpu_seconds : float
        Time on the cores of the contestant's process, start-up included, and of the broker meanwhile.
    """

    contestant: str
    seconds: float
    startup_seconds: float
    cpu_seconds: float
    broker_cpu_seconds: float
    peak_bytes: int
    delivered: Delivered


class UnequalError(GroundswellError):
    """A contestant didn't deliver what the others did, so its time says nothing."""


@dataclass(frozen=True)
class Field:
    """What all contestants get.

    Parameters
    ----------
    settings : Settings
        Of the running stack.
    posts : Posts
        The file.
    packed : dict
        The same, packed, by suffix.
    drawn : Path
        The beginning of the file, for ProducerPerformance, which holds its payload in memory and draws from it.
    tools : Path
        Jar of Kafka's tools.
    say : callable
        Gets a line of progress every few seconds.
    """

    settings: Settings
    posts: Posts
    packed: dict[str, Path]
    drawn: Path
    tools: Path
    say: Say

    def run(self, contestant: str, name: str) -> Run:
        """Let a contestant send everything once; `name` is that of its topics, which are deleted in the end.

        Raises
        ------
        GroundswellError
            It failed, or delivered something else.
        """
        if contestant.startswith(SHIPPED):
            suffix = contestant.removeprefix(SHIPPED + ", ")
            return self.replay(contestant, self.packed.get(suffix, self.posts.path), name, 1)
        with topic(self.settings, name):
            broker = Stopwatch(self.settings)
            if contestant == PERFORMANCE:
                records = self.posts.facts.posts
                child = run_child(
                    performance_command(self.settings, self.tools, self.drawn, name, records), say=self.say
                )
                seconds = total_seconds(child.output)
            else:
                module = [sys.executable, "-m", "benchmarks.speed.replay_loops"]
                child = run_child([*module, LOOPS[contestant], str(self.posts.path), name], say=self.say)
                seconds = float(json.loads(child.output)["seconds"])
            broker_seconds = broker.cpu_seconds()
            delivered = read_back(self.settings, name)
        # Lines drawn by lot have the file's mean length only when they are many.
        drawn = _DRAWN_TOLERANCE if self.posts.facts.posts >= _FEWEST_DRAWN else math.inf
        self._check(contestant, delivered, 1, drawn if contestant == PERFORMANCE else 0.0)
        return _run(contestant, seconds, child, broker_seconds, delivered)

    def of_one_post(self, folder: Path) -> "Field":
        """Return the same with a file of one post: what is used to send it is what starting takes."""
        path = folder / "one.ndjson"
        with self.posts.path.open("rb") as file:
            line = file.readline()
        path.write_bytes(line)
        facts = replace(self.posts.facts, posts=1, data_bytes=len(line) - 1)
        return replace(self, posts=Posts(path, facts), packed=packed(path, self.say))

    def replay(self, contestant: str, file: Path, name: str, times: int) -> Run:
        """Let the shipped command replay a file that holds the posts so many times."""
        prefix = f"{name}."
        command = [sys.executable, "-m", "groundswell.cli", "replay", str(file), "--json"]
        broker = Stopwatch(self.settings)
        try:
            child = run_child(command, {"GROUNDSWELL_KAFKA__TOPIC_PREFIX": prefix}, self.say)
            broker_seconds = broker.cpu_seconds()
            summary = json.loads(child.output)
            delivered = read_back(self.settings, POSTS.name(prefix))
        finally:
            delete_topics(self.settings, prefix)
        self._check(contestant, delivered, times, 0.0)
        return _run(contestant, float(summary["seconds"]), child, broker_seconds, delivered)

    def _check(self, contestant: str, delivered: Delivered, times: int, tolerance: float) -> None:
        check_equal(
            contestant, delivered, times * self.posts.facts.posts, times * self.posts.facts.data_bytes, tolerance
        )


def _run(contestant: str, seconds: float, child: Child, broker_seconds: float, delivered: Delivered) -> Run:
    startup_seconds = child.seconds - seconds
    return Run(contestant, seconds, startup_seconds, child.cpu_seconds, broker_seconds, child.peak_bytes, delivered)


def check_equal(contestant: str, delivered: Delivered, records: int, data_bytes: int, tolerance: float) -> None:
    """Refuse a turn that did not deliver the file's records and bytes; the stamps of the replay come on top.

    Raises
    ------
    UnequalError
        It is so.
    """
    plain_bytes = delivered.value_bytes - STAMP_BYTES * delivered.stamped
    if delivered.records != records or abs(plain_bytes - data_bytes) > tolerance * data_bytes:
        raise UnequalError(
            f"{contestant} delivered {delivered.records:,} records of {plain_bytes:,} bytes,"
            f" not {records:,} of {data_bytes:,}"
        )


def write_drawn(posts: Posts, path: Path) -> Path:
    """Write the beginning of a file, and return where."""
    with posts.path.open("rb") as source, path.open("wb") as target:
        target.writelines(islice(source, _DRAWN_FROM))
    return path
