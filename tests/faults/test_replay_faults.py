"""A replay that is struck at any moment, or whose broker is: every line arrives once, with its bytes."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle import Source, arrived, made_source, once_each

from groundswell.contracts.topics import POSTS, REPLAY_POSITIONS
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from infra.stack.kafka import kafka_server
from infra.stack.local import start_stack
from infra.stack.processes import read_record

KILLS = 10


@pytest.fixture
def pipeline(make_pipeline: Callable[..., Any]) -> Any:
    return make_pipeline("replay_faults")


@pytest.fixture
def broker(stack: Settings) -> Iterator[int]:
    """The broker's process id; it runs again in the end, whatever the test did to it."""
    record = read_record(kafka_server(stack).pid_file)
    assert record is not None
    yield record.pid
    start_stack(stack, print)


def begun(pipeline: Any, source: Source, *arguments: object) -> "subprocess.Popen[bytes]":
    """Start a replay and wait for a transaction of its own."""
    before = len(pipeline.records(REPLAY_POSITIONS))
    pipe = subprocess.PIPE
    process: subprocess.Popen[bytes] = pipeline.start("replay", source.path, *arguments, stdout=pipe, stderr=pipe)
    deadline = time.monotonic() + 60
    while len(pipeline.records(REPLAY_POSITIONS)) == before:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing was committed"
        time.sleep(0.1)
    return process


def test_killed_at_ten_random_moments_it_goes_on_and_sends_each_line_once(pipeline: Any, tmp_path: Path) -> None:
    source = made_source(tmp_path / "killed.ndjson", 60_000)
    moments = random.Random(5)
    progress = []
    for _ in range(KILLS):
        process = begun(pipeline, source, "--rate", 2_000)
        time.sleep(moments.uniform(0.0, 1.5))
        assert process.poll() is None, "it ended before it was struck"
        process.kill()
        process.communicate()
        progress.append(sum(arrived(pipeline.records(POSTS), source).values()))
    assert progress == sorted(progress)
    assert 0 < progress[0] < progress[-1] < len(source.hashes)
    summary = pipeline.replay(source.path)
    assert (summary["read"], summary["sent"], summary["dead_lettered"]) == (60_000, 60_000, 0)
    assert arrived(pipeline.records(POSTS), source) == once_each(source)


def test_a_broker_killed_in_the_middle_costs_and_doubles_nothing(
    pipeline: Any, stack: Settings, broker: int, tmp_path: Path
) -> None:
    source = made_source(tmp_path / "broker.ndjson", 20_000)
    process = begun(pipeline, source, "--rate", 2_000)
    os.kill(broker, signal.SIGKILL)
    time.sleep(1)
    assert process.poll() is None or process.returncode == 3
    start_stack(stack, print)
    record = read_record(kafka_server(stack).pid_file)
    assert record is not None and record.pid != broker
    _, said = process.communicate(timeout=120)
    assert process.returncode in (0, 3), said.decode()
    summary = pipeline.replay(source.path)
    assert (summary["sent"], summary["state"]) == (20_000, "finished")
    assert arrived(pipeline.records(POSTS), source) == once_each(source)


@pytest.mark.long
def test_a_broker_frozen_past_the_time_out_ends_the_replay_loudly_and_it_goes_on(
    pipeline: Any, broker: int, tmp_path: Path
) -> None:
    source = made_source(tmp_path / "frozen.ndjson", 20_000)
    process = begun(pipeline, source, "--rate", 1_000)
    os.kill(broker, signal.SIGSTOP)
    try:
        _, said = process.communicate(timeout=240)
    finally:
        os.kill(broker, signal.SIGCONT)
    assert process.returncode == 3, said.decode()
    assert "run the same command again" in said.decode()
    deadline = time.monotonic() + 60
    while True:
        try:
            summary = pipeline.replay(source.path)
            break
        except (AssertionError, GroundswellError):
            assert time.monotonic() < deadline
            time.sleep(2)
    assert (summary["sent"], summary["state"]) == (20_000, "finished")
    assert arrived(pipeline.records(POSTS), source) == once_each(source)
