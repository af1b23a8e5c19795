"""The picture can be drawn of whatever a series and its title may be."""

import warnings
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from batch.backtest_input import BacktestInput
from batch.backtest_picture import draw
from groundswell.domain.detector.backtest import Series
from groundswell.domain.detector.baseline import Parameters
from groundswell.domain.detector.one_series import judge_one
from groundswell.domain.detector.score import Thresholds


def drawn(path: Path, counts: np.ndarray, observed: np.ndarray, title: str = "x") -> np.ndarray:
    series = Series(counts[None, :].astype(float), 1_767_571_200, 3600, observed)
    ticks = np.flatnonzero(observed)
    one = BacktestInput("x", title, series, ticks, [""] * len(ticks), [""] * len(ticks))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(path, one, judge_one(series, Parameters(), Thresholds()))
    image: np.ndarray = matplotlib.image.imread(path)
    return image


@pytest.mark.parametrize(
    "counts",
    [np.zeros(2), np.zeros(300), np.full(100, 7), np.r_[np.ones(200), 10_000, np.ones(50)], np.full(300, 0.01)],
)
def test_short_empty_flat_and_spiky_series_are_drawn_without_a_warning(tmp_path: Path, counts: np.ndarray) -> None:
    image = drawn(tmp_path / "x.png", counts, np.ones(len(counts), bool))
    assert image.shape[1] > 1000
    assert [file.name for file in tmp_path.iterdir()] == ["x.png"]


def test_gaps_and_any_letters_are_drawn_without_a_warning(tmp_path: Path) -> None:
    observed = np.ones(200, bool)
    observed[50:120] = False
    drawn(tmp_path / "日.png", np.arange(200) % 9, observed, "#花火 ไทย $x_1$ {a} 🌊.csv")


def test_an_alert_is_to_be_seen(tmp_path: Path) -> None:
    counts = np.random.default_rng(0).poisson(30, 300)
    quiet = drawn(tmp_path / "a.png", counts, np.ones(300, bool))
    counts[250:253] += 60

    def red(image: np.ndarray) -> int:
        return int(((image[..., 0] > 0.7) & (image[..., 1] < 0.3) & (image[..., 2] < 0.3)).sum())

    assert red(drawn(tmp_path / "b.png", counts, np.ones(300, bool))) > red(quiet) + 20
