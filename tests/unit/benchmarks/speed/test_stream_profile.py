"""The profile's clock: calls count from the moment that the query is warm."""

import time
from types import SimpleNamespace

from benchmarks.speed.stream_profile import Timers


def test_only_calls_after_the_warm_up_count_and_results_are_passed_on() -> None:
    timers, owner = Timers(), SimpleNamespace(add=lambda seconds: time.sleep(seconds) or 7)
    timers.time(owner, "add", "adding")

    assert owner.add(0.5) == 7
    warm_at = time.time()
    assert owner.add(0.01) == 7

    assert 0.01 <= timers.seconds_after(warm_at)["adding"] < 0.5
