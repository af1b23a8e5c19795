"""Ctrl-C in the middle of a call to Java waits for the call's end; a long one is ended."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from groundswell.adapters.java_interrupt import AGAIN_SECONDS, TRIES_BEFORE_CANCELLING, interrupt_between_calls

namespace: dict[str, Callable[[Callable[[], None]], None]] = {}
exec(compile("def call(work):\n    work()\n", "/somewhere/py4j/java_gateway.py", "exec"), namespace)
call_java = namespace["call"]


@pytest.fixture
def cancelled() -> Iterator[list[float]]:
    """When jobs were cancelled."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    found: list[float] = []
    interrupt_between_calls(lambda: found.append(time.monotonic()))
    yield found
    for number, handler in before.items():
        signal.signal(number, handler)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def wait_out(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.01)


def test_outside_of_a_call_it_is_at_once(cancelled: list[float]) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert cancelled == []


def test_a_call_ends_first(cancelled: list[float]) -> None:
    ended = False

    def work() -> None:
        nonlocal ended
        interrupt()
        wait_out(AGAIN_SECONDS / 2)
        ended = True

    with pytest.raises(KeyboardInterrupt):
        call_java(work)
        wait_out(2)
    assert ended
    assert cancelled == []


def test_a_long_call_has_its_jobs_cancelled_once(cancelled: list[float]) -> None:
    def work() -> None:
        interrupt()
        wait_out(AGAIN_SECONDS * (TRIES_BEFORE_CANCELLING + 3))

    with pytest.raises(KeyboardInterrupt):
        call_java(work)
        wait_out(2)
    assert len(cancelled) == 1


def test_a_polite_end_waits_too_and_has_a_code_of_its_own(cancelled: list[float]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_java(lambda: os.kill(os.getpid(), signal.SIGTERM))
        wait_out(2)
    assert ended.value.code == 143
