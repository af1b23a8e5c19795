"""`groundswell backtest` on files: a line per row, an alert per burst, and nothing of anybody's overwritten."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from batch.backtest_commands import backtest
from batch.backtest_output import COLUMNS, names_of
from groundswell.errors import InputError
from groundswell.settings import load_settings

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAYS, PER_DAY = 9, 288
BURST = slice(7 * PER_DAY + 120, 7 * PER_DAY + 132)
NAB = Path(__file__).parents[4] / "shared" / "data" / "nab" / "realTweets"


def counts(seed: int = 5) -> np.ndarray:
    rhythm = 1 + 0.5 * np.sin(2 * np.pi * np.arange(DAYS * PER_DAY) / PER_DAY)
    return np.random.default_rng(seed).poisson(2 * rhythm)


def with_burst() -> np.ndarray:
    loud = counts()
    loud[BURST] += 20
    return loud


def lines_of(values: np.ndarray) -> list[str]:
    return [f"{MONDAY + n * timedelta(minutes=5):%Y-%m-%d %H:%M:%S},{value}" for n, value in enumerate(values)]


def written(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["timestamp,value", *lines]) + "\n", encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(backtest, [*map(str, arguments), "--no-pictures"])


def said(*arguments: object) -> str:
    """Return the message and the way out of a mistake."""
    error = run(*arguments).exception
    assert isinstance(error, InputError)
    return str(error)


def results(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        found = list(reader)
    assert tuple(reader.fieldnames or ()) == COLUMNS
    return found


@pytest.fixture(scope="module")
def burst(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """The lines written for nine days with a burst of an hour on the eighth."""
    folder = tmp_path_factory.mktemp("burst")
    assert run(written(folder / "in" / "x.csv", lines_of(with_burst())), "--out", folder / "out").exit_code == 0
    return results(folder / "out" / "x.csv")


def test_the_columns_are_those_that_were_promised() -> None:
    assert COLUMNS == ("timestamp", "value", "expected", "lower", "upper", "anomaly_score", "alert")


def test_there_is_a_line_per_row_with_its_timestamp_and_value_as_they_were(burst: list[dict[str, str]]) -> None:
    assert [f"{line['timestamp']},{line['value']}" for line in burst] == lines_of(with_burst())


def test_a_burst_is_one_alert_soon_after_it_began(burst: list[dict[str, str]]) -> None:
    (alert,) = [number for number, line in enumerate(burst) if line["alert"] == "1"]
    assert BURST.start <= alert <= BURST.start + 3


def test_the_score_is_above_1_where_an_alert_opens_and_nowhere_else(burst: list[dict[str, str]]) -> None:
    assert {line["alert"] for line in burst} == {"0", "1"}
    assert [float(line["anomaly_score"]) > 1 for line in burst] == [line["alert"] == "1" for line in burst]


def test_the_band_is_about_the_row_and_empty_before_there_is_a_baseline(burst: list[dict[str, str]]) -> None:
    judged = [line for line in burst if line["expected"]]
    assert burst[PER_DAY - 1]["expected"] == burst[0]["lower"] == burst[0]["upper"] == ""
    assert len(judged) >= (DAYS - 1.5) * PER_DAY
    numbers = np.array([[float(line[name]) for name in ("lower", "expected", "upper", "value")] for line in judged])
    assert (numbers[:, 0] <= numbers[:, 1]).all()
    assert (numbers[:, 1] <= numbers[:, 2]).all()
    assert numbers[:, 1].mean() == pytest.approx(2, rel=0.2)
    inside = (numbers[:, 0] <= numbers[:, 3]) & (numbers[:, 3] <= numbers[:, 2])
    assert 0.97 < inside.mean() < 1
    assert not inside[BURST.start - (len(burst) - len(judged))]


def test_a_quiet_series_never_rings_and_an_hour_long_gap_is_no_drop(tmp_path: Path) -> None:
    quiet = lines_of(counts())
    noon = 8 * PER_DAY + 140
    run(written(tmp_path / "gap.csv", quiet[:noon] + quiet[noon + 60 :]), "--out", tmp_path / "out")
    found = results(tmp_path / "out" / "gap.csv")
    assert len(found) == len(quiet) - 60
    assert {line["alert"] for line in found} == {"0"}
    silent = counts()
    silent[noon : noon + 60] = 0
    run(written(tmp_path / "zero.csv", lines_of(silent)), "--out", tmp_path / "out")
    assert "1" in {line["alert"] for line in results(tmp_path / "out" / "zero.csv")}


def test_a_higher_threshold_keeps_the_burst_quiet_and_settings_give_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "x.csv", lines_of(with_burst()))
    for threshold, alerts in ((2.6, 1), (30, 0)):
        (line,) = run(path, "--out", tmp_path / "a", "--threshold", threshold, "--json").stdout.splitlines()
        assert json.loads(line)["alerts"] == alerts
    assert load_settings().detection.watchlist_z == 2.6
    usual = run(path, "--out", tmp_path / "a", "--json").stdout
    assert usual == run(path, "--out", tmp_path / "a", "--threshold", 2.6, "--json").stdout
    monkeypatch.setenv("GROUNDSWELL_DETECTION__WATCHLIST_Z", "30")
    assert json.loads(run(path, "--out", tmp_path / "a", "--json").stdout)["alerts"] == 0


def test_run_again_it_writes_the_same_in_place_of_it(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", lines_of(with_burst()))
    out = tmp_path / "out"
    for _ in range(2):
        assert CliRunner().invoke(backtest, [str(path), "--out", str(out)]).exit_code == 0
        once = {file.name: file.read_bytes() for file in out.iterdir()}
        assert set(once) == {"x.csv", "x.png"}
        assert once["x.png"].startswith(b"\x89PNG")
        (out / "x.csv").write_text("older")
        (out / "x.png").write_text("older")
    assert {file.name: file.read_bytes() for file in out.iterdir()} != once
    CliRunner().invoke(backtest, [str(path), "--out", str(out)])
    assert {file.name: file.read_bytes() for file in out.iterdir()} == once


def test_the_summary_counts_rows_alerts_and_repairs_and_repairs_are_told_by_file(tmp_path: Path) -> None:
    lines = lines_of(with_burst())
    path = written(tmp_path / "x.csv", [lines[5], *lines, "x,1"])
    done = run(path, "--out", tmp_path / "out", "--json", "--skip-bad-rows")
    (summary,) = map(json.loads, done.stdout.splitlines())
    assert (summary["rows"], summary["interval_seconds"], summary["alerts"]) == (len(lines), 300, 1)
    assert summary["alerts_per_week"] == pytest.approx(7 * PER_DAY / summary["judged"], abs=0.01)
    assert [repair.split()[0:2] for repair in summary["repairs"]] == [["1", "bad"], ["sorted", "by"], ["1", "row"]]
    for repair in summary["repairs"]:
        assert f"{path}: {repair}" in done.stderr
    table = run(path, "--out", tmp_path / "out", "--skip-bad-rows").stdout
    assert all(word in table for word in ("x.csv", "5 min", f"{len(lines):,}", "1 bad row left out"))


def test_a_series_shorter_than_a_day_says_that_there_was_no_baseline(tmp_path: Path) -> None:
    path = written(tmp_path / "short.csv", lines_of(counts()[:200]))
    done = run(path, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "no baseline yet: the series is 17 h long, and its first 24 h only teach" in done.stderr
    found = results(tmp_path / "out" / "short.csv")
    assert {(line["expected"], line["anomaly_score"], line["alert"]) for line in found} == {("", "0.0", "0")}


def test_how_far_it_is_is_told_now_and_then_over_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [written(tmp_path / name, lines_of(counts())) for name in ("one.csv", "two.csv")]
    assert "%" not in run(*files, "--out", tmp_path / "out").stderr
    monkeypatch.setattr("batch.backtest_commands._SHOW_EVERY_SECONDS", 0)
    told = run(*files, "--out", tmp_path / "out").stderr
    assert f"{files[0]}, 1 of 2: " in told
    assert f"{files[1]}, 2 of 2: 100%" in told


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    files = [written(tmp_path / folder / "x.csv", lines_of(counts()[:50])) for folder in ("a", "b")]
    assert run(*files, files[0], "--out", tmp_path / "out").exit_code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a_x.csv", "b_x.csv"]
    with pytest.raises(InputError, match="same name"):
        names_of([Path("1/a/x.csv"), Path("2/a/x.csv")])


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", lines_of(counts()[:50]))
    assert f"would overwrite {path}" in said(path, "--out", tmp_path)


def test_nothing_is_written_when_one_of_several_files_is_bad(tmp_path: Path) -> None:
    good = written(tmp_path / "good.csv", lines_of(counts()[:50]))
    assert "bad.csv: line 2" in said(good, written(tmp_path / "bad.csv", ["2026-01-05,x"]), "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "no file is given"),
        (["x.csv", "--from-postgres", "--keyword", "x"], "files and --from-postgres"),
        (["x.csv", "--keyword", "x"], "need --from-postgres"),
        (["--from-postgres"], "needs a keyword"),
        (["x.csv", "--threshold", "0"], "--threshold 0 is not above 0"),
        (["x.csv", "--threshold", "nan"], "--threshold nan is not above 0"),
        (["nowhere.csv"], "there is no file nowhere.csv"),
    ],
)
def test_mistakes_on_the_command_line_are_named(arguments: list[str], reason: str) -> None:
    assert reason in said(*arguments)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", lines_of(counts()[:50]))
    assert "can't be used as a folder" in said(path, "--out", path)


def test_files_need_neither_spark_nor_the_database_nor_matplotlib() -> None:
    script = (
        "import sys, batch.backtest_commands; print(sorted({'pyspark', 'psycopg2', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_without_matplotlib_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "batch.backtest_picture", raising=False)
    path = written(tmp_path / "x.csv", lines_of(counts()[:50]))
    error = CliRunner().invoke(backtest, [str(path), "--out", str(tmp_path / "out")]).exception
    assert "matplotlib" in str(error)
    assert "--no-pictures" in str(error)


def test_it_is_a_command_of_groundswell() -> None:
    from groundswell.cli import cli

    assert cli.get_command(click.Context(cli), "backtest") is backtest


@pytest.mark.skipif(not NAB.is_dir(), reason="the benchmark's series are not beside the project")
def test_the_benchmark_gets_the_scores_that_it_computes_itself(tmp_path: Path) -> None:
    from benchmarks.detection.nab_data import read_nab, read_results
    from benchmarks.detection.shipped import backtest_series

    (one,) = read_nab(NAB.parent, "realTweets/Twitter_volume_CRM")
    assert run(NAB / "Twitter_volume_CRM.csv", "--out", tmp_path).exit_code == 0
    found = read_results(tmp_path, [one])[one.name]
    assert found == pytest.approx(backtest_series(one.timestamps, one.values), rel=1e-12)
