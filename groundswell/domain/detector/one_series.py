"""The watch list's judgement of one series over its whole history, row by row."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from groundswell.domain.detector.backtest import Series, judge_series
from groundswell.domain.detector.baseline import Flags, Floats, Parameters
from groundswell.domain.detector.count_tail import bands
from groundswell.domain.detector.episode_ticks import EpisodeTicks
from groundswell.domain.detector.score import (
    HIGHEST_GATED_SCORE,
    HOUR,
    WINDOW_SECONDS,
    Thresholds,
    platform_scores,
    watchlist_scores,
)

_SHORTEST = 0


@dataclass(frozen=True)
class JudgedSeries:
    """What the watch list would have said of each tick; arrays (n,).

    Attributes
    ----------
    observed, expected, lower, upper : array
        Posts in the trailing hour (or tick, where it is longer): found, expected, and the band in which neither a rise
        nor a drop is anomalous.
    expected_in_tick, lower_in_tick, upper_in_tick : array
        The same for the tick alone, as foreseen over the trailing quarter of an hour; NaN while there is no baseline
        yet, and where nothing was observed. A single tick beyond its band is no alert yet, and six hours near its edge
        may be one.
    score : array
        With sign; above 1 an anomalous rise, below -1 a drop; 0 while there is no baseline yet, and in gaps.
    anomaly_score : array
        Without sign, and above 1 only where an alert opens: an alert is an episode, not a siren.
    alert : array of bool
        Whether an episode opens at the tick.
    in_episode : array of bool
        Whether an episode is open.
    """

    observed: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    expected_in_tick: Floats
    lower_in_tick: Floats
    upper_in_tick: Floats
    score: Floats
    anomaly_score: Floats
    alert: Flags
    in_episode: Flags


def judge_one(
    series: Series,
    parameters: Parameters,
    thresholds: Thresholds,
    *,
    first_judged_tick: int = 0,
    minimum_posts_per_day: int = 1,
    on_progress: Callable[[int], None] | None = None,
) -> JudgedSeries:
    """Judge a series of one keyword, or of the platform.

    Parameters
    ----------
    series : Series
        Of one keyword, or of the platform itself.
    parameters, thresholds : Parameters, Thresholds
        The shipped configuration, or one to be tried.
    first_judged_tick : int
        Ticks before it are history only: without expectation, score or alert.
    minimum_posts_per_day : int
        Days with fewer posts are not in the counts, see `groundswell.domain.detector.baseline.unseen_level`.
    on_progress : callable, optional
        Is told the number of ticks done, every now and then.
    """
    ticks = series.counts.shape[1]
    observed, expected, dispersion, score = np.zeros(ticks), np.zeros(ticks), np.ones(ticks), np.zeros(ticks)
    in_quarter = np.zeros(ticks)
    for block in judge_series(
        series, parameters, first_judged_tick=first_judged_tick, minimum_posts_per_day=minimum_posts_per_day
    ):
        here = slice(block.first_tick, block.first_tick + block.z.shape[1])
        observed[here], expected[here] = block.observed[0, :, HOUR], block.expected[0, :, HOUR]
        in_quarter[here] = block.expected[0, :, _SHORTEST]
        dispersion[here] = block.dispersions[0, 0]
        if series.is_platform:
            score[here] = platform_scores(block.z, block.observed, block.expected, thresholds)[0]
        else:
            score[here] = watchlist_scores(block.z, thresholds)[0]
        if on_progress is not None:
            on_progress(here.stop)
    # A window that began before a gap says nothing new within it, though what is left of it may.
    score = np.where(series.observed, score, 0.0)
    lower, upper = bands(expected, dispersion, thresholds.watchlist_z)
    in_tick = _in_tick(series, in_quarter)
    lower_in_tick, upper_in_tick = bands(in_tick, _dispersion_in_tick(series, dispersion), thresholds.watchlist_z)
    alert, in_episode = _episodes(score, series.interval_seconds)
    size = np.abs(score)
    return JudgedSeries(
        observed=observed,
        expected=expected,
        lower=lower,
        upper=upper,
        expected_in_tick=in_tick,
        lower_in_tick=lower_in_tick,
        upper_in_tick=upper_in_tick,
        score=score,
        anomaly_score=np.where(alert, size, np.minimum(size, HIGHEST_GATED_SCORE)),
        alert=alert,
        in_episode=in_episode,
    )


def _in_tick(series: Series, expected_in_quarter: Floats) -> Floats:
    """Return the expectation of each tick by the mean over the ticks of its quarter of an hour that were observed."""
    width = max(round(WINDOW_SECONDS[_SHORTEST] / series.interval_seconds), 1)
    seen = np.cumsum(series.observed, dtype=np.float64)
    ticks = seen.copy()
    ticks[width:] -= seen[:-width]
    judged = series.observed & (expected_in_quarter > 0)
    return np.where(judged, expected_in_quarter / np.maximum(ticks, 1), np.nan)


def _dispersion_in_tick(series: Series, dispersion: Floats) -> Floats:
    """Return the dispersion of a tick: what is beyond Poisson grows with the mean, as in `windows`."""
    return 1 + (dispersion - 1) * (series.interval_seconds / series.slot_seconds)


def _episodes(score: Floats, interval_seconds: int) -> tuple[Flags, Flags]:
    """Return where episodes open and where one is open; a rise and a drop are episodes of their own."""
    alert, in_episode = np.zeros(len(score), bool), np.zeros(len(score), bool)
    ways = (EpisodeTicks(1, interval_seconds), EpisodeTicks(1, interval_seconds))
    for tick, value in enumerate(score):
        for episodes, size in zip(ways, (value, -value), strict=True):
            opened, is_open = episodes.step(tick, np.array([max(size, 0.0)]))
            alert[tick] |= opened[0]
            in_episode[tick] |= is_open[0]
    return alert, in_episode
