"""What people tell the detector: known events, and alerts that were no anomaly.

A known event (`SuppressionWindow`) and a dismissed alert (`Dismissal`) both keep the detector quiet while they last.
They teach the baseline opposite things. A known event is no part of a keyword's normal life: its hours count as
unobserved, they neither raise nor lower the baseline. A dismissed alert is normal life: its hours are taken at their
full count, where the baseline would otherwise cut a burst off.

All times are stream times in epoch seconds; an hour is named by its number since the epoch.
"""

from collections.abc import Iterable
from dataclasses import dataclass

HOUR_SECONDS = 3600
ONGOING_SECONDS = 24 * HOUR_SECONDS
"""So long the dismissal of an alert that is still open goes on: by then the nightly work has taught the baseline."""


@dataclass(frozen=True)
class SuppressionWindow:
    """A known event in [starts_s, ends_s); `keyword` None stands for every keyword and the platform."""

    keyword: str | None
    starts_s: int
    ends_s: int


@dataclass(frozen=True)
class Dismissal:
    """The time [starts_s, ends_s) of a dismissed alert of a keyword."""

    keyword: str
    starts_s: int
    ends_s: int


Told = SuppressionWindow | Dismissal
"""What people told, of either kind."""


def is_suppressed(keyword: str, at_s: int, windows: Iterable[Told], trailing_seconds: int = 0) -> bool:
    """Tell whether a keyword is to stay quiet at a moment.

    Parameters
    ----------
    keyword : str
    at_s : int
        The moment of judging.
    windows : iterable of SuppressionWindow or Dismissal
    trailing_seconds : int
        How far back the posts reach that are judged: as long as posts of an event are among them, it is suppressed.

    >>> launch = SuppressionWindow("newphone", 1000, 2000)
    >>> [is_suppressed("newphone", at_s, [launch]) for at_s in (999, 1000, 1999, 2000)]
    [False, True, True, False]
    >>> is_suppressed("newphone", 2000, [launch], trailing_seconds=60), is_suppressed("other", 1500, [launch])
    (True, False)
    """
    return any(
        window.keyword in (None, keyword) and window.starts_s <= at_s < window.ends_s + trailing_seconds
        for window in windows
    )


def hours_of(window: Told, first_hour: int, end_hour: int) -> range:
    """Return the hours in [first_hour, end_hour) that the window touches.

    >>> list(hours_of(SuppressionWindow(None, 3 * 3600 + 1, 5 * 3600), 0, 100))
    [3, 4]
    """
    start = max(window.starts_s // HOUR_SECONDS, first_hour)
    return range(start, max(start, min(-(-window.ends_s // HOUR_SECONDS), end_hour)))
