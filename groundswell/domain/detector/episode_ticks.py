"""Episodes of many keywords tick by tick, on arrays.

An episode opens at a score above 1 and lives on while the score is at least `HYSTERESIS`. It is closed after an hour
below that, and its keyword then rests for six hours: an echo is no news.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from groundswell.domain.detector.baseline import Flags, Floats
from groundswell.domain.detector.score import HIGHEST_GATED_SCORE, HYSTERESIS, Thresholds, critical_z

QUIET_SECONDS = 3600
"""An episode whose score was below `HYSTERESIS` for so long is over."""
COOL_DOWN_SECONDS = 6 * 3600
"""So long after its end no other episode of the keyword opens."""
_DAY_SECONDS = 86_400


@dataclass
class EpisodeTicks:
    """Which of K keywords have an open episode.

    Attributes
    ----------
    keyword_count, interval_seconds : int
        K, and the length of a tick.
    opened : list of (tick, keyword)
        Every opening so far.
    """

    keyword_count: int
    interval_seconds: int
    opened: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open = np.zeros(self.keyword_count, bool)
        self._alive_at = np.full(self.keyword_count, -(10**9), np.int64)
        self._rests_until = np.full(self.keyword_count, -(10**9), np.int64)
        self._quiet_ticks = -(-QUIET_SECONDS // self.interval_seconds)
        self._cool_down_ticks = -(-COOL_DOWN_SECONDS // self.interval_seconds)

    def step(self, tick: int, scores: Floats) -> tuple[Flags, Flags]:
        """Carry all episodes through one tick.

        Parameters
        ----------
        tick : int
            Later than the one before.
        scores : array (K,)
            Without sign; above 1 is anomalous.

        Returns
        -------
        opened, is_open : arrays (K,) of bool
        """
        over = self._open & (tick - self._alive_at > self._quiet_ticks)
        self._open &= ~over
        self._rests_until[over] = self._alive_at[over] + self._quiet_ticks + self._cool_down_ticks
        opened: Flags = ~self._open & (scores > 1) & (tick > self._rests_until)
        self._open |= opened
        self._alive_at[self._open & ((scores >= HYSTERESIS) | opened)] = tick
        self.opened += [(tick, int(keyword)) for keyword in np.flatnonzero(opened)]
        return opened, self._open.copy()

    def openings_within_day(self, tick: int) -> int:
        """Return the number of openings in the 24 hours before a tick, that tick not among them."""
        first = tick - _DAY_SECONDS // self.interval_seconds
        count = 0
        for when, _ in reversed(self.opened):
            if when < first:
                break
            count += when < tick
        return count


def discover(
    episodes: EpisodeTicks,
    first_tick: int,
    z: Floats,
    may: Flags,
    thresholds: Thresholds,
    platform_in_episode: Flags | None = None,
) -> Iterator[tuple[int, Floats, Flags]]:
    """Yield tick, discovery's scores and openings, each tick by the threshold that the day's alerts before it gave.

    Parameters
    ----------
    episodes : EpisodeTicks
        Carried on.
    first_tick : int
        Of m ticks.
    z, may : arrays (K, m)
        Of `groundswell.domain.detector.score.discovery_z`.
    thresholds : Thresholds
    platform_in_episode : array (m,) of bool, optional
        Whether the platform, judged first, has an open episode at each tick; without it, never.
    """
    shared_cause = np.zeros(z.shape[1], bool) if platform_in_episode is None else platform_in_episode
    for column in range(z.shape[1]):
        tick = first_tick + column
        recent_alerts = episodes.openings_within_day(tick)
        critical = critical_z(episodes.keyword_count, recent_alerts, thresholds, bool(shared_cause[column]))
        scores = np.maximum(z[:, column], 0) / critical
        scores = np.where(may[:, column], scores, np.minimum(scores, HIGHEST_GATED_SCORE))
        opened, _ = episodes.step(tick, scores)
        yield tick, scores, opened
