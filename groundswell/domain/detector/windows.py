"""Trailing windows of many keywords at consecutive ticks: what was found, what was expected, how surprising it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.domain.detector.baseline import Baselines, Floats
from groundswell.domain.detector.score import WINDOW_SECONDS, window_z

_FEW_TICKS = 8


@dataclass(frozen=True)
class Ticks:
    """The n ticks that counts are given for, the last m of which are judged.

    Attributes
    ----------
    slot_of_week : array (n,) of int
        Which factor of a profile holds in each.
    exposure : array (n,)
        The platform's volume relative to its baseline; 0 where nothing was observed.
    judged_from : int
        First of the m.
    interval_seconds, slot_seconds : int
        Length of a tick, and of a slot of the profiles.
    """

    slot_of_week: NDArray[np.int64]
    exposure: Floats
    judged_from: int
    interval_seconds: int
    slot_seconds: int = 3600

    @property
    def widths(self) -> list[int]:
        """Length of each of `WINDOW_SECONDS` in ticks."""
        return [max(round(seconds / self.interval_seconds), 1) for seconds in WINDOW_SECONDS]


@dataclass(frozen=True)
class Windows:
    """The trailing windows at m ticks of K keywords.

    Attributes
    ----------
    observed, expected : array (K, m, 3)
        Posts in the trailing windows of `WINDOW_SECONDS`.
    least_expected : array (K, m, 3)
        The same with the platform's volume at most what its baseline says: a keyword that keeps its posts while others
        lift the platform has not dropped.
    z : array (K, m, 3)
        See `groundswell.domain.detector.score.window_z`: of more posts than `expected`, or of fewer than
        `least_expected`; 0 between.
    dispersions : array (K, m, 2)
        Of one hour and of six, at the platform's volume.
    """

    observed: Floats
    expected: Floats
    least_expected: Floats
    z: Floats
    dispersions: Floats


def judged_windows(counts: Floats, baselines: Baselines, pooled_profile: Floats, ticks: Ticks) -> Windows:
    """Judge the last m of n ticks.

    Parameters
    ----------
    counts : array (K, n)
        Posts in each tick, 0 where nothing was observed.
    baselines : Baselines
        Of the K keywords.
    pooled_profile : array (slots per week,)
        The platform's, for keywords without their own.
    ticks : Ticks
        For windows that are whole, as many before the judged ones as the longest window has.
    """
    table = np.vstack([baselines.profiles.reshape(-1, len(pooled_profile)), pooled_profile])
    rows = np.where(baselines.profile_rows < 0, len(table) - 1, baselines.profile_rows)
    share = ticks.interval_seconds / ticks.slot_seconds
    usual = baselines.levels[:, None] * table[rows][:, ticks.slot_of_week] * share

    def in_windows(values: Floats) -> Floats:
        return np.stack([_trailing_from(values, width, ticks.judged_from) for width in ticks.widths], -1)

    found, expected = in_windows(counts), in_windows(usual * ticks.exposure)
    least = in_windows(usual * np.minimum(ticks.exposure, 1.0))
    dispersions = _grown(baselines.dispersions, ticks)[:, ticks.judged_from :]
    return Windows(found, expected, least, surprise(found, expected, least, dispersions), dispersions)


def surprise(observed: Floats, expected: Floats, least_expected: Floats, dispersions: Floats) -> Floats:
    """Return z of windows; see `Windows` for the parameters."""
    z = window_z(observed, np.clip(observed, least_expected, expected), dispersions)
    # Nothing was expected where nothing was observed: an outage is no keyword's drop.
    nonzero: Floats = np.where(expected > 0, z, 0.0)
    return nonzero


def trailing(values: Any, width: int) -> Floats:
    """Return the sums of the `width` columns that end with each.

    >>> trailing(np.array([[1.0, 2, 4, 8]]), 2).tolist()
    [[1.0, 3.0, 6.0, 12.0]]
    """
    sums = np.cumsum(values, axis=1)
    trailing: Floats = sums.copy()
    trailing[:, width:] -= sums[:, :-width]
    return trailing


def _trailing_from(values: Floats, width: int, first: int) -> Floats:
    """Return `trailing` from a column on: a stream judges a tick or two, the sums of all take much longer.

    >>> _trailing_from(np.array([[1.0, 2, 4, 8]]), 3, 2).tolist()
    [[7.0, 14.0]]
    """
    columns = range(first, values.shape[1])
    if len(columns) > _FEW_TICKS:
        return trailing(values, width)[:, first:]
    return np.stack([values[:, max(column + 1 - width, 0) : column + 1].sum(axis=1) for column in columns], -1)


def _grown(dispersions: Floats, ticks: Ticks) -> Floats:
    """Return (K, n, 2): of a platform larger than its baseline, larger counts of clumped posts scatter more.

    What is beyond Poisson grows with the mean, as in a negative binomial of fixed size; it never shrinks.
    """
    widths = ticks.widths[1:]
    lengths = np.minimum(np.arange(1, len(ticks.exposure) + 1)[None, :], np.array(widths)[:, None])
    means = np.stack([trailing(ticks.exposure[None, :], width)[0] for width in widths]) / lengths
    grown: Floats = 1 + (dispersions[:, None, :] - 1) * np.maximum(means, 1.0).T
    return grown
