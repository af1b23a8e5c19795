"""How far a keyword's trailing hour is from what its baseline expects, and whether that is worth an alert.

Score and threshold are separate things: `z` is how surprising a count is, the threshold how surprising it must be.

Counts are judged on the square-root scale, on which a Poisson count has a standard deviation of 1/2 whatever its mean
(Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 1948), so one threshold
serves small and large keywords:

    z = (root(observed) - root(expected)) / scale,   root(x) = sqrt(x + 3/8),   score = z / threshold

`groundswell.frames.scoring` is the same in Spark expressions, held against this module by property tests.
"""

import math
from dataclasses import dataclass

ANSCOMBE = 3 / 8
TRAILING_SECONDS = 3600
HIGHEST_GATED_SCORE = 1.0
"""What a score is cut to where a condition for alerting does not hold: only above it is anomalous."""


@dataclass(frozen=True)
class Thresholds:
    """When a keyword is worth an alert; one set for all keywords.

    Attributes
    ----------
    discovery_z : float
        z at which a keyword scores 1; above 0.
    watchlist_z : float
        The same for a watch-listed keyword.
    minimum_posts : int
        Posts in the trailing hour below which discovery stays quiet.
    minimum_lift : float
        observed / expected below which discovery stays quiet.
    maximum_document_frequency : float
        Share of all posts, 0 to 1, above which a keyword says nothing in either mode.
    """

    discovery_z: float
    watchlist_z: float
    minimum_posts: int
    minimum_lift: float
    maximum_document_frequency: float


@dataclass(frozen=True)
class Judgement:
    """One keyword's trailing hour, judged.

    Attributes
    ----------
    expected, lower, upper : float
        Posts expected in the hour and the band in which the score is below 1; `lower` is never below 0.
    z : float
        Distance in standard deviations; positive is more than expected.
    score : float
        0 or more; above 1 is an anomalous rise.
    """

    expected: float
    lower: float
    upper: float
    z: float
    score: float


def root(count: float) -> float:
    """Return the variance-steadying transform sqrt(count + 3/8).

    >>> root(0.625)
    1.0
    """
    return math.sqrt(count + ANSCOMBE)


def judge(
    observed: float,
    expected: float,
    scale: float,
    document_frequency: float,
    watched: bool,
    thresholds: Thresholds,
) -> Judgement:
    """Judge one trailing hour for a rise.

    Parameters
    ----------
    observed : float
        Posts in the trailing hour, 0 or more. In an hour that is not over yet this is too small, never too large, so
        that an early alert stands.
    expected : float
        Posts expected in a whole such hour, above 0; for a keyword without history the level of unseen keywords.
    scale : float
        Standard deviation of the residuals on the square-root scale, above 0; 0.5 for a Poisson count.
    document_frequency : float
        Share of all posts that mention the keyword, 0 to 1.
    watched : bool
        Whether it is on the watch list: the lower threshold, and no minimum of posts or lift.
    thresholds : Thresholds

    Returns
    -------
    Judgement

    Examples
    --------
    >>> plain = Thresholds(6.0, 4.0, 8, 2.0, 0.2)
    >>> round(judge(40, 4, 0.5, 0.001, False, plain).score, 2)
    1.42
    >>> [round(judge(9, 0.01, 0.5, 0.3, watched, plain).score, 2) for watched in (False, True)]  # in 30 % of posts
    [0.81, 1.0]
    """
    threshold = thresholds.watchlist_z if watched else thresholds.discovery_z
    z = (root(observed) - root(expected)) / scale
    score = max(z, 0.0) / threshold
    quiet = not watched and (observed < thresholds.minimum_posts or observed < thresholds.minimum_lift * expected)
    if quiet or document_frequency > thresholds.maximum_document_frequency:
        score = min(score, HIGHEST_GATED_SCORE)
    return Judgement(
        expected=expected,
        lower=max(max(root(expected) - threshold * scale, 0.0) ** 2 - ANSCOMBE, 0.0),
        upper=(root(expected) + threshold * scale) ** 2 - ANSCOMBE,
        z=z,
        score=score,
    )


def least_anomalous_count(thresholds: Thresholds, least_scale: float = 0.5) -> int:
    """Return the posts in a trailing hour below which no keyword can score above 1, however rare it is.

    >>> least_anomalous_count(Thresholds(6.0, 4.0, 8, 2.0, 0.2))
    7
    """
    smallest_z = min(thresholds.discovery_z, thresholds.watchlist_z)
    return math.ceil((root(0) + smallest_z * least_scale) ** 2 - ANSCOMBE)


def severity(score: float) -> str:
    """Return a word for a score: `low` up to 1.5, `medium` up to 2.5, else `high`.

    >>> [severity(s) for s in (1.1, 2.0, 4.0)]
    ['low', 'medium', 'high']
    """
    if score <= 1.5:
        return "low"
    return "medium" if score <= 2.5 else "high"
