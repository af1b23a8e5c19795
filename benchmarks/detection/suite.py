"""What a planted-burst suite is made of: counts, and the truth about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

TICK_MINUTES = 5
TICK_SECONDS = 60 * TICK_MINUTES
TICKS_PER_HOUR = 12
TICKS_PER_DAY = 24 * TICKS_PER_HOUR
TICKS_PER_WEEK = 7 * TICKS_PER_DAY

Shape = Literal["pulse", "ramp", "level", "new"]


@dataclass(frozen=True)
class Burst:
    """A planted burst.

    Attributes
    ----------
    keyword : int
        Row of the suite's counts.
    start_tick, end_tick : int
        From the first tick to the one after the last.
    factor : float
        Posts expected in the whole burst as a multiple of what the keyword would have had without it; infinite for a
        keyword that did not exist before (shape `new`).
    shape : {"pulse", "ramp", "level", "new"}
        Sharp rise that decays, linear rise, constant, or a meme never seen before.
    expected_per_hour : float
        Posts an hour that the keyword would have had in that time; 0 for shape `new`.
    """

    keyword: int
    start_tick: int
    end_tick: int
    factor: float
    shape: Shape
    expected_per_hour: float

    @property
    def minutes(self) -> int:
        """Duration."""
        return (self.end_tick - self.start_tick) * TICK_MINUTES


@dataclass(frozen=True)
class Excuse:
    """Ticks of a keyword in which an alert that begins is neither true nor false, such as a lasting change of level.

    Attributes
    ----------
    keyword : int
        Row of the suite's counts.
    start_tick, end_tick : int
        From the first tick to the one after the last.
    reason : {"level shift", "meme"}
        What happened.
    """

    keyword: int
    start_tick: int
    end_tick: int
    reason: Literal["level shift", "meme"]


@dataclass(frozen=True)
class PlatformEvent:
    """Something that happens to the whole platform; expected is one platform alert and none of any keyword.

    Attributes
    ----------
    kind : {"doubled", "outage"}
        Every rate times two, or no post at all.
    start_tick, end_tick : int
        From the first tick to the one after the last.
    """

    kind: Literal["doubled", "outage"]
    start_tick: int
    end_tick: int


@dataclass(frozen=True)
class Suite:
    """Counts of synthetic keywords with the truth about them.

    Attributes
    ----------
    counts : int32 array (keywords, ticks)
        Posts that mention a keyword, per 5 minutes.
    platform : int64 array (ticks,)
        Posts of the whole platform per 5 minutes, those without any of the keywords included.
    start_epoch_s : int
        Start of the first tick, a Monday 00:00 UTC.
    history_ticks : int
        Ticks before judging begins, whole days.
    bursts : tuple of Burst
        In judged ticks, never two of a keyword.
    excuses : tuple of Excuse
        At most one a keyword.
    event : PlatformEvent, optional
        What happens to the whole platform.
    traits : mapping of str to array
        Keywords with something special about their ordinary life, to say what kind rings falsely.
    """

    counts: NDArray[np.int32]
    platform: NDArray[np.int64]
    start_epoch_s: int
    history_ticks: int
    bursts: tuple[Burst, ...] = ()
    excuses: tuple[Excuse, ...] = ()
    event: PlatformEvent | None = None
    traits: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    @property
    def keywords(self) -> int:
        """Number of keywords."""
        return int(self.counts.shape[0])

    @property
    def ticks(self) -> int:
        """Number of ticks, history included."""
        return int(self.counts.shape[1])

    @property
    def judged_days(self) -> float:
        """Days that are judged."""
        return (self.ticks - self.history_ticks) / TICKS_PER_DAY
