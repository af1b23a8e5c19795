"""The benchmark as a command: it compares, writes its tables and picture, and repeats itself."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.detection.bursts import main


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bursts")
    done = CliRunner().invoke(main, ["--keywords", "1000", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert (out / "bursts.md").read_text(encoding="utf-8") in done.output
    return out


def _rows(text: str) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return {row[0]: row[1:] for row in cells}


def test_every_goal_stands_beside_what_was_measured(written: Path):
    rows = _rows((written / "bursts.md").read_text(encoding="utf-8"))
    for goal in (
        "false-discovery rate",
        "median delay of these",
        "the whole platform doubles for a day: alerts due to it",
    ):
        assert rows[goal]
    assert {"original rule", "plain EWMA", "Poisson, rolling mean"} <= rows.keys()


def test_nobody_has_more_false_alerts_than_the_shipped_detector_when_compared(written: Path):
    rows = _rows((written / "bursts.md").read_text(encoding="utf-8"))
    allowed = int(rows["false episodes"][0])
    for name in ("original rule", "plain EWMA", "Poisson, rolling mean"):
        assert int(rows[name][4]) <= allowed


def test_the_picture_is_small(written: Path):
    assert 10_000 < (written / "bursts.svg").stat().st_size < 300_000


def test_keywords_that_ring_without_the_event_as_well_are_not_due_to_it(written: Path):
    rows = _rows((written / "bursts.md").read_text(encoding="utf-8"))
    for event in ("the whole platform doubles for a day", "six hours without any post"):
        ringing, without_it, due_to_it, *_ = map(int, rows[event])
        assert ringing - without_it <= due_to_it <= ringing
        assert rows[f"{event}: alerts due to it"][1].startswith(f"{due_to_it} keyword, ")
