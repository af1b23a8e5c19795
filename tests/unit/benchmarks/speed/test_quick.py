"""What counts as slower, and what is said of it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.speed import quick

BEFORE = {"a : b": 1.0, "c : d": 0.5}


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    path = tmp_path / "quick.json"
    path.write_text(json.dumps({"machine": "here", "ratios": BEFORE}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("now", "code", "named"),
    [
        (BEFORE, 0, []),
        ({"a : b": 0.76, "c : d": 2.0}, 0, []),
        ({"a : b": 0.74, "c : d": 0.5}, 1, ["a : b"]),
        ({"c : d": 0.1}, 1, ["a : b", "c : d"]),
    ],
)
def test_a_ratio_below_its_band_fails_by_name(
    baseline: Path, monkeypatch: pytest.MonkeyPatch, now: dict[str, float], code: int, named: list[str]
) -> None:
    monkeypatch.setattr(quick, "measure", lambda _: now)
    done = CliRunner().invoke(quick.main, ["--baseline", str(baseline)])
    assert done.exit_code == code
    said = done.stderr.partition("slower than the baseline")[2]
    assert [name for name in BEFORE if name in said] == named


def test_a_baseline_is_written_and_met(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "quick.json"
    monkeypatch.setattr(quick, "measure", lambda _: BEFORE)
    without = CliRunner().invoke(quick.main, ["--baseline", str(path)])
    assert (without.exit_code, "--write" in without.stderr) == (1, True)
    assert CliRunner().invoke(quick.main, ["--baseline", str(path), "--write"]).exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8"))["ratios"] == BEFORE
    assert CliRunner().invoke(quick.main, ["--baseline", str(path)]).exit_code == 0
