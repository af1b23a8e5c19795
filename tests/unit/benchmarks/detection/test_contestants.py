"""The simple rules see what they should, and nothing of the future."""

import numpy as np
import pytest

from benchmarks.detection.contestants import Contestant, OriginalRule, PlainEwma, RollingPoisson
from benchmarks.detection.shipped import shipped_detector
from benchmarks.detection.suite import TICKS_PER_DAY, Suite

DAY = TICKS_PER_DAY
CONTESTANTS = [shipped_detector(), OriginalRule(), PlainEwma(), RollingPoisson()]


def _suite(burst_at: int | None = None) -> Suite:
    rng = np.random.default_rng(5)
    counts = rng.poisson(np.array([[0.01], [0.5], [5.0]]), (3, 31 * DAY)).astype(np.int32)
    if burst_at is not None:
        counts[1, burst_at : burst_at + 12] += 10
    return Suite(counts, counts.sum(axis=0, dtype=np.int64) * 100, 1_590_969_600, 28 * DAY)


def _scores(contestant: Contestant, suite: Suite):
    blocks = list(contestant.scores(suite))
    ticks = np.concatenate([np.arange(first, first + scores.shape[1]) for first, scores in blocks])
    assert np.array_equal(ticks, np.arange(suite.history_ticks, suite.ticks))
    return np.concatenate([scores for _, scores in blocks], axis=1)


@pytest.mark.parametrize("contestant", CONTESTANTS, ids=lambda c: c.name)
def test_a_burst_raises_its_keywords_scores_from_its_start_on_and_no_earlier_one(contestant: Contestant):
    start = 29 * DAY + 100
    calm, burst = _scores(contestant, _suite()), _scores(contestant, _suite(start))
    judged = start - 28 * DAY
    assert np.array_equal(calm[:, :judged], burst[:, :judged])
    assert burst[1, judged + 11] > max(contestant.own_threshold, calm[1].max())


def test_the_original_rule_is_the_mean_and_deviations_of_days_against_15_minutes():
    suite = _suite()
    days = suite.counts[2, : 28 * DAY].reshape(28, DAY).sum(axis=1)
    threshold = (days.mean() + 2.5 * days.std()) / 96
    scores = _scores(OriginalRule(), suite)[2, :DAY]
    newest = [suite.counts[2, tick - 2 : tick + 1].sum() for tick in range(28 * DAY, 29 * DAY)]
    assert np.array_equal(scores > 2.5, np.array(newest) > threshold)
    assert 0 < (scores > 2.5).sum() < DAY


def test_the_ewma_follows_the_mean():
    scores = _scores(PlainEwma(), _suite())
    assert abs(scores[2].mean()) < 0.3 and scores[2].std() == pytest.approx(1.0, abs=0.25)
