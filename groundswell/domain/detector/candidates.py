"""Keywords that are judged together, tick by tick: the watch list's, discovery's and the platform's scores."""

from dataclasses import dataclass

import numpy as np

from groundswell.domain.detector.baseline import Flags, Floats
from groundswell.domain.detector.count_tail import bands, p_of
from groundswell.domain.detector.newcomers import NewcomerTail
from groundswell.domain.detector.score import (
    HIGHEST_GATED_SCORE,
    HOUR,
    Thresholds,
    discovery_z,
    newcomer_z,
    p_value,
    platform_scores,
    q_value,
    watchlist_scores,
    weighted_z,
    window_z,
)
from groundswell.domain.detector.windows import Windows

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
        Of one look at the keyword.
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
    share : array (len(rows),), optional
        Share of each one's posts that counts, 0 to 1: one voice is counted once.
    """
    here = np.array(rows, np.intp)
    whole = candidates.windows
    observed, expected, z, dispersions = (
        part[here, tick][:, None] for part in (whole.observed, whole.expected, whole.z, whole.dispersions)
    )
    if share is not None:
        observed = observed * share[:, None, None]
        z = np.where(expected > 0, window_z(observed, expected, dispersions), 0.0)
    return Candidates(
        [candidates.keywords[row] for row in rows],
        [candidates.modes[row] for row in rows],
        candidates.is_new[here],
        candidates.document_frequency[here],
        Windows(observed, expected, z, dispersions),
    )


def scores_of(candidates: Candidates, critical: float, population: Population, thresholds: Thresholds) -> Floats:
    """Return scores with sign.

    Parameters
    ----------
    candidates : Candidates
        Of one tick, see `at_tick`.
    critical : float
        Discovery's threshold now, see `groundswell.domain.detector.score.critical_z`.
    population : Population
    thresholds : Thresholds

    Returns
    -------
    array (K,)
    """
    windows = candidates.windows
    modes = np.array(candidates.modes)
    z, may = _discovery(candidates, population, thresholds)
    rises = np.maximum(z, 0) / critical
    rises = np.where(may, rises, np.minimum(rises, HIGHEST_GATED_SCORE))
    watched = watchlist_scores(windows.z, thresholds)[:, 0]
    platform = platform_scores(windows.z, windows.observed, windows.expected, thresholds)[:, 0]
    scores: Floats = np.select([modes == WATCHLIST, modes == PLATFORM], [watched, platform], rises)
    return scores


def verdicts(
    candidates: Candidates, scores: Floats, critical: float, recent_alerts: int, population: Population,
    thresholds: Thresholds, platform_in_episode: bool = False,
) -> list[Verdict]:  # fmt: skip
    """Return what alerts say, one for each candidate of one tick; the parameters as of `scores_of` and `critical_z`."""
    windows = candidates.windows
    observed, expected = windows.observed[:, 0, HOUR], windows.expected[:, 0, HOUR]
    found = np.array([mode == DISCOVERY for mode in candidates.modes])
    own_z = _discovery(candidates, population, thresholds)[0]
    both_ways = weighted_z(windows.z)[:, 0]
    said = []
    for row, score in enumerate(scores.tolist()):
        low, high = bands(
            expected[[row]], windows.dispersions[[row], 0, 0], critical if found[row] else thresholds.watchlist_z
        )
        lower, upper = float(low[0]), float(high[0])
        p, q = p_of(abs(float(both_ways[row]))), None
        if found[row]:
            lower = 0.0
            upper = max(upper, float(thresholds.minimum_posts), thresholds.minimum_lift * float(expected[row]))
            p = p_value(float(own_z[row]))
            q = q_value(p, population.keywords, recent_alerts, platform_in_episode)
        said.append(Verdict(float(observed[row]), float(expected[row]), lower, upper, score, p, q))
    return said


def _discovery(candidates: Candidates, population: Population, thresholds: Thresholds) -> tuple[Floats, Flags]:
    windows = candidates.windows
    z, may = discovery_z(
        windows.z, windows.observed, windows.expected, candidates.document_frequency[:, None], thresholds
    )
    own, new = z[:, 0].copy(), candidates.is_new
    in_hour = windows.observed[new, 0, HOUR]
    own[new] = np.minimum(own[new], newcomer_z(in_hour, population.newcomers, population.keywords))
    return own, may[:, 0]
