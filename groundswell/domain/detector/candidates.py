"""Keywords that are judged together, tick by tick: the watch list's, discovery's and the platform's scores."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from groundswell.domain.detector.baseline import Flags, Floats
from groundswell.domain.detector.count_tail import bands, p_of
from groundswell.domain.detector.newcomers import NewcomerTail
from groundswell.domain.detector.score import (
    HIGHEST_GATED_SCORE,
    HOUR,
    Thresholds,
    critical_z,
    discovery_z,
    newcomer_z,
    p_value,
    platform_scores,
    q_value,
    watchlist_scores,
    weighted_z,
)
from groundswell.domain.detector.windows import Windows, surprise

WATCHLIST, DISCOVERY, PLATFORM = "watchlist", "discovery", "platform"


@dataclass(frozen=True)
class Population:
    """What discovery has to know of all keywords.

    Attributes
    ----------
    keywords : int
        Keywords that are tested at each tick.
    newcomers : NewcomerTail
        How large new keywords become by themselves.
    """

    keywords: int
    newcomers: NewcomerTail


@dataclass(frozen=True)
class Bar:
    """What it takes to ring at one tick.

    Attributes
    ----------
    thresholds : Thresholds
    population : Population
    recent_alerts : int
        Discovery's openings of the 24 hours before.
    platform_in_episode : bool
        Whether the platform, judged first, has an open episode.
    """

    thresholds: Thresholds
    population: Population
    recent_alerts: int = 0
    platform_in_episode: bool = False

    @cached_property
    def discovery_z(self) -> float:
        """z at which discovery scores 1, see `groundswell.domain.detector.score.critical_z`."""
        return critical_z(self.population.keywords, self.recent_alerts, self.thresholds, self.platform_in_episode)

    def q_value(self, p: float) -> float:
        """Return the false-discovery rate at which a p-value would just be an alert."""
        return q_value(p, self.population.keywords, self.recent_alerts, self.platform_in_episode)


@dataclass(frozen=True)
class Candidates:
    """K keywords and their windows at m ticks.

    Attributes
    ----------
    keywords : list of str
    modes : list of str
        `WATCHLIST`, `DISCOVERY` or `PLATFORM` for each.
    is_new : array (K,) of bool
        Without history.
    document_frequency : array (K,)
        Share of all posts that mention the keyword, 0 to 1.
    windows : Windows
        Their posts, found and expected.
    """

    keywords: list[str]
    modes: list[str]
    is_new: Flags
    document_frequency: Floats
    windows: Windows


@dataclass(frozen=True)
class Verdict:
    """What an alert says of a keyword's trailing hour.

    Attributes
    ----------
    observed, expected, lower, upper : float
        Posts, and the band in which the hour by itself is no anomaly.
    score : float
        With sign, above 1 an anomalous rise, below -1 an anomalous drop.
    p_value : float
        About how probable counts as far off, in either direction where drops are told, are by chance in one look.
    q_value : float or None
        Discovery's, see `groundswell.domain.detector.score`.
    """

    observed: float
    expected: float
    lower: float
    upper: float
    score: float
    p_value: float
    q_value: float | None


def at_tick(candidates: Candidates, tick: int, rows: list[int], share: Floats | None = None) -> Candidates:
    """Return some of the keywords at one tick.

    Parameters
    ----------
    candidates : Candidates
    tick : int
        Of the m.
    rows : list of int
        Of the K.
    share : array (len(rows), 3), optional
        Share of each one's posts that counts in each window, 0 to 1: one voice is counted once.
    """
    here = np.array(rows, np.intp)
    whole = candidates.windows
    observed, expected, least, z, dispersions = (
        part[here, tick][:, None]
        for part in (whole.observed, whole.expected, whole.least_expected, whole.z, whole.dispersions)
    )
    if share is not None:
        observed = observed * share[:, None, :]
        z = surprise(observed, expected, least, dispersions)
    return Candidates(
        [candidates.keywords[row] for row in rows],
        [candidates.modes[row] for row in rows],
        candidates.is_new[here],
        candidates.document_frequency[here],
        Windows(observed, expected, least, z, dispersions),
    )


def scores_of(candidates: Candidates, bar: Bar) -> Floats:
    """Return scores with sign.

    Parameters
    ----------
    candidates : Candidates
        Of one tick, see `at_tick`.
    bar : Bar

    Returns
    -------
    array (K,)
    """
    windows, modes = candidates.windows, np.array(candidates.modes)
    z, may = _discovery(candidates, bar)
    rises = np.maximum(z, 0) / bar.discovery_z
    rises = np.where(may, rises, np.minimum(rises, HIGHEST_GATED_SCORE))
    watched = watchlist_scores(windows.z, bar.thresholds)[:, 0]
    platform = platform_scores(windows.z, windows.observed, windows.expected, bar.thresholds)[:, 0]
    scores: Floats = np.select([modes == WATCHLIST, modes == PLATFORM], [watched, platform], rises)
    return scores


def verdicts(candidates: Candidates, bar: Bar) -> list[Verdict]:
    """Return what alerts say, one for each candidate of one tick; the parameters as of `scores_of`."""
    scores, own_z, both_ways = (
        scores_of(candidates, bar),
        _discovery(candidates, bar)[0],
        weighted_z(candidates.windows.z)[:, 0],
    )
    found = np.array([mode == DISCOVERY for mode in candidates.modes], bool)
    lower, upper = _bands(candidates, np.where(found, bar.discovery_z, bar.thresholds.watchlist_z))
    hour = candidates.windows.observed[:, 0, HOUR], candidates.windows.expected[:, 0, HOUR]
    rows = zip(
        found.tolist(), *(column.tolist() for column in (*hour, lower, upper, scores, own_z, both_ways)), strict=True
    )
    return [
        _found(bar, observed, expected, high, score, z)
        if is_found
        else Verdict(observed, expected, low, high, score, min(2 * p_of(abs(both)), 1.0), None)
        for is_found, observed, expected, low, high, score, z, both in rows
    ]


def _found(bar: Bar, observed: float, expected: float, upper: float, score: float, z: float) -> Verdict:
    upper = max(upper, float(bar.thresholds.minimum_posts), bar.thresholds.minimum_lift * expected)
    p = p_value(z)
    return Verdict(observed, expected, 0.0, upper, score, p, bar.q_value(p))


def _bands(candidates: Candidates, z: Floats) -> tuple[Floats, Floats]:
    """Return where the bands end that hold the trailing hours' counts."""
    windows = candidates.windows
    dispersion = windows.dispersions[:, 0, 0]
    lower, _ = bands(windows.least_expected[:, 0, HOUR], dispersion, z)
    _, upper = bands(windows.expected[:, 0, HOUR], dispersion, z)
    return lower, upper


def _discovery(candidates: Candidates, bar: Bar) -> tuple[Floats, Flags]:
    windows = candidates.windows
    z, may = discovery_z(
        windows.z, windows.observed, windows.expected, candidates.document_frequency[:, None], bar.thresholds
    )
    own, new = z[:, 0].copy(), candidates.is_new
    in_hour = windows.observed[new, 0, HOUR]
    own[new] = np.minimum(own[new], newcomer_z(in_hour, bar.population.newcomers, bar.population.keywords))
    return own, may[:, 0]
