"""Who takes part in the planted-burst benchmark: what a contestant is, and the three simple rules to compare with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.poisson_tail import surprise
from benchmarks.detection.suite import TICKS_PER_DAY, TICKS_PER_HOUR, Suite

ScoreBlock = tuple[int, NDArray[np.float32]]
"""First tick, and scores (keywords, ticks from there on); NaN is not anomalous."""


class Contestant(Protocol):
    """A detector of bursts in many keywords at once.

    `name` stands in the tables; `own_threshold` is the score above which it alerts by itself.
    """

    @property
    def name(self) -> str:
        """What the tables call it."""

    @property
    def own_threshold(self) -> float:
        """Score above which it alerts; 1 for the shipped detector."""

    def scores(self, suite: Suite) -> Iterator[ScoreBlock]:
        """Score all judged ticks, in blocks in order of time, the score of a tick from it and ticks before it only."""


@dataclass(frozen=True)
class PlatformEpisode:
    """An alert for the whole platform, from its first anomalous tick to the one after the last."""

    start_tick: int
    end_tick: int


@runtime_checkable
class WatchesPlatform(Protocol):
    """A contestant that also says when something is wrong with the whole platform."""

    def platform_episodes(self, suite: Suite) -> Sequence[PlatformEpisode]:
        """Return the platform's alerts in the judged ticks."""


@dataclass(frozen=True)
class OriginalRule:
    """Mean + 2.5 standard deviations of a keyword's daily counts, divided by 96, against its newest 15 minutes.

    The rule has one parameter, the 2.5: the score is the number of standard deviations at which 15 minutes would be
    just at the threshold, `(96 * count - mean) / std`. Statistics are refitted every night on all days before. A
    keyword with the same count every day has standard deviation 0; it is taken as 1 post a day.
    """

    name: str = "original rule"
    own_threshold: float = 2.5

    def scores(self, suite: Suite) -> Iterator[ScoreBlock]:
        """See `Contestant`."""
        for day in _judged_days(suite):
            past = suite.counts[:, :day].reshape(suite.keywords, -1, TICKS_PER_DAY).sum(axis=2)
            mean, deviation = past.mean(axis=1), np.maximum(past.std(axis=1), 1.0)
            newest = _trailing_sums(suite.counts, day, 3)
            yield day, ((96 * newest - mean[:, None]) / deviation[:, None]).astype(np.float32)


@dataclass(frozen=True)
class PlainEwma:
    """Exponentially weighted mean and variance of hourly counts (half-life 1 day), z of the trailing hour.

    The state is of the hours that had ended when the trailing hour began. A variance below 1 is taken as 1.
    """

    name: str = "plain EWMA"
    own_threshold: float = 4.0
    half_life_hours: float = 24.0

    def scores(self, suite: Suite) -> Iterator[ScoreBlock]:
        """See `Contestant`."""
        hourly = suite.counts.reshape(suite.keywords, -1, TICKS_PER_HOUR).sum(axis=2, dtype=np.int64)
        weight = 1 - 0.5 ** (1 / self.half_life_hours)
        first_day = hourly[:, :24].astype(np.float64)
        mean, variance = first_day.mean(axis=1), first_day.var(axis=1)
        for hour in range(24, hourly.shape[1]):
            ticks = hour * TICKS_PER_HOUR
            if ticks >= suite.history_ticks:
                # The hour before this one is still in the trailing hour of most of its ticks: it is not in the state.
                newest = _trailing_sums(suite.counts, ticks, TICKS_PER_HOUR, TICKS_PER_HOUR)
                z = (newest - mean[:, None]) / np.sqrt(np.maximum(variance, 1.0))[:, None]
                yield ticks, z.astype(np.float32)
            change = hourly[:, hour - 1] - mean
            mean = mean + weight * change
            variance = (1 - weight) * (variance + weight * change**2)


@dataclass(frozen=True)
class RollingPoisson:
    """Minus the decadic logarithm of the probability of at least so many posts in the trailing hour.

    Poisson with the mean rate of the 28 days before today, refitted every night; a keyword without a post in them has
    the rate of one post.
    """

    name: str = "Poisson, rolling mean"
    own_threshold: float = 6.0

    def scores(self, suite: Suite) -> Iterator[ScoreBlock]:
        """See `Contestant`."""
        for day in _judged_days(suite):
            first = max(day - 28 * TICKS_PER_DAY, 0)
            posts = np.maximum(suite.counts[:, first:day].sum(axis=1, dtype=np.int64), 1)
            per_hour = posts * (TICKS_PER_HOUR / (day - first))
            yield day, surprise(_trailing_sums(suite.counts, day, TICKS_PER_HOUR), per_hour[:, None])


def _judged_days(suite: Suite) -> range:
    return range(suite.history_ticks, suite.ticks, TICKS_PER_DAY)


def _trailing_sums(
    counts: NDArray[np.int32], first_tick: int, width: int, ticks: int = TICKS_PER_DAY
) -> NDArray[np.signedinteger[Any]]:
    """Return for each of some ticks the posts of the `width` ticks that end with it."""
    part = counts[:, first_tick - width : first_tick + ticks].astype(np.int64)
    summed = np.cumsum(part, axis=1)
    return summed[:, width:] - summed[:, :-width]
