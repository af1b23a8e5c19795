"""The detector over a history: what it would have said at each tick, knowing only what came before.

Baselines are fitted anew every six hours (profiles once a day), as the nightly and the light refresh do, and each tick
is judged by the newest of them, as the stream does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from groundswell.domain.detector.baseline import (
    DAY_SECONDS,
    HOUR_SECONDS,
    Baselines,
    Flags,
    Floats,
    History,
    HourlyCounts,
    Parameters,
    Season,
    exposure_of,
    unseen_level,
)
from groundswell.domain.detector.baseline_fit import fit_keywords, fit_platform
from groundswell.domain.detector.score import WINDOW_SECONDS
from groundswell.domain.detector.windows import Ticks, judged_windows

TICK_EXPOSURE_PRIOR_POSTS = 10.0
_SMALLEST_HISTORY_SLOTS = 1


@dataclass(frozen=True)
class Series:
    """Counts of K keywords at n regular ticks.

    Attributes
    ----------
    counts : array (K, n)
        Posts in each tick, 0 or more.
    start_epoch_s : int
        Start of the first tick.
    interval_seconds : int
        Length of a tick, 60 to 86 400.
    observed : array (n,) of bool
        False where nothing is known: a gap is not zero.
    platform : array (n,), optional
        Posts of the whole platform in each tick; without it, every observed tick has exposure 1.
    is_platform : bool
        Whether this one series is the platform itself: a slot without any post is an outage, which teaches nothing and
        is judged all the same.
    """

    counts: Floats
    start_epoch_s: int
    interval_seconds: int
    observed: Flags
    platform: Floats | None = None
    is_platform: bool = False

    @property
    def tick_epoch_s(self) -> NDArray[np.int64]:
        """Start of each tick."""
        return self.start_epoch_s + np.arange(self.counts.shape[1], dtype=np.int64) * self.interval_seconds

    @property
    def slot_seconds(self) -> int:
        """Length of the slots that baselines are fitted on: an hour, or the next divisor of a day.

        >>> Series(np.zeros((1, 1)), 0, 5 * 3600, np.ones(1, bool)).slot_seconds
        21600
        """
        return next(
            seconds
            for seconds in range(max(self.interval_seconds, HOUR_SECONDS), DAY_SECONDS + 1)
            if DAY_SECONDS % seconds == 0
        )


@dataclass(frozen=True)
class Block:
    """A run of ticks judged by one set of baselines.

    Attributes
    ----------
    first_tick : int
        Of m ticks.
    observed, expected : array (K, m, 3)
        Posts in the trailing windows of `WINDOW_SECONDS`.
    z : array (K, m, 3)
        See `groundswell.domain.detector.score.window_z`; 0 while there is no baseline yet.
    dispersions : array (K, 2)
        Of one hour and of six.
    """

    first_tick: int
    observed: Floats
    expected: Floats
    z: Floats
    dispersions: Floats


@dataclass(frozen=True)
class _Slots:
    """Ticks added up to slots."""

    counts: Floats
    platform: Floats | None
    observed_share: Floats
    of_tick: NDArray[np.int64]
    season: Season


def judge_series(
    series: Series, parameters: Parameters, *, first_judged_tick: int = 0, minimum_posts_per_day: int = 1
) -> Iterator[Block]:
    """Judge every tick from `first_judged_tick` on by what was known at the refresh before it.

    Parameters
    ----------
    series : Series
    parameters : Parameters
        Of the baseline.
    first_judged_tick : int
        Ticks before it are history only.
    minimum_posts_per_day : int
        Keywords with fewer posts in a day are not kept in the history, see `unseen_level`.
    """
    slots = _slots(series)
    parameters = parameters.for_slots(series.slot_seconds)
    kept: tuple[Baselines, Floats] | None = None
    kept_day = -1
    for first, end in _refreshes(slots, parameters, first_judged_tick):
        known = int(slots.of_tick[first])
        day = int(series.tick_epoch_s[first] // DAY_SECONDS)
        if known < max(parameters.burn_in_slots, _SMALLEST_HISTORY_SLOTS):
            yield _unjudged(series, first, end)
            continue
        if day != kept_day:
            kept, kept_day = None, day
        baselines, exposure, pooled = _fit(slots, series, known, parameters, kept, minimum_posts_per_day)
        kept = kept or (baselines, pooled)
        yield _judged(series, slots, baselines, exposure, pooled, first, end)


def judge_platform(series: Series, parameters: Parameters, *, first_judged_tick: int = 0) -> Iterator[Block]:
    """Judge the platform's own volume, as one keyword whose ticks are all observed: an outage is a drop.

    Raises
    ------
    ValueError
        The series has no platform counts.
    """
    if series.platform is None:
        raise ValueError("the series has no platform counts")
    everything = np.ones(len(series.platform), bool)
    whole = Series(
        series.platform[None, :], series.start_epoch_s, series.interval_seconds, everything, is_platform=True
    )
    yield from judge_series(whole, parameters, first_judged_tick=first_judged_tick)


def _slots(series: Series) -> _Slots:
    slot_seconds = series.slot_seconds
    absolute = series.tick_epoch_s // slot_seconds
    of_tick = absolute - absolute[0]
    firsts = np.searchsorted(of_tick, np.arange(int(of_tick[-1]) + 1))

    def summed(values: Floats) -> Floats:
        return np.add.reduceat(values, firsts, axis=-1)

    observed = series.observed.astype(np.float64)
    return _Slots(
        counts=summed(series.counts * observed),
        platform=None if series.platform is None else summed(series.platform * observed),
        observed_share=summed(observed) * series.interval_seconds / slot_seconds,
        of_tick=of_tick,
        season=Season(int(absolute[0]) * slot_seconds, slot_seconds),
    )


def _refreshes(slots: _Slots, parameters: Parameters, first_judged_tick: int) -> Iterator[tuple[int, int]]:
    """Yield runs of ticks [first, end) that lie between two refreshes."""
    absolute = slots.of_tick + slots.season.start_epoch_s // slots.season.slot_seconds
    turns = np.flatnonzero(np.diff(absolute // parameters.refresh_slots)) + 1
    bounds = sorted({first_judged_tick, *turns[turns > first_judged_tick].tolist(), len(absolute)})
    yield from pairwise(bounds)


def _fit(
    slots: _Slots,
    series: Series,
    known: int,
    parameters: Parameters,
    kept: tuple[Baselines, Floats] | None,
    minimum_posts_per_day: int,
) -> tuple[Baselines, Floats, Floats]:
    """Return the baselines, the exposure of every tick and the pooled profile."""
    season = slots.season
    ticks_per_slot = season.slot_seconds / series.interval_seconds
    if series.is_platform:
        fitted, _ = fit_platform(
            slots.counts[0, :known], season, parameters, kept_profile=None if kept is None else kept[1]
        )
        own = Baselines(fitted.levels, fitted.dispersions, fitted.profiles, np.zeros(1, np.int64))
        return own, series.observed.astype(np.float64), fitted.profiles[0]
    if slots.platform is None or series.platform is None:
        pooled = np.ones(season.slots_per_week)
        history = History(season, slots.observed_share[:known])
        exposure = series.observed.astype(np.float64)
    else:
        fitted, history = fit_platform(
            slots.platform[:known], season, parameters, kept_profile=None if kept is None else kept[1]
        )
        history = History(season, history.exposure * (slots.observed_share[:known] > 0))
        pooled = fitted.profiles[0]
        expected = fitted.levels[0] * pooled[season.slots(int(slots.of_tick[-1]) + 1)][slots.of_tick] / ticks_per_slot
        exposure = exposure_of(series.platform, expected, TICK_EXPOSURE_PRIOR_POSTS) * series.observed
    keyword, slot = np.nonzero(slots.counts[:, :known])
    counts = HourlyCounts(keyword, slot, slots.counts[keyword, slot], len(slots.counts))
    smallest = unseen_level(minimum_posts_per_day, int((history.exposure > 0).sum()))
    baselines = fit_keywords(
        counts,
        history,
        pooled,
        smallest,
        parameters,
        kept_profiles=None if kept is None else (kept[0].profiles, kept[0].profile_rows),
    )
    return baselines, exposure, pooled


def _judged(
    series: Series, slots: _Slots, baselines: Baselines, exposure: Floats, pooled: Floats, first: int, end: int
) -> Block:
    longest = max(round(seconds / series.interval_seconds) for seconds in WINDOW_SECONDS)
    here = slice(max(first - max(longest, 1) + 1, 0), end)
    ticks = Ticks(
        slots.season.slots(int(slots.of_tick[-1]) + 1)[slots.of_tick[here]],
        exposure[here],
        first - here.start,
        series.interval_seconds,
        slots.season.slot_seconds,
    )
    windows = judged_windows(series.counts[:, here] * series.observed[here], baselines, pooled, ticks)
    return Block(first, windows.observed, windows.expected, windows.z, baselines.dispersions)


def _unjudged(series: Series, first: int, end: int) -> Block:
    shape = (len(series.counts), end - first, len(WINDOW_SECONDS))
    return Block(first, np.zeros(shape), np.zeros(shape), np.zeros(shape), np.ones((len(series.counts), 2)))
