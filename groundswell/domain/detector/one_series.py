"""The watch list's judgement of one series over its whole history, row by row."""

from dataclasses import dataclass

import numpy as np

from groundswell.domain.detector.backtest import Series, judge_series
from groundswell.domain.detector.baseline import Flags, Floats, Parameters
from groundswell.domain.detector.count_tail import bands
from groundswell.domain.detector.episode_ticks import EpisodeTicks
from groundswell.domain.detector.score import HIGHEST_GATED_SCORE, HOUR, Thresholds, watchlist_scores


@dataclass(frozen=True)
class JudgedSeries:
    """What the watch list would have said of each tick; arrays (n,).

    Attributes
    ----------
    observed, expected, lower, upper : array
        Posts in the trailing hour (or tick, where it is longer): found, expected, and the band in which neither a rise
        nor a drop is anomalous.
    score : array
        With sign; above 1 an anomalous rise, below -1 a drop; 0 while there is no baseline yet.
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
    score: Floats
    anomaly_score: Floats
    alert: Flags
    in_episode: Flags


def judge_one(series: Series, parameters: Parameters, thresholds: Thresholds) -> JudgedSeries:
    """Judge a series of one keyword.

    Parameters
    ----------
    series : Series
        Of one keyword.
    parameters, thresholds : Parameters, Thresholds
        The shipped configuration, or one to be tried.
    """
    ticks = series.counts.shape[1]
    observed, expected, dispersion, score = np.zeros(ticks), np.zeros(ticks), np.ones(ticks), np.zeros(ticks)
    for block in judge_series(series, parameters):
        here = slice(block.first_tick, block.first_tick + block.z.shape[1])
        observed[here], expected[here] = block.observed[0, :, HOUR], block.expected[0, :, HOUR]
        dispersion[here] = block.dispersions[0, 0]
        score[here] = watchlist_scores(block.z, thresholds)[0]
    lower, upper = bands(expected, dispersion, thresholds.watchlist_z)
    alert, in_episode = _episodes(score, series.interval_seconds)
    size = np.abs(score)
    return JudgedSeries(
        observed=observed,
        expected=expected,
        lower=lower,
        upper=upper,
        score=score,
        anomaly_score=np.where(alert, size, np.minimum(size, HIGHEST_GATED_SCORE)),
        alert=alert,
        in_episode=in_episode,
    )


def _episodes(score: Floats, interval_seconds: int) -> tuple[Flags, Flags]:
    """Return where episodes open and where one is open; a rise and a drop are episodes of their own."""
    alert, in_episode = np.zeros(len(score), bool), np.zeros(len(score), bool)
    episodes = EpisodeTicks(1, interval_seconds)
    for tick, value in enumerate(np.abs(score)):
        opened, is_open = episodes.step(tick, np.array([value]))
        alert[tick], in_episode[tick] = opened[0], is_open[0]
    return alert, in_episode
