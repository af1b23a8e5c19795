"""What reading a post takes in Python, step by step: each alone, on one core, without Spark."""

import gc
import time
from collections.abc import Callable
from itertools import islice

import pyarrow as pa

from benchmarks.speed.children import Say
from benchmarks.speed.stream_data import StreamPosts, left_out, read_post
from groundswell.contracts.mentions import read_mentioning
from groundswell.frames.keyword_batches import found_in
from groundswell.frames.mentions import Reading, mention_batch

_LINES = 20_000
_LINES_A_BATCH = 2_000
_TRIES = 3
_REMEMBERED_SECONDS = 36 * 3600


def steps(posts: StreamPosts, say: Say) -> dict[str, float]:
    """Return microseconds per post of each step, the best of several tries; the last is the rest of the whole.

    Parameters
    ----------
    posts : StreamPosts
    say : callable
        Gets a line of progress.
    """
    say("the steps of reading a post")
    with posts.path.open("rb") as file:
        lines = [line[:-1] for line in islice(file, _LINES)]
    reading = Reading(left_out(), _REMEMBERED_SECONDS)
    batches = [_batch(lines[start : start + _LINES_A_BATCH]) for start in range(0, len(lines), _LINES_A_BATCH)]
    read = [_texts_and_names(lines[start : start + _LINES_A_BATCH]) for start in range(0, len(lines), _LINES_A_BATCH)]
    found = {
        "JSON": best_of_tries(len(lines), lambda: [None for line in lines if read_mentioning(line) is None]),
        "keywords, copied texts": best_of_tries(
            len(lines), lambda: [found_in(*batch, reading.stopwords) for batch in read]
        ),
    }
    whole = best_of_tries(len(lines), lambda: [mention_batch(batch, reading) for batch in batches])
    return {**found, "fingerprint, author, Arrow": whole - sum(found.values())}


def _texts_and_names(lines: list[bytes]) -> tuple[list[str], list[str], list[int]]:
    posts = [read_post(line) for line in lines]
    names = [(name, number) for number, (_, _, names) in enumerate(posts) for name in names]
    return [text for _, text, _ in posts], [name for name, _ in names], [number for _, number in names]


def _batch(lines: list[bytes]) -> pa.RecordBatch:
    columns = {
        "partition": pa.array([0] * len(lines), pa.int32()),
        "timestamp": pa.array([0] * len(lines), pa.timestamp("us", "UTC")),
        "value": pa.array(lines, pa.binary()),
    }
    return pa.RecordBatch.from_pydict(columns)


def best_of_tries(posts: int, work: Callable[[], object]) -> float:
    """Return the microseconds per post that this process is busy with some work, the best of several tries."""
    taken = []
    gc.disable()  # as the jobs do while they read
    for _ in range(_TRIES):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    gc.enable()
    return min(taken) / posts * 1e6
