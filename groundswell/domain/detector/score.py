"""How far a keyword's trailing counts are from what its baseline expects, and whether that is worth an alert.

Score and threshold are separate things: z says how surprising counts are (`count_tail`), a score is z over the
threshold of its mode, so that above 1 is anomalous everywhere.

* **Watch list**: score = (z+ of the trailing hour / 3 + 2 z+ of the trailing six hours / 3) / `watchlist_z`, a drop the
  same way with negative z; the larger counts. An hour's surprise that the six hours don't share must be strong.
* **Discovery**: the most surprising of the trailing 15 minutes, hour and six hours, rises only. p = 3 times its tail
  probability. With m keywords tested at 96 quarter hours a day, an alert needs p * 96 m / (R + 1) = q <= the
  false-discovery rate, R being the alerts of the last 24 hours: Benjamini and Hochberg's step-up line (1995) walked
  online, as in Javanmard & Montanari's LOND (2015; Rebjock et al. 2021 use its kin for anomaly detection).
  score = z / z(q = rate). While the platform has an episode, all keywords' tests share its cause: LOND for dependent
  p-values divides the rate by the harmonic number of the day's tests, 14 for 10,000 keywords and 19 for a million.
  Of a platform with twice the posts it takes twice as many of a keyword's to be worth a look (`least_posts`).
* A keyword **without history** is as surprising as the number of new keywords that reach its count in a day is small,
  see `newcomers`.
* The **platform** is judged as a watch-listed keyword is, and must have changed by `platform_change`.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.domain.detector.count_tail import p_of, tail_z, z_of
from groundswell.domain.detector.newcomers import NewcomerTail

Floats = NDArray[np.float64]

WINDOW_SECONDS = (900, 3600, 21_600)
"""The trailing windows, shortest first; an alert shows the middle one's counts."""
HOUR, SIX_HOURS = 1, 2
HIGHEST_GATED_SCORE = 1.0
"""What a score is cut to where a condition for alerting does not hold: only above it is anomalous."""
HYSTERESIS = 0.7
"""An episode lives on while its score is at least this."""
LOOKS_PER_DAY = 96
"""Looks at a keyword that count in a day: quarter hours, though each 5 minutes are judged, for neighbouring looks share
most of their posts. With 288 instead, fewer alerts are false than may be, and large bursts are told too late."""
_HOUR_SHARE = 1 / 3


@dataclass(frozen=True)
class Thresholds:
    """When a keyword is worth an alert; one set for all keywords.

    Attributes
    ----------
    watchlist_z : float
        Weighted z at which a watch-listed keyword, or the platform, scores 1; above 0.
    false_discovery_rate : float
        Share of discovery's alerts that may be false, 0 to 1.
    minimum_posts : int
        Posts in the trailing hour below which discovery stays quiet.
    minimum_lift : float
        observed / expected below which discovery stays quiet: holidays and slow rises make less than this.
    maximum_document_frequency : float
        Share of all posts, 0 to 1, above which a keyword says nothing in discovery.
    platform_change : float
        Factor by which the platform must be above or below its expectation, above 1.
    """

    watchlist_z: float = 2.6
    false_discovery_rate: float = 0.1
    minimum_posts: int = 8
    minimum_lift: float = 3.0
    maximum_document_frequency: float = 0.2
    platform_change: float = 1.3


def least_posts(thresholds: Thresholds, platform_observed: Any, platform_expected: Any) -> Floats:
    """Return the posts in the trailing hour below which discovery stays quiet: they grow with the platform.

    Parameters
    ----------
    thresholds : Thresholds
    platform_observed, platform_expected : arrays of one shape
        Posts of the whole platform in the trailing hour; where fewer than expected, it takes as many as ever.

    >>> least_posts(Thresholds(), np.array([0, 1050, 2000]), 1000).tolist()
    [8.0, 8.0, 16.0]
    """
    volume = np.asarray(platform_observed, np.float64) / np.maximum(platform_expected, 1.0)
    least: Floats = np.rint(thresholds.minimum_posts * np.maximum(volume, 1.0))
    return least


def window_z(observed: Floats, expected: Floats, dispersions: Floats) -> Floats:
    """Return z of each trailing window.

    Parameters
    ----------
    observed, expected : array (..., 3)
        Posts in the trailing windows of `WINDOW_SECONDS`.
    dispersions : array (..., 2)
        Of one hour and of six; the shortest window takes the hour's.

    Returns
    -------
    array (..., 3)
    """
    return tail_z(observed, expected, dispersions[..., [0, 0, 1]])


def weighted_z(z: Floats) -> Floats:
    """Return the watch list's z, with sign: of the rise or of the drop, whichever is larger.

    Parameters
    ----------
    z : array (..., 3)

    Examples
    --------
    >>> weighted_z(np.array([[0.0, 6.0, 1.5], [0.0, -1.0, -4.0], [9.0, 0.0, 0.0]])).round(2).tolist()
    [3.0, -3.0, 0.0]
    """
    hour, six = z[..., HOUR], z[..., SIX_HOURS]

    def weigh(a: Floats, b: Floats) -> Floats:
        weighed: Floats = _HOUR_SHARE * np.maximum(a, 0) + (1 - _HOUR_SHARE) * np.maximum(b, 0)
        return weighed

    rise, drop = weigh(hour, six), weigh(-hour, -six)
    signed: Floats = np.where(rise >= drop, rise, -drop)
    return signed


def watchlist_scores(z: Floats, thresholds: Thresholds) -> Floats:
    """Return scores with sign: above 1 an anomalous rise, below -1 an anomalous drop."""
    scores: Floats = weighted_z(z) / thresholds.watchlist_z
    return scores


def platform_scores(z: Floats, observed: Floats, expected: Floats, thresholds: Thresholds) -> Floats:
    """Return the platform's scores with sign; at most 1 while neither its hour nor its six hours changed enough."""
    scores = watchlist_scores(z, thresholds)
    change = (observed[..., HOUR:] + 1) / (expected[..., HOUR:] + 1)
    enough = np.maximum(change, 1 / change).max(axis=-1) >= thresholds.platform_change
    return np.where(enough, scores, np.clip(scores, -HIGHEST_GATED_SCORE, HIGHEST_GATED_SCORE))


def discovery_z(
    z: Floats,
    observed: Floats,
    expected: Floats,
    document_frequency: Any,
    thresholds: Thresholds,
    least: Any = None,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return discovery's z of each keyword, and whether its conditions for an alert hold.

    Parameters
    ----------
    z, observed, expected : array (..., 3)
        Of the trailing windows.
    document_frequency : array (...)
        Share of all posts that mention the keyword, 0 to 1.
    thresholds : Thresholds
    least : array (...), optional
        See `least_posts`; without it, those of a platform as large as ever.
    """
    strongest = z.argmax(axis=-1)
    at = np.expand_dims(strongest, -1)
    lift = np.take_along_axis(observed, at, -1)[..., 0] / np.take_along_axis(expected, at, -1)[..., 0].clip(1e-9)
    enough = thresholds.minimum_posts if least is None else least
    may = (observed[..., HOUR] >= enough) & (lift >= thresholds.minimum_lift)
    may &= np.asarray(document_frequency) <= thresholds.maximum_document_frequency
    return np.take_along_axis(z, at, -1)[..., 0], may


def p_value(z: float) -> float:
    """Return discovery's p-value of its strongest z: three windows were looked at.

    >>> round(p_value(3.0), 5)
    0.00405
    """
    return min(3 * p_of(z), 1.0)


def q_value(p: float, keywords: int, recent_alerts: int, platform_in_episode: bool = False) -> float:
    """Return the false-discovery rate at which a p-value would just be an alert.

    Parameters
    ----------
    p : float
        See `p_value`.
    keywords : int
        Keywords that are tested at each tick.
    recent_alerts : int
        Discovery's alerts of the last 24 hours.
    platform_in_episode : bool
        Whether the platform has an open episode.

    >>> round(q_value(1e-9, 10_000, 1), 6), round(q_value(1e-9, 10_000, 1, platform_in_episode=True), 6)
    (0.00048, 0.006889)
    """
    return min(p / _p_per_rate(keywords, recent_alerts, platform_in_episode), 1.0)


def critical_z(keywords: int, recent_alerts: int, thresholds: Thresholds, platform_in_episode: bool = False) -> float:
    """Return discovery's threshold for z: where the q-value equals the false-discovery rate.

    >>> round(critical_z(10_000, 0, Thresholds()), 2), round(critical_z(10_000, 99, Thresholds()), 2)
    (5.39, 4.5)
    >>> round(critical_z(10_000, 0, Thresholds(), platform_in_episode=True), 2)
    5.85
    """
    p = thresholds.false_discovery_rate * _p_per_rate(keywords, recent_alerts, platform_in_episode)
    return z_of(min(p, 0.5) / 3)


def _p_per_rate(keywords: int, recent_alerts: int, platform_in_episode: bool) -> float:
    """Return the p-value that is just an alert, as a share of the false-discovery rate."""
    tests = LOOKS_PER_DAY * max(keywords, 1)
    harmonic = math.log(tests) + np.euler_gamma if platform_in_episode else 1.0
    return (recent_alerts + 1) / (tests * float(harmonic))


def newcomer_z(posts_in_hour: Floats, newcomers: NewcomerTail, keywords: int) -> Floats:
    """Return discovery's z of keywords without history: its q-value is the new keywords per day that reach as many.

    Parameters
    ----------
    posts_in_hour : array
        Posts in the trailing hour.
    newcomers : NewcomerTail
        How large new keywords become by themselves.
    keywords : int
        Keywords that are tested at each tick.

    >>> z = newcomer_z(np.array([8.0, 80.0]), NewcomerTail(per_day=10.0, tail=2.0), 10_000)
    >>> [round(q_value(p_value(value), 10_000, 0), 3) for value in z]
    [1.0, 0.025]
    """
    looks = LOOKS_PER_DAY * max(keywords, 1)
    z: Floats = np.array([z_of(min(newcomers.rate(posts) / looks, 0.5) / 3) for posts in posts_in_hour.tolist()])
    return z


def severity(score: float) -> str:
    """Return a word for a score: `low` up to 1.5, `medium` up to 2.5, else `high`.

    >>> [severity(s) for s in (1.1, 2.0, 4.0)]
    ['low', 'medium', 'high']
    """
    if abs(score) <= 1.5:
        return "low"
    return "medium" if abs(score) <= 2.5 else "high"
