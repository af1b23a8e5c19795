"""When people post: the platform's expected posts in each hour, by language."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from producer.synthesize.languages import LANGUAGES

FloatArray = NDArray[np.float64]

# By the speakers' own clock, hour 0 first: asleep at four, on their phones at nine in the evening.
_LOCAL_HOURS = np.array(
    [0.7, 0.4, 0.25, 0.18, 0.15, 0.2, 0.35, 0.6, 0.75, 0.8, 0.85, 0.95,
     1.1, 1.1, 1.05, 1.15, 1.3, 1.45, 1.65, 1.9, 2.1, 2.15, 1.7, 1.17]
)  # fmt: skip
_LOCAL_HOURS = _LOCAL_HOURS / _LOCAL_HOURS.mean()
_WEEKEND_FACTOR = 1.3
_WEEKLY_GROWTH = 0.02

_OFFSETS = np.array([language.utc_offset_hours for language in LANGUAGES])
_SHARES = np.array([language.share for language in LANGUAGES])
_SHARES = _SHARES / _SHARES.sum()


def local_hours() -> NDArray[np.int64]:
    """Return the local hour (0..23) of each UTC hour (rows) and language (columns)."""
    return np.asarray((np.arange(24)[:, None] + _OFFSETS[None, :]) % 24, np.int64)


def local_weekend(day: date) -> NDArray[np.bool_]:
    """Return, for each UTC hour (rows) and language (columns), whether it is Saturday or Sunday there."""
    days_off = np.floor_divide(np.arange(24)[:, None] + _OFFSETS[None, :], 24)
    return np.asarray((day.weekday() + days_off) % 7 >= 5)


def expected_posts(day: date, first_day: date, posts_per_day: float) -> FloatArray:
    """Return the expected ordinary posts of a day, by UTC hour (rows) and language (columns).

    Parameters
    ----------
    day, first_day : date
        The day, and the first of the data set: the platform grows by 2 % a week from there.
    posts_per_day : float
        Mean over the first week.
    """
    weekend = np.where(local_weekend(day), _WEEKEND_FACTOR, 1.0) / ((5 + 2 * _WEEKEND_FACTOR) / 7)
    growth = (1 + _WEEKLY_GROWTH) ** ((day - first_day).days / 7)
    result: FloatArray = posts_per_day / 24 * growth * _SHARES[None, :] * _LOCAL_HOURS[local_hours()] * weekend
    return result
