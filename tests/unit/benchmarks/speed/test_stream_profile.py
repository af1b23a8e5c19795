"""The profile's clocks: what calls take, and who kept the cores busy."""

import os
import time
from types import SimpleNamespace

from benchmarks.speed.stream_cores import COLLECTORS, COMPILERS, DRIVER, JVM, WORKERS, busy_seconds
from benchmarks.speed.stream_profile import Timers
from groundswell.settings import Settings


def test_calls_are_added_up_and_results_are_passed_on() -> None:
    timers, owner = Timers(), SimpleNamespace(add=lambda seconds: time.sleep(seconds) or 7)
    timers.time(owner, "add", "adding")

    assert (owner.add(0.02), owner.add(0.01)) == (7, 7)

    assert timers.seconds()["adding"] >= 0.03


def test_this_process_is_the_driver_and_servers_that_are_not_up_are_left_out(tmp_path: os.PathLike[str]) -> None:
    busy = busy_seconds(Settings(home=tmp_path))

    assert set(busy) == {DRIVER, JVM, COMPILERS, COLLECTORS, WORKERS}
    assert busy[DRIVER] > 0
