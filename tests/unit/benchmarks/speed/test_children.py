"""A contestant's process: its time, its memory, its failure."""

import sys
from pathlib import Path

import pytest

from benchmarks.speed import children
from benchmarks.speed.children import ContestantFailedError, high_water_bytes, run_child


def test_output_time_and_cores_are_told() -> None:
    child = run_child([sys.executable, "-c", "import time; time.sleep(0.2); print(sum(range(10**6)))"])

    assert child.output == "499999500000\n"
    assert child.seconds >= 0.2
    assert 0 < child.cpu_seconds < child.seconds + 5


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_the_peak_is_the_childs_own() -> None:
    held = bytearray(150_000_000)

    child = run_child([sys.executable, "-c", "import time; x = bytearray(50_000_000); del x; time.sleep(0.3)"])

    assert 50_000_000 < child.peak_bytes < len(held)


def test_a_failure_says_what_the_child_said() -> None:
    with pytest.raises(ContestantFailedError, match="no such luck"):
        run_child([sys.executable, "-c", "raise SystemExit('no such luck')"])


def test_variables_are_added_to_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_KEPT", "1")

    child = run_child(
        [sys.executable, "-c", "import os; print(os.environ['BENCH_KEPT'] + os.environ['BENCH_NEW'])"],
        {"BENCH_NEW": "2"},
    )

    assert child.output == "12\n"


def test_the_high_water_mark_is_read_in_kibibytes(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tx\nVmPeak:\t  9999 kB\nVmHWM:\t    12 kB\nVmRSS:\t    10 kB\n", encoding="ascii")

    assert high_water_bytes(status) == 12 * 1024
    assert high_water_bytes(tmp_path / "gone") == 0


def test_whoever_waits_hears_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_SAID_SECONDS", 0.1)
    said: list[str] = []

    run_child([sys.executable, "-c", "import time; time.sleep(0.5)"], say=said.append)

    assert said
    assert "MB of memory" in said[0]
