"""The batch's section: goals are what was measured, and a table that differs is refused."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.speed.batch import sizes
from benchmarks.speed.batch_contestants import START, CopyRun, Run
from benchmarks.speed.batch_history import History, step_of
from benchmarks.speed.batch_measured import Fitted, Measured, Parsed
from benchmarks.speed.batch_picture import draw_batch
from benchmarks.speed.batch_report import document, goals, line
from benchmarks.speed.batch_tree import run_tree
from benchmarks.speed.children import ContestantFailedError
from benchmarks.speed.data import Facts
from benchmarks.speed.stream_cores import COMPILERS, DRIVER, JVM, WORKERS

FACTS = Facts(posts=1_000, data_bytes=3_000_000, compression=3.2, keywords=700, windows=24)
CORES = {
    START: {JVM: 11.0},
    "reading": {JVM: 8.0, COMPILERS: 1.0, WORKERS: 6.0, "Postgres": 1.0},
    "counting": {DRIVER: 1.0, "Postgres": 4.0, "S3": 2.0},
}
RUN = Run(10.0, 7.0, CORES, 1_000_000_000, {"reading": 4.0, "counting": 6.0}, {"lake_rows": 1_000})


def _measured(copy_seconds: float = 0.5, statistics_seconds: float = 500.0, growth: float = 1.2) -> Measured:
    parsed, fitted = [], []
    for number, share in enumerate((0.125, 0.25, 0.5, 1.0)):
        peak = round(1_000_000_000 * growth ** (number / 3))
        cores = {step: {who: share * each for who, each in of.items()} for step, of in CORES.items()}
        run = replace(RUN, seconds=1.0 * share, cores=cores, peak_bytes=peak)
        seconds = {"posts": copy_seconds * share}
        copy = CopyRun(seconds, {"posts": 1_000}, {DRIVER: 0.1 * share, "Postgres": 0.3 * share}, seconds)
        parsed.append(Parsed(replace(FACTS, posts=round(8_000 * share)), [(run, copy), (run, copy)]))
        history = History(round(8_000 * share), 1_000, 1_000)
        fitted.append(Fitted(history, replace(run, seconds=statistics_seconds * share, spark_seconds=10.0)))
    return Measured("2 cores", 2, parsed, fitted, {"JSON": 5.0})


def _met(text: str) -> list[str]:
    return [line.split("|")[-2].strip() for line in text.splitlines()[2:]]


def test_all_goals_can_be_met() -> None:
    assert _met(goals(_measured())) == ["yes"] * 6


@pytest.mark.parametrize(
    ("measured", "missed"),
    [(_measured(copy_seconds=0.45), 0), (_measured(statistics_seconds=595.0), 2), (_measured(growth=1.6), 4)],
)
def test_each_goal_can_be_missed(measured: Measured, missed: int) -> None:
    assert _met(goals(measured))[missed] == "**no**"


def test_what_bends_is_not_linear() -> None:
    measured = _measured()
    bent = [
        replace(each, runs=[(replace(RUN, seconds=seconds), each.runs[0][1])])
        for each, seconds in zip(measured.parsed, (1.0, 10.0, 11.0, 64.0), strict=True)
    ]
    assert _met(goals(replace(measured, parsed=bent)))[1] == "**no**"


def test_a_line_goes_through_what_lies_on_one() -> None:
    found = line([1_000, 2_000, 8_000], [5.0, 7.0, 19.0])
    assert (found.start, found.each, found.worst) == (3.0, 0.002, 1.0)


def test_the_section_shows_steps_tables_and_picture(tmp_path: Path) -> None:
    text = document(_measured())
    parts = ("20 + 6 + 1 + 5 + 2", "| JSON ", "× COPY's speed at best")
    for expected in (*parts, "| counting ", "## Nightly batch", "| posts ", "performance/batch.svg"):
        assert expected in text
    draw_batch(tmp_path / "performance" / "batch.svg", _measured())
    assert "parse-lake" in (tmp_path / "performance" / "batch.svg").read_text()


def test_one_part_alone_has_a_section_too() -> None:
    assert "Statistics" not in document(replace(_measured(), fitted=[]))
    assert "COPY" not in document(replace(_measured(), parsed=[], reading={}))


def test_each_size_is_double_the_one_before_and_each_rank_is_dealt_once() -> None:
    assert sizes(1_000_000) == [125_000, 250_000, 500_000, 1_000_000]
    assert sorted(number * step_of(999) % 999 for number in range(999)) == list(range(999))


def test_a_tree_is_measured_with_its_children() -> None:
    script = (
        "import subprocess, sys, time; subprocess.run([sys.executable, '-c', 'x = bytearray(200_000_000);"
        " import time; time.sleep(1.5)']); print('{}')"
    )
    run = run_tree([sys.executable, "-c", script], {}, lambda _: None)
    assert json.loads(run.output) == {}
    if os.path.exists("/proc/self/smaps_rollup"):  # noqa: PTH110
        assert run.peak_bytes > 200_000_000


def test_a_tree_that_fails_says_why() -> None:
    with pytest.raises(ContestantFailedError, match="no such thing"):
        run_tree([sys.executable, "-c", "raise SystemExit('no such thing')"], {}, lambda _: None)
