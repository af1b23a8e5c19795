"""What is normal for a keyword: a seasonal baseline by hour of week, shrunk, robust.

The posts c that mention a keyword in hour t are Poisson with mean `level * profile[hour of week of t]`.

* Hours in which the whole platform had no post are an outage: unobserved, not zero.
* Counts are winsorised at e + 5 sqrt(e + 1), e being the expectation of the pass before, so that a past
  burst teaches nothing; a peak that recurs every week raises e pass by pass and is learned. Down-weighting
  past outbreaks follows Noufaily et al. 2013 (improved Farrington).
* The level is an exponentially weighted mean (half-life 14 days).
* The profile is a gamma-Poisson posterior mean with the platform's profile as prior, so that a keyword with
  few posts keeps the platform's week (Clayton & Kaldor 1987, "Empirical Bayes estimates of age-standardized
  relative risks for use in disease mapping").
* The scale is a robust standard deviation of r = sqrt(c + 3/8) - sqrt(e + 3/8), which is 1/2 for a Poisson
  count (Anscombe 1948); scores divide by it.

`baseline_fit` fits many keywords at once; `plain_baseline` says the same for one keyword in plain Python,
and property tests hold both together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.integer[Any]]

HOURS_PER_WEEK = 168
_EPOCH_HOUR_OF_WEEK = 72  # 1970-01-01 was a Thursday; hour 0 is Monday 00:00 UTC


@dataclass(frozen=True)
class Parameters:
    """One set for every keyword.

    Attributes
    ----------
    half_life_hours : float
        Age at which an hour counts half.
    winsor_width : float
        Counts above e + width * sqrt(e + 1) are cut.
    passes : int
        Rounds of winsorising and fitting.
    prior_posts : float
        Weight of the platform's profile in each hour of week, as posts.
    minimum_posts_for_profile : float
        Weighted posts below which a keyword has the platform's profile.
    minimum_posts_for_scale : int
        Posts below which a keyword has `default_scale`.
    default_scale, smallest_scale : float
        Scale of rare keywords; floor of all others.
    """

    half_life_hours: float = 14 * 24.0
    winsor_width: float = 5.0
    passes: int = 8
    prior_posts: float = 10.0
    minimum_posts_for_profile: float = 336.0
    minimum_posts_for_scale: int = 100
    default_scale: float = 0.6
    smallest_scale: float = 0.5


@dataclass(frozen=True)
class History:
    """The hours that counts are given for.

    Attributes
    ----------
    start_epoch_hour : int
        First hour, in hours since 1970-01-01 00:00 UTC.
    observed : array of bool
        For each hour, whether the platform had any post.
    """

    start_epoch_hour: int
    observed: NDArray[np.bool_]

    @property
    def hours_of_week(self) -> NDArray[np.int64]:
        """Hour of week of each hour."""
        hours = np.arange(len(self.observed), dtype=np.int64)
        return (hours + self.start_epoch_hour + _EPOCH_HOUR_OF_WEEK) % HOURS_PER_WEEK

    def weights(self, half_life_hours: float) -> Floats:
        """Weight of each hour: 1 for the newest, half of it a half-life earlier, 0 where unobserved."""
        ages = np.arange(len(self.observed))[::-1]
        weights: Floats = np.where(self.observed, 0.5 ** (ages / half_life_hours), 0.0)
        return weights


@dataclass(frozen=True)
class HourlyCounts:
    """Posts of keywords 0..keyword_count-1 in the hours of a history; hours without posts are left out.

    Attributes
    ----------
    keyword_index, hour_index, posts : arrays of one length
        Each pair of keyword and hour at most once.
    keyword_count : int
        Number of keywords.
    """

    keyword_index: Integers
    hour_index: Integers
    posts: NDArray[Any]
    keyword_count: int


@dataclass(frozen=True)
class Baselines:
    """Fitted baselines of keywords 0..n-1.

    Attributes
    ----------
    levels : array (n,)
        Expected posts per hour, mean over the week; at least the unseen level.
    scales : array (n,)
        Robust standard deviation of sqrt residuals; at least 0.5.
    profiles : array (m, 168)
        Profiles, mean 1, of the m keywords that have their own.
    profile_rows : array (n,)
        Row of `profiles`; -1 for the platform's profile (cold start, rare keywords).
    """

    levels: Floats
    scales: Floats
    profiles: Floats
    profile_rows: NDArray[np.int64]


def hour_of_week(epoch_s: float) -> int:
    """Return the hour of week in 0..167 of a time; 0 is Monday 00:00 UTC.

    >>> hour_of_week(0), hour_of_week(4 * 86_400)
    (72, 0)
    """
    return int(epoch_s // 3600 + _EPOCH_HOUR_OF_WEEK) % HOURS_PER_WEEK


def expected_in_trailing_hour(
    level: float, profile: Sequence[float], bucket_start_epoch_s: int, bucket_seconds: int = 300
) -> float:
    """Return the posts expected in the hour that ends with a bucket's end.

    With w the part of that hour in the clock hour h of the bucket:
    level * (w * profile[h] + (1 - w) * profile[h - 1]).

    Parameters
    ----------
    level : float
        Posts per hour, mean over the week.
    profile : sequence of 168 floats
        Factor per hour of week, mean 1.
    bucket_start_epoch_s : int
        Start of the bucket.
    bucket_seconds : int
        Its length; divides an hour.

    >>> expected_in_trailing_hour(6.0, [1.0] * 72 + [2.0] * 96, 5 * 300)
    9.0
    """
    w = (bucket_start_epoch_s % 3600 + bucket_seconds) / 3600
    h = hour_of_week(bucket_start_epoch_s)
    return level * (w * profile[h] + (1 - w) * profile[h - 1])


def unseen_level(minimum_posts_per_day: int, observed_hours: int) -> float:
    """Return the posts per hour that a keyword without any history may be expected at.

    A keyword that isn't in the counts had at most `minimum_posts_per_day` - 1 posts on each day; nor can
    fewer than half a post in the observed hours be told from none (Jeffreys' prior). The larger of both.

    >>> unseen_level(2, 1344) == 1 / 24, unseen_level(1, 1000)
    (True, 0.0005)
    """
    return max((minimum_posts_per_day - 1) / 24, 0.5 / max(observed_hours, 1))
