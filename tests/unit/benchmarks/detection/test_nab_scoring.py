"""Scores of the Numenta Anomaly Benchmark, by hand and against the scorer beside the project."""

import importlib.util
from math import exp
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks.detection.nab_data import read_nab
from benchmarks.detection.nab_scoring import (
    PROFILES,
    best_threshold,
    label,
    leave_one_out,
    tally,
    tally_all,
)

SHARED = Path(__file__).resolve().parents[5] / "shared"
STANDARD, LOW_FP, LOW_FN = PROFILES
# 100 rows, so 15 of probation; two windows of ten rows.
WINDOWS = [(40, 49), (70, 79)]


def _sigmoid(x: float) -> float:
    return 2 / (1 + exp(5 * x)) - 1


def _scores(*rows: int) -> Any:
    scores = np.zeros(100)
    scores[list(rows)] = 1.0
    return scores


def test_silence_is_0_and_a_hit_in_every_first_row_100():
    labels = label(100, WINDOWS)
    for profile in PROFILES:
        assert tally(labels, _scores(), 0.5, profile).score == 0.0
        assert tally(labels, _scores(40, 70), 0.5, profile).score == pytest.approx(100.0)


def test_a_later_hit_earns_less_and_only_the_best_row_of_a_window_counts():
    labels = label(100, WINDOWS)
    later = _sigmoid(-0.5) / _sigmoid(-1.0)
    found = tally(labels, _scores(45, 46, 49), 0.5, STANDARD)
    assert found.raw == pytest.approx(later - 1.0)
    assert (found.hits, found.windows, found.false_rows) == (1, 2, 0)


def test_every_row_outside_costs_by_its_distance_from_the_window_before():
    labels = label(100, [(40, 49)])
    for row, cost in ((20, -1.0), (53, _sigmoid(4 / 9)), (76, _sigmoid(3.0)), (77, -1.0)):
        assert tally(labels, _scores(row), 0.5, LOW_FP).raw == pytest.approx(0.22 * cost - 1.0)
    two = tally(labels, _scores(20, 21), 0.5, LOW_FP)
    assert (two.raw, two.false_rows) == (pytest.approx(-0.44 - 1.0), 2)


def test_the_distance_is_from_the_newest_window():
    labels = label(100, WINDOWS)
    assert labels.weight[81] == pytest.approx(_sigmoid(2 / 9))


def test_nothing_counts_in_probation_but_a_window_there_is_wanted_all_the_same():
    labels = label(100, [(5, 9), (40, 49)])
    found = tally(labels, _scores(2, 5, 40), 0.5, LOW_FN)
    assert (found.raw, found.zero, found.hundred) == (pytest.approx(1.0), -2.0, 2.0)


def test_probation_is_750_rows_at_most():
    assert label(100, []).probation_rows == 15
    assert label(15_902, []).probation_rows == 750


def test_the_best_threshold_takes_all_rows_of_one_score():
    labels = {"a": label(100, WINDOWS)}
    scores = _scores(40) * 3 + _scores(70, 20, 21) * 2 + _scores(22, 23, 24)
    assert best_threshold(labels, {"a": scores}, STANDARD) == 2.0
    many_false = scores + _scores(*range(80, 100), *range(25, 38)) * 2
    assert best_threshold(labels, {"a": many_false}, STANDARD) == 3.0


def test_silence_may_be_best():
    assert best_threshold({"a": label(100, WINDOWS)}, {"a": _scores(20)}, STANDARD) == np.inf


def test_left_out_series_are_scored_at_the_threshold_of_the_others():
    labels = {"a": label(100, WINDOWS), "b": label(100, WINDOWS)}
    scores = {"a": _scores(40, 70) * 5.0, "b": _scores(40, 70) * 2.0}
    # 5 suits a, which b never reaches; 2 suits b and a alike.
    assert leave_one_out(labels, scores, STANDARD).raw == pytest.approx(2.0 - 2.0)


@pytest.fixture(scope="module")
def given_scorer() -> ModuleType:
    path = SHARED / "tools" / "nab_score.py"
    if not path.is_file():
        pytest.skip("no scorer to compare with beside the project")
    spec = importlib.util.spec_from_file_location("given_nab_score", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", [0, 1])
def test_agrees_with_the_given_scorer_on_random_results(given_scorer: ModuleType, seed: int):
    folder = SHARED / "data" / "nab"
    series = read_nab(folder, "realTweets")
    labels = {one.name: one.labels for one in series}
    rng = np.random.default_rng(seed)
    # Rounded, so that scores are equal; with and without a share of honest detection.
    scores = {
        one.name: np.round(rng.gamma(0.3, size=len(one.values)) + 2 * (seed % 2) * (one.labels.window >= 0), 1 + seed)
        for one in series
    }
    given = given_scorer.load_files(str(folder), "realTweets")
    names = dict(zip(PROFILES, given_scorer.PROFILES, strict=True))
    for threshold in (None, 1.0, 2.5, 4.0):
        expected = given_scorer.report(given, scores, threshold, loo=True)
        for profile, name in names.items():
            at = best_threshold(labels, scores, profile) if threshold is None else threshold
            found = tally_all(labels, scores, at, profile)
            assert found.score == pytest.approx(expected[name]["score"], abs=1e-6)
            assert (found.hits, found.false_rows) == (expected[name]["hit"], expected[name]["fp_rows"])
            assert leave_one_out(labels, scores, profile).score == pytest.approx(expected[name]["loo"], abs=1e-6)
