"""When each post is due: by the posts' own rhythm or by a steady rate."""

from typing import Protocol

_CATCH_UP_SECONDS = 1.0


class Pacer(Protocol):
    """Says when the next post is due."""

    def due(self, event_seconds: float, now: float) -> float:
        """Return the monotonic time at which a post that happened at `event_seconds` is to be sent."""


class Rhythm:
    """The posts' own rhythm, sped up; a post out of order is due at once.

    Parameters
    ----------
    speed : float
        Seconds of the posts' time in one second.

    Examples
    --------
    >>> rhythm = Rhythm(speed=60)
    >>> rhythm.due(1000, now=5.0), rhythm.due(1120, now=5.1), rhythm.due(940, now=7.0)
    (5.0, 7.0, 4.0)
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._origin: tuple[float, float] | None = None

    def due(self, event_seconds: float, now: float) -> float:
        """Return the monotonic time at which a post is to be sent."""
        if self._origin is None:
            self._origin = (event_seconds, now)
        first_event, first_sent = self._origin
        return first_sent + (event_seconds - first_event) / self._speed


class SteadyRate:
    """So many posts per second; what was missed for longer than a second isn't caught up on.

    Parameters
    ----------
    rate : float
        Posts per second.

    Examples
    --------
    >>> rate = SteadyRate(10)
    >>> rate.due(0, now=1.0), rate.due(0, now=1.0), rate.due(0, now=9.0)
    (1.0, 1.1, 8.0)
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._next: float | None = None

    def due(self, event_seconds: float, now: float) -> float:
        """Return the monotonic time at which a post is to be sent."""
        due = now if self._next is None else max(self._next, now - _CATCH_UP_SECONDS)
        self._next = due + self._interval
        return due


def make_pacer(speed: float | None, rate: float | None) -> Pacer | None:
    """Return the pacer asked for; None for as fast as can be."""
    if rate is not None:
        return SteadyRate(rate)
    return Rhythm(speed) if speed is not None else None
