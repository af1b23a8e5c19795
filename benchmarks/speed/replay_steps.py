"""Where the replay's thread spends its time: each step alone, on the cores' own clock, without a broker."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path

from confluent_kafka import Producer

from benchmarks.speed.children import Say
from groundswell.contracts.topics import HEADER_CONTRACT_VERSION, HEADER_LINE_NUMBER, HEADER_SOURCE
from producer.interruption import Interruption
from producer.line_check import check_line
from producer.lines import line_batches
from producer.options import ReplayOptions
from producer.plan import make_plan
from producer.progress import Meter
from producer.replay import Replay, Timing
from producer.sender import READ_LIMIT_BYTES
from producer.sink import DrySink
from producer.sources import find_sources
from producer.streams import SourceStream

_LINES = 20_000
_TRIES = 5
_LATEST_SECONDS = 1 << 33
_TOPIC = "never-sent"


def steps(path: Path, say: Say) -> dict[str, float]:
    """Return microseconds per post of each step, the best of several tries.

    Parameters
    ----------
    path : Path
        An ndjson file.
    say : callable
        Gets a line of progress.
    """
    say("the steps of the replay's thread: checking")
    with path.open("rb") as file:
        lines = [line[:-1] for line in islice(file, _LINES)]
    checked = _best(lines, lambda: [None for line in lines if check_line(line, _LATEST_SECONDS) is None])
    utf8 = _best(lines, lambda: [None for line in lines if not line.isascii() and line.decode() is None])
    say("the steps of the replay's thread: handing over to librdkafka")
    bare = _produce(lines, with_rest=False)
    whole = _produce(lines, with_rest=True)
    say("the steps of the replay's thread: reading, and all of it without a broker")
    head = path.parent / "head.ndjson"
    head.write_bytes(b"".join(line + b"\n" for line in lines))
    reading = _best(lines, lambda: _read(head))
    dry = _best(lines, lambda: _dry_run(head))
    head.unlink()
    return {
        "reading and splitting into lines": reading,
        "UTF-8 (Python's decoder)": utf8,
        "JSON syntax of the whole line (msgspec), id, creation time and their rules": checked - utf8,
        "stamp, counts, position, order, limits": dry - reading - checked,
        "handing over: a bare `produce`": bare,
        "key, record time and three headers on top": whole - bare,
    }


def _best(lines: list[bytes], work: Callable[[], object]) -> float:
    return min(_once(lines, work) for _ in range(_TRIES))


def _once(lines: list[bytes], work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) / len(lines) * 1e6


def _produce(lines: list[bytes], *, with_rest: bool) -> float:
    """Measure handing over alone: nobody listens, and the queue has room for everything."""

    def work(produce: Callable[..., None]) -> None:
        if not with_rest:
            for line in lines:
                produce(_TOPIC, line)
            return
        source, version = (HEADER_SOURCE, b"posts.ndjson"), (HEADER_CONTRACT_VERSION, b"1")
        for number, line in enumerate(lines):
            headers = [source, (HEADER_LINE_NUMBER, b"%d" % number), version]
            produce(_TOPIC, line, b"7646210030869417609", timestamp=1 << 40, headers=headers)

    found = []
    for _ in range(_TRIES):
        client = Producer(
            {
                "bootstrap.servers": "127.0.0.1:1",
                "log_level": 0,
                "queue.buffering.max.messages": 2 * len(lines),
                "queue.buffering.max.kbytes": 1_000_000,
                "partitioner": "murmur2_random",
            }
        )
        found.append(_once(lines, partial(work, client.produce)))
        client.purge()
        client.flush(5)
    return min(found)


def _read(path: Path) -> None:
    source = find_sources([str(path)])[0]
    with SourceStream(source, lambda: None) as stream:
        _drain(line_batches(stream.read, READ_LIMIT_BYTES))


def _drain(batches: Iterable[object]) -> None:
    for _ in batches:
        pass


def _dry_run(path: Path) -> None:
    options, timing = ReplayOptions(), Timing()
    plan = make_plan(find_sources([str(path)]), {}, options)
    with Meter(0, timing.monotonic) as meter:
        Replay(plan, options, DrySink(), "", Interruption().check, meter, timing).run()
