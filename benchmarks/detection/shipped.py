"""The shipped detector, made to fit the benchmarks: the one place where they touch it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.contestants import Contestant, PlatformEpisode, ScoreBlock
from benchmarks.detection.suite import TICK_SECONDS, Suite
from groundswell.domain.detector.backtest import Series, judge_platform, judge_series
from groundswell.domain.detector.baseline import Parameters
from groundswell.domain.detector.episode_ticks import EpisodeTicks, discover
from groundswell.domain.detector.one_series import judge_one
from groundswell.domain.detector.score import (
    HOUR,
    HYSTERESIS,
    Thresholds,
    discovery_z,
    least_posts,
    platform_scores,
)

PARAMETERS, THRESHOLDS = Parameters(), Thresholds()


@dataclass(frozen=True)
class Groundswell:
    """Discovery with the shipped configuration."""

    name: str = "groundswell"
    own_threshold: float = 1.0

    def scores(self, suite: Suite) -> Iterator[ScoreBlock]:
        """See `Contestant`."""
        series = _series(suite)
        frequency = series.counts[:, : suite.history_ticks].sum(axis=1) / suite.platform[: suite.history_ticks].sum()
        episodes = EpisodeTicks(len(series.counts), TICK_SECONDS)
        platform = _judged_platform(series, suite.history_ticks)
        for block in judge_series(series, PARAMETERS, first_judged_tick=suite.history_ticks):
            here = slice(block.first_tick, block.first_tick + block.z.shape[1])
            z, may = discovery_z(
                block.z, block.observed, block.expected, frequency[:, None], THRESHOLDS, platform.least_posts[here]
            )
            judged = discover(episodes, block.first_tick, z, may, THRESHOLDS, platform.in_episode[here])
            columns = [scores for _, scores, _ in judged]
            yield block.first_tick, np.stack(columns, axis=1).astype(np.float32)

    def platform_episodes(self, suite: Suite) -> Sequence[PlatformEpisode]:
        """Return the platform's alerts."""
        return _judged_platform(_series(suite), suite.history_ticks).episodes


@dataclass(frozen=True)
class _JudgedPlatform:
    """The platform's alerts; for each tick whether one is open, and the least posts that are worth a look."""

    episodes: list[PlatformEpisode]
    in_episode: NDArray[np.bool_]
    least_posts: NDArray[np.float64]


def _judged_platform(series: Series, history_ticks: int) -> _JudgedPlatform:
    ways = {1: EpisodeTicks(1, TICK_SECONDS), -1: EpisodeTicks(1, TICK_SECONDS)}
    last = dict.fromkeys(ways, 0)
    ends: dict[tuple[int, int], int] = {}
    in_episode, least = np.zeros(series.counts.shape[1], bool), np.zeros(series.counts.shape[1])
    for block in judge_platform(series, PARAMETERS, first_judged_tick=history_ticks):
        scores = platform_scores(block.z, block.observed, block.expected, THRESHOLDS)[0]
        for tick, score in enumerate(scores, block.first_tick):
            for way, episodes in ways.items():
                size = max(way * score, 0.0)
                opened, is_open = episodes.step(tick, np.array([size]))
                in_episode[tick] |= is_open[0]
                last[way] = tick if opened[0] else last[way]
                if is_open[0] and size >= HYSTERESIS:
                    ends[way, last[way]] = tick + 1
        here = slice(block.first_tick, block.first_tick + len(scores))
        least[here] = least_posts(THRESHOLDS, block.observed[0, :, HOUR], block.expected[0, :, HOUR])
    told = [PlatformEpisode(start, end) for (_, start), end in ends.items()]
    return _JudgedPlatform(sorted(told, key=lambda episode: episode.start_tick), in_episode, least)


def _series(suite: Suite) -> Series:
    ticks = suite.counts.shape[1]
    return Series(
        suite.counts.astype(np.float64),
        suite.start_epoch_s,
        TICK_SECONDS,
        np.ones(ticks, bool),
        suite.platform.astype(np.float64),
    )


def shipped_detector() -> Contestant:
    """Return the detector with the shipped configuration."""
    return Groundswell()


def backtest_series(timestamps: NDArray[np.datetime64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score one series as `groundswell backtest` does; above 1 is anomalous.

    Parameters
    ----------
    timestamps : array of datetime64
        Start of each interval.
    values : array of float
        Count in each.

    Returns
    -------
    array of float
        One score a row, each from rows up to its own only.
    """
    seconds = timestamps.astype("datetime64[s]").astype(np.int64)
    interval = int(np.median(np.diff(seconds)))
    series = Series(values[None, :].astype(np.float64), int(seconds[0]), interval, np.ones(len(values), bool))
    return judge_one(series, PARAMETERS, THRESHOLDS).anomaly_score
