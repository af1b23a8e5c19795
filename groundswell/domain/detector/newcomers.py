"""How often a keyword nobody ever saw reaches a count by itself: what a brand-new meme is compared with.

A keyword without history has no baseline, and new hashtags with a handful of posts are an everyday thing: friends, a
class, one author. So a new keyword's count is judged by how many new keywords reach it per day, a power law's tail

    rate(c) = rate(4) * (c / 4) ** -tail

with the tail of the new keywords' busiest hours (Hill, "A simple general approach to inference about the tail of a
distribution", Annals of Statistics 1975), shrunk as by three keywords towards 2.5.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.domain.detector.baseline import Flags, HourlyCounts

LEAST_PEAK = 4
_SETTLED_HOURS = 7 * 24  # what turns up later was not there in the first week
_FIRST_HOURS = 24
_PRIOR_TAIL = 2.5
_PRIOR_KEYWORDS = 3.0


@dataclass(frozen=True)
class NewcomerTail:
    """How many new keywords have a busiest hour of c posts or more.

    Attributes
    ----------
    per_day : float
        New keywords per day that reach 4 posts in an hour.
    tail : float
        Exponent of the power law, above 0; the larger, the rarer are large ones.
    """

    per_day: float
    tail: float

    def rate(self, posts: float) -> float:
        """Return the new keywords per day that reach so many posts in an hour.

        >>> NewcomerTail(10.0, 2.0).rate(40)
        0.1
        """
        return self.per_day * float((max(posts, LEAST_PEAK) / LEAST_PEAK) ** -self.tail)


def newcomer_peaks(counts: HourlyCounts, observed: Flags) -> NDArray[np.int64]:
    """Return the posts in the busiest hour of each new keyword's first day; 0 for keywords that aren't new.

    Parameters
    ----------
    counts : HourlyCounts
        Sorted by keyword, then hour.
    observed : array of bool
        For each hour of the history whether anything was read in it; a keyword is new when it turns up a week after the
        first of these, with a whole day left.
    """
    hours, settled = len(observed), int(observed.argmax()) + _SETTLED_HOURS
    keyword, hour = counts.keyword_index, counts.hour_index
    firsts = np.full(counts.keyword_count, hours, np.int64)
    np.minimum.at(firsts, keyword, hour)
    peaks = np.zeros(counts.keyword_count, np.int64)
    early = hour < firsts[keyword] + _FIRST_HOURS
    np.maximum.at(peaks, keyword[early], counts.posts[early].astype(np.int64))
    return np.where((firsts >= settled) & (firsts + _FIRST_HOURS <= hours), peaks, 0)


def newcomer_tail(large_peaks: int, sum_of_log_ratios: float, hours: int) -> NewcomerTail:
    """Return the tail from what the statistics add up to.

    Parameters
    ----------
    large_peaks : int
        New keywords with a peak of at least 4.
    sum_of_log_ratios : float
        Sum of ln(peak / 4) over these.
    hours : int
        Length of the history.

    >>> newcomer_tail(0, 0.0, 0)
    NewcomerTail(per_day=0.5, tail=2.5)
    """
    days = max((hours - _SETTLED_HOURS - _FIRST_HOURS) / 24, 1.0)
    # Counts are whole: a peak of 4 stands for 3.5 and more, hence the shift of half a step.
    shift = large_peaks * math.log(LEAST_PEAK / (LEAST_PEAK - 0.5))
    tail = (large_peaks + _PRIOR_KEYWORDS) / (sum_of_log_ratios + shift + _PRIOR_KEYWORDS / _PRIOR_TAIL)
    return NewcomerTail((large_peaks + 0.5) / days, tail)
