"""Reading either layout of the benchmark, scoring result files, and the tables."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.detection.nab import SHIPPED_THRESHOLD, episodes, main
from benchmarks.detection.nab_data import NabSeries, read_nab, read_results
from groundswell.errors import InputError

NAME = "realTweets/Volume_X.csv"
TIMES = pd.date_range("2015-03-01 00:02:53", periods=400, freq="5min")


def _write(folder: Path, windows_file: str, data: str) -> Path:
    windows = folder / windows_file
    windows.parent.mkdir(parents=True, exist_ok=True)
    spans = [[f"{TIMES[100]:%Y-%m-%d %H:%M:%S}.000000", f"{TIMES[149]:%Y-%m-%d %H:%M:%S}.000000"]]
    windows.write_text(json.dumps({NAME: spans, "artificialNoAnomaly/y.csv": []}), encoding="utf-8")
    series = folder / data / NAME
    series.parent.mkdir(parents=True, exist_ok=True)
    values = np.where(np.arange(400) // 10 == 10, 200, 20)
    pd.DataFrame({"timestamp": TIMES, "value": values}).to_csv(series, index=False)
    return folder


@pytest.mark.parametrize(("windows_file", "data"), [("windows.json", "."), ("labels/combined_windows.json", "data")])
def test_both_layouts_are_read(tmp_path: Path, windows_file: str, data: str):
    (series,) = read_nab(_write(tmp_path, windows_file, data), "realTweets")
    assert series.windows == ((100, 149),)
    assert (len(series.values), series.interval) == (400, np.timedelta64(300, "s"))


def test_a_folder_without_windows_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="no folder of the benchmark"):
        read_nab(tmp_path)


def test_a_subset_without_series_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="no series"):
        read_nab(_write(tmp_path, "windows.json", "."), "realTraffic")


def test_a_missing_series_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"y\.csv is missing"):
        read_nab(_write(tmp_path, "windows.json", "."), "")


def _results(folder: Path, rows: int) -> Path:
    folder.mkdir()
    score = np.zeros(rows)
    score[100] = 2.0
    pd.DataFrame({"timestamp": TIMES[:rows], "anomaly_score": score}).to_csv(folder / "mine_Volume_X.csv", index=False)
    return folder


def test_result_files_are_scored(tmp_path: Path):
    nab = _write(tmp_path / "nab", "windows.json", ".")
    arguments = ["--nab", str(nab), "--results", str(_results(tmp_path / "results", 400))]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    row = next(line for line in done.output.splitlines() if line.startswith("| standard"))
    assert [cell.strip() for cell in row.split("|")[2:7]] == ["100.0", "1 of 1", "0", "100.0", "2.000"]


def test_result_files_of_another_length_are_refused(tmp_path: Path):
    series = read_nab(_write(tmp_path / "nab", "windows.json", "."), "realTweets")
    with pytest.raises(InputError, match="399 rows"):
        read_results(_results(tmp_path / "results", 399), series)


def test_the_detectors_scores_are_written_with_a_picture(tmp_path: Path):
    nab = _write(tmp_path / "nab", "windows.json", ".")
    done = CliRunner().invoke(main, ["--nab", str(nab), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "nab.md").read_text(encoding="utf-8")
    assert NAME in text and text.strip() in done.output
    assert (tmp_path / "out" / "nab.svg").stat().st_size < 300_000


def test_detections_less_than_an_hour_apart_are_one_alert():
    series = NabSeries("x", TIMES.to_numpy(), np.zeros(400), ())
    scores = np.zeros(400)
    # 11 quiet intervals are 55 minutes, 12 an hour.
    scores[[50, 51, 63, 76]] = 1.5
    assert episodes(series, scores, SHIPPED_THRESHOLD).tolist() == [50, 76]
    assert episodes(series, np.full(400, 1.0), SHIPPED_THRESHOLD).tolist() == []
