"""What is normal for a keyword: a seasonal baseline, relative to the whole platform, robust and always past only.

The posts c that mention a keyword in slot t (an hour of the history) have the mean

    level * profile[slot of the week] * exposure[t]

* **Exposure** is the platform's volume in t relative to what its own baseline says it is now: growth, a scraper that
  doubles its rate and an outage (0: unobserved, not zero) are no keyword's doing. A keyword is judged by its share.
* **Level**: exponentially weighted mean, half-life 2 days, held by a slow one (14 days) as by 10 posts, so that a rare
  keyword's level doesn't jump.
* **Profile**: the platform's week x the keyword's own day (half-life 5 days) x its own week (4 weeks). Each factor is
  found / expected posts, shrunk towards 1 by a number of posts (Clayton & Kaldor 1987, gamma-Poisson) and of days, so
  that a keyword with few posts, or few days, keeps the platform's week.
* Counts are **winsorised** at m +- 4 (a + 1/4) on the square-root scale, m the expectation and a the mean absolute
  deviation (half-life 1 day): a past burst teaches nothing, a level that stays is learned (Noufaily et al. 2013
  down-weight past outbreaks for the same end).
* **Dispersion**, variance / mean of the counts of one hour and of six, from r = sqrt(c + 3/8) - sqrt(e + 3/8) (Anscombe
  1948; a Poisson count gives 1/4), where e is what was known *before* each slot: what the next hours bring beyond what
  the past foretold, the errors of level and profile included.
* **Cold start**: without history a keyword is expected at the level of unseen keywords; until it has 100 posts it has
  the platform's profile and the dispersion of rare keywords.

`seasonal_fit` fits series given whole, `baseline_fit` a million keywords given by their hours with posts; both are held
against `plain_baseline`, one keyword in plain Python, by property tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.integer[Any]]

ANSCOMBE = 3 / 8
HOUR_SECONDS = 3600
DAY_SECONDS = 86_400
WEEK_SECONDS = 604_800
HOURS_PER_WEEK = 168
_EPOCH_DAYS_INTO_WEEK = 3  # 1970-01-01 was a Thursday; slot 0 is Monday 00:00 UTC


@dataclass(frozen=True)
class Parameters:
    """One set for every keyword; times in slots, which are hours unless the data are coarser.

    Attributes
    ----------
    level_half_life_slots, slow_half_life_slots : float
        Age at which a slot counts half, for the level and for the slow level that holds it.
    level_prior_posts : float
        Weight of the slow level, as posts.
    daily_half_life_slots, weekly_half_life_slots : float
        The same for the own day and the own week.
    daily_prior_days, weekly_prior_weeks, profile_prior_posts : float
        How strongly both are shrunk towards 1, as days, weeks and posts.
    winsor_width, winsor_margin, spread_half_life_slots : float
        Counts beyond m +- width (a + margin) are cut; half-life of a.
    passes : int
        Rounds of winsorising and fitting.
    refresh_slots : int
        How long a baseline is judged by before it is fitted anew.
    burn_in_slots : int
        Slots at the start of a history whose errors say nothing yet.
    long_window_slots : int
        Length of the second dispersion's window.
    dispersion_half_life_slots, dispersion_margin : float
        Half-life of the dispersions; what is added for their own uncertainty.
    rare_dispersion : float
        Dispersion of keywords with fewer posts than `minimum_posts_for_profile`.
    minimum_posts_for_profile : int
        Posts in the history from which on a keyword has a profile and dispersions of its own.
    """

    level_half_life_slots: float = 48
    slow_half_life_slots: float = 14 * 24
    level_prior_posts: float = 10
    daily_half_life_slots: float = 5 * 24
    weekly_half_life_slots: float = 28 * 24
    daily_prior_days: float = 2
    weekly_prior_weeks: float = 1
    profile_prior_posts: float = 10
    winsor_width: float = 4
    winsor_margin: float = 0.25
    spread_half_life_slots: float = 24
    passes: int = 2
    refresh_slots: int = 6
    burn_in_slots: int = 24
    long_window_slots: int = 6
    dispersion_half_life_slots: float = 14 * 24
    dispersion_margin: float = 0.25
    rare_dispersion: float = 2.0
    minimum_posts_for_profile: int = 100

    def for_slots(self, slot_seconds: int) -> "Parameters":
        """Return the parameters for slots longer than an hour: the same times, but never fewer than some slots.

        >>> Parameters().for_slots(86_400).level_half_life_slots, Parameters().for_slots(3600) == Parameters()
        (8, True)
        """
        hours = slot_seconds / HOUR_SECONDS
        if hours <= 1:
            return self
        return replace(
            self,
            level_half_life_slots=max(self.level_half_life_slots / hours, 8),
            slow_half_life_slots=max(self.slow_half_life_slots / hours, 28),
            daily_half_life_slots=max(self.daily_half_life_slots / hours, 8),
            weekly_half_life_slots=max(self.weekly_half_life_slots / hours, 28),
            spread_half_life_slots=max(self.spread_half_life_slots / hours, 8),
            dispersion_half_life_slots=max(self.dispersion_half_life_slots / hours, 28),
            refresh_slots=max(round(self.refresh_slots / hours), 1),
            burn_in_slots=max(round(self.burn_in_slots / hours), 8),
            long_window_slots=max(round(self.long_window_slots / hours), 2),
        )


@dataclass(frozen=True)
class Season:
    """Where in the week the slots of a series lie.

    Attributes
    ----------
    start_epoch_s : int
        Start of the first slot; a multiple of `slot_seconds`.
    slot_seconds : int
        Length of a slot; divides a day.
    """

    start_epoch_s: int
    slot_seconds: int = HOUR_SECONDS

    @property
    def slots_per_day(self) -> int:
        """Number of slots in a day."""
        return DAY_SECONDS // self.slot_seconds

    @property
    def slots_per_week(self) -> int:
        """Number of slots in a week."""
        return WEEK_SECONDS // self.slot_seconds

    def slots(self, count: int) -> NDArray[np.int64]:
        """Return the slot of the week of the first `count` slots; 0 begins on Monday 00:00 UTC.

        >>> Season(4 * 86_400).slots(3).tolist()
        [0, 1, 2]
        """
        first = self.start_epoch_s // self.slot_seconds + _EPOCH_DAYS_INTO_WEEK * self.slots_per_day
        return (first + np.arange(count, dtype=np.int64)) % self.slots_per_week


@dataclass(frozen=True)
class History:
    """The hours (or longer slots) that counts are given for.

    Attributes
    ----------
    season : Season
        Where in the week they lie.
    exposure : array of float
        For each the platform's volume relative to its baseline as it is now; 0 in an outage.
    """

    season: Season
    exposure: Floats


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


def _none() -> NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class TaughtHours:
    """What people said of single hours; arrays of keyword and hour indices, pairwise.

    Attributes
    ----------
    left_out_keywords, left_out_hours : arrays of one length
        Hours of a known event: unobserved for this keyword.
    whole_keywords, whole_hours : arrays of one length
        Hours of a dismissed alert: "this is normal", not winsorised.
    """

    left_out_keywords: Integers = field(default_factory=_none)
    left_out_hours: Integers = field(default_factory=_none)
    whole_keywords: Integers = field(default_factory=_none)
    whole_hours: Integers = field(default_factory=_none)


@dataclass(frozen=True)
class Baselines:
    """Fitted baselines of keywords 0..n-1.

    Attributes
    ----------
    levels : array (n,)
        Expected posts per hour, mean over the week; at least the unseen level.
    dispersions : array (n, 2)
        Variance / mean of the counts of one hour and of six; 1 or more.
    profiles : array (m, 168)
        Profiles, mean 1, of the m keywords that have their own.
    profile_rows : array (n,)
        Row of `profiles`; -1 for the platform's profile (cold start, rare keywords).
    """

    levels: Floats
    dispersions: Floats
    profiles: Floats
    profile_rows: NDArray[np.int64]


def slot_of_week(epoch_s: Any, slot_seconds: int = HOUR_SECONDS) -> Any:
    """Return the slot of the week of a time or an array of times; 0 begins on Monday 00:00 UTC.

    >>> slot_of_week(0), slot_of_week(4 * 86_400)
    (72, 0)
    """
    return (epoch_s // slot_seconds + _EPOCH_DAYS_INTO_WEEK * DAY_SECONDS // slot_seconds) % (
        WEEK_SECONDS // slot_seconds
    )


def expected_in_buckets(
    level: float,
    profile: Sequence[float],
    exposure: Sequence[float],
    first_bucket_epoch_s: int,
    bucket_seconds: int = 300,
) -> list[float]:
    """Return the posts expected in buckets: level * profile[hour of week] * exposure * bucket / hour.

    Parameters
    ----------
    level : float
        Posts per hour, mean over the week.
    profile : sequence of 168 floats
        Factor per hour of week, mean 1.
    exposure : sequence of float
        The platform's volume in each bucket relative to its baseline.
    first_bucket_epoch_s, bucket_seconds : int
        Start of the first bucket, and their length, which divides an hour.

    >>> expected_in_buckets(12.0, [1.0] * 72 + [2.0] * 96, [1.0, 0.5], 0)
    [2.0, 1.0]
    """
    share = bucket_seconds / HOUR_SECONDS
    starts = (first_bucket_epoch_s + number * bucket_seconds for number in range(len(exposure)))
    return [level * profile[slot_of_week(start)] * x * share for start, x in zip(starts, exposure, strict=True)]


def exposure_of(observed: Floats, expected: Floats, prior_posts: float) -> Floats:
    """Return the platform's volume relative to its baseline, 0 where it had no post at all.

    (observed + prior) / (expected + prior): a small platform's noise is not taken for a trend.

    Parameters
    ----------
    observed, expected : array
        Posts of the whole platform in each bucket or hour.
    prior_posts : float
        See above.

    >>> exposure_of(np.array([0.0, 40, 90]), np.array([40.0, 40, 40]), 10).tolist()
    [0.0, 1.0, 2.0]
    """
    exposure: Floats = np.where(observed > 0, (observed + prior_posts) / (expected + prior_posts), 0.0)
    return exposure


def unseen_level(minimum_posts_per_day: int, observed_hours: int) -> float:
    """Return the posts per hour that a keyword without any history may be expected at.

    A keyword that isn't in the counts had at most `minimum_posts_per_day` - 1 posts on each day; nor can
    fewer than half a post in the observed hours be told from none (Jeffreys' prior). The larger of both.

    >>> unseen_level(2, 1344) == 1 / 24, unseen_level(1, 1000)
    (True, 0.0005)
    """
    return max((minimum_posts_per_day - 1) / 24, 0.5 / max(observed_hours, 1))
