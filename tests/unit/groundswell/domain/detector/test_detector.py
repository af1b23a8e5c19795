"""What the detector must see, and what it must not."""

import numpy as np
import pytest

from groundswell.domain.detector.backtest import Series, judge_platform, judge_series
from groundswell.domain.detector.baseline import Parameters
from groundswell.domain.detector.episode_ticks import EpisodeTicks, discover
from groundswell.domain.detector.newcomers import NewcomerTail, newcomer_tail
from groundswell.domain.detector.one_series import judge_one
from groundswell.domain.detector.score import Thresholds, discovery_z, platform_scores

MONDAY_S = 4 * 86_400
TICKS_PER_HOUR = 12
DAY = 24 * TICKS_PER_HOUR
KEYWORDS, HISTORY_DAYS, DAYS = 40, 14, 16
FIRST = HISTORY_DAYS * DAY
NOON = FIRST + DAY // 2


def ordinary(seed: int = 3, doubled_from: int = DAYS * DAY) -> np.ndarray:
    """Poisson counts of keywords with 1 to 40 posts an hour and a daily rhythm."""
    levels = np.geomspace(1, 40, KEYWORDS)[:, None] / TICKS_PER_HOUR
    rhythm = 1 + 0.6 * np.sin(2 * np.pi * np.arange(DAYS * DAY) / DAY)
    rhythm[doubled_from:] *= 2
    return np.random.default_rng(seed).poisson(levels * rhythm).astype(float)


def series(counts: np.ndarray) -> Series:
    return Series(counts, MONDAY_S, 300, np.ones(counts.shape[1], bool), counts.sum(axis=0) * 10)


def keyword_alerts(counts: np.ndarray) -> list[tuple[int, int]]:
    thresholds, episodes = Thresholds(), EpisodeTicks(len(counts), 300)
    for block in judge_series(series(counts), Parameters(), first_judged_tick=FIRST):
        z, may = discovery_z(block.z, block.observed, block.expected, np.zeros((len(counts), 1)), thresholds)
        for _ in discover(episodes, block.first_tick, z, may, thresholds):
            pass
    return episodes.opened


def platform_alerts(counts: np.ndarray) -> list[tuple[int, int]]:
    episodes = EpisodeTicks(1, 300)
    for block in judge_platform(series(counts), Parameters(), first_judged_tick=FIRST):
        scores = np.abs(platform_scores(block.z, block.observed, block.expected, Thresholds()))[0]
        for tick, score in enumerate(scores, block.first_tick):
            episodes.step(tick, np.array([score]))
    return episodes.opened


def test_ordinary_days_ring_nothing() -> None:
    assert keyword_alerts(ordinary()) == []
    assert platform_alerts(ordinary()) == []


def test_a_burst_is_one_alert_within_a_quarter_of_an_hour() -> None:
    counts = ordinary()
    counts[30, NOON : NOON + TICKS_PER_HOUR] += 12
    ((tick, keyword),) = keyword_alerts(counts)
    assert keyword == 30
    assert NOON <= tick < NOON + 3


def test_a_platform_that_doubles_is_one_platform_alert_and_none_of_a_keyword() -> None:
    counts = ordinary(doubled_from=NOON)
    # A day later chance may ring once among 40 keywords; what the doubling causes would ring at once.
    assert [tick for tick, _ in keyword_alerts(counts) if tick < NOON + 12 * TICKS_PER_HOUR] == []
    ((tick, _),) = platform_alerts(counts)
    assert NOON <= tick < NOON + 2 * TICKS_PER_HOUR


def test_an_outage_is_one_platform_alert_and_none_of_a_keyword_before_or_after() -> None:
    counts = ordinary()
    counts[:, NOON : NOON + 6 * TICKS_PER_HOUR] = 0
    assert keyword_alerts(counts) == []
    ((tick, _),) = platform_alerts(counts)
    assert NOON <= tick < NOON + 2 * TICKS_PER_HOUR


def test_a_past_burst_of_the_keyword_hides_no_new_one() -> None:
    counts = ordinary()
    counts[30, 7 * DAY : 7 * DAY + 6 * TICKS_PER_HOUR] += 12
    counts[30, NOON : NOON + TICKS_PER_HOUR] += 12
    assert [keyword for _, keyword in keyword_alerts(counts)] == [30]


def test_a_level_that_stays_is_one_alert_and_then_normal() -> None:
    counts = ordinary()[35:36]
    counts[0, 5 * DAY :] += np.random.default_rng(1).poisson(8, 11 * DAY)
    whole = Series(counts, MONDAY_S, 300, np.ones(counts.shape[1], bool))
    judged = judge_one(whole, Parameters(), Thresholds())
    rises = np.flatnonzero(judged.alert & (judged.score > 0))
    assert 5 * DAY <= rises[0] < 5 * DAY + TICKS_PER_HOUR
    assert not judged.in_episode[9 * DAY :].any()


def test_a_drop_of_a_watched_keyword_is_seen() -> None:
    counts = ordinary()[39:40]
    counts[0, NOON : NOON + 4 * TICKS_PER_HOUR] = 0
    judged = judge_one(Series(counts, MONDAY_S, 300, np.ones(counts.shape[1], bool)), Parameters(), Thresholds())
    assert (judged.score[NOON : NOON + 6 * TICKS_PER_HOUR] < -1).any()
    assert judged.alert[NOON : NOON + 6 * TICKS_PER_HOUR].sum() == 1


def test_the_past_alone_decides() -> None:
    counts = ordinary()[30:31]
    changed = counts.copy()
    changed[0, NOON:] += 50
    whole, other = (
        judge_one(Series(each, MONDAY_S, 300, np.ones(each.shape[1], bool)), Parameters(), Thresholds())
        for each in (counts, changed)
    )
    assert whole.score[:NOON] == pytest.approx(other.score[:NOON])


def test_a_gap_is_not_zero() -> None:
    counts = ordinary()[39:40]
    counts[0, NOON : NOON + 4 * TICKS_PER_HOUR] = 0
    observed = np.ones(counts.shape[1], bool)
    observed[NOON : NOON + 4 * TICKS_PER_HOUR] = False
    judged = judge_one(Series(counts, MONDAY_S, 300, observed), Parameters(), Thresholds())
    assert not judged.alert[FIRST:].any()


def test_the_more_new_keywords_reach_a_count_the_less_it_says() -> None:
    lively = newcomer_tail(500, 300.0, 28 * 24)
    assert lively.rate(8) > newcomer_tail(2, 0.5, 28 * 24).rate(8)
    assert NewcomerTail(10.0, 2.0).rate(4) == 10.0
