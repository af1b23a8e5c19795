"""One series, row by row: what is said of the tick alone, of history that is not told, and of the platform."""

import numpy as np
import pytest

from groundswell.domain.detector.backtest import Series
from groundswell.domain.detector.baseline import Parameters
from groundswell.domain.detector.one_series import JudgedSeries, judge_one
from groundswell.domain.detector.score import Thresholds

MONDAY_S = 4 * 86_400
DAYS = 12


def poisson(per_hour: float, interval_seconds: int) -> np.ndarray:
    ticks = DAYS * 86_400 // interval_seconds
    return np.random.default_rng(0).poisson(per_hour * interval_seconds / 3600, ticks).astype(float)


def judged(counts: np.ndarray, interval_seconds: int, **options) -> JudgedSeries:
    observed = options.pop("observed", np.ones(len(counts), bool))
    platform = options.pop("is_platform", False)
    series = Series(counts[None, :], MONDAY_S, interval_seconds, observed, is_platform=platform)
    return judge_one(series, Parameters(), Thresholds(), **options)


@pytest.mark.parametrize("interval_seconds", [60, 300, 600, 1800, 3600])
def test_the_expectation_of_a_tick_is_its_share_of_the_hours(interval_seconds: int) -> None:
    judgement = judged(poisson(120, interval_seconds), interval_seconds)
    told = np.isfinite(judgement.expected_in_tick)
    assert 1 <= np.flatnonzero(told)[0] * interval_seconds / 86_400 <= 1.25
    assert told[np.flatnonzero(told)[0] :].all()
    share = interval_seconds / 3600
    assert judgement.expected_in_tick[told].mean() == pytest.approx(120 * share, rel=0.1)
    assert judgement.expected_in_tick[told] == pytest.approx(judgement.expected[told] * share, rel=0.35)


@pytest.mark.parametrize("interval_seconds", [3600, 86_400 // 2])
def test_of_ticks_of_an_hour_or_more_both_bands_are_the_same(interval_seconds: int) -> None:
    judgement = judged(poisson(120, interval_seconds), interval_seconds)
    told = np.isfinite(judgement.expected_in_tick)
    assert told.any()
    for tick, hour in (("lower_in_tick", "lower"), ("upper_in_tick", "upper"), ("expected_in_tick", "expected")):
        assert getattr(judgement, tick)[told] == pytest.approx(getattr(judgement, hour)[told], rel=1e-6)


def test_what_was_not_observed_has_no_expectation_and_lowers_none_beside_it() -> None:
    observed = np.ones(DAYS * 288, bool)
    observed[6 * 288 + 1 : 6 * 288 + 50 : 2] = False
    judgement = judged(poisson(120, 300), 300, observed=observed)
    beside = judgement.expected_in_tick[6 * 288 : 6 * 288 + 50]
    assert (np.isfinite(beside) == observed[6 * 288 : 6 * 288 + 50]).all()
    assert np.nanmin(beside) > 0.9 * judgement.expected_in_tick[6 * 288 - 1]


@pytest.mark.parametrize("size", range(20, 70, 10))
def test_no_alert_opens_where_nothing_was_observed(size: int) -> None:
    counts, gap = poisson(60, 300), slice(10 * 288, 10 * 288 + 36)
    counts[gap.start - 2 : gap.start] += size
    observed = np.ones(len(counts), bool)
    observed[gap] = False
    judgement = judged(counts, 300, observed=observed)
    assert not judgement.alert[gap].any()
    assert not judgement.score[gap].any()


def test_history_is_learned_from_and_not_told() -> None:
    counts, first = poisson(120, 300), 10 * 288
    whole, late = judged(counts, 300), judged(counts, 300, first_judged_tick=first)
    assert not np.isfinite(late.expected_in_tick[:first]).any()
    assert not late.score[:first].any()
    assert late.score[first:] == pytest.approx(whole.score[first:])


def test_progress_goes_on_to_the_end() -> None:
    done: list[int] = []
    judged(poisson(120, 300), 300, on_progress=done.append)
    assert done == sorted(done)
    assert done[-1] == DAYS * 288


def test_the_platform_must_have_changed_by_its_factor() -> None:
    counts = 10_000.0 + np.random.default_rng(1).integers(-50, 50, DAYS * 288)
    counts[10 * 288 :] *= 1.15
    keyword, platform = (judged(counts, 300, is_platform=is_platform) for is_platform in (False, True))
    assert keyword.alert[10 * 288 :].any()
    assert not platform.alert[10 * 288 :].any()
    counts[10 * 288 :] *= 1.5
    assert judged(counts, 300, is_platform=True).alert[10 * 288 :].any()


def test_an_outage_right_after_a_burst_is_told_too() -> None:
    counts = poisson(600, 300)
    counts[2000:2036] *= 6
    counts[2036:2108] = 0
    judgement = judged(counts, 300, is_platform=True)
    told = [tick for tick in np.flatnonzero(judgement.alert) if 2000 <= tick < 2108]
    assert [judgement.score[tick] > 0 for tick in told] == [True, False]


def test_an_interval_that_does_not_divide_an_hour_is_expected_at_its_own_share() -> None:
    judgement = judged(np.full(DAYS * 86_400 // 420, 7.0), 420)
    told = np.isfinite(judgement.expected_in_tick)
    assert judgement.expected_in_tick[told][-200:].mean() == pytest.approx(7.0, rel=0.02)
