"""How a replay is to be done."""

from dataclasses import dataclass
from enum import StrEnum

from groundswell.errors import InputError


class Clock(StrEnum):
    """Which time a post's `time_stamp` tells."""

    EVENT = "event"
    WALL = "wall"


@dataclass(frozen=True)
class ReplayOptions:
    """A replay's options; times are epoch seconds, UTC.

    Parameters
    ----------
    clock : Clock
        Event: creation time, shifted; wall: the moment of sending.
    speed : float or None
        Seconds of the posts' time that go by in one second; None: as fast as can be.
    start_seconds : int or None
        Where the first sent post's creation time is shifted to (event clock).
    rate : float or None
        Posts per second at most.
    from_seconds, until_seconds : int or None
        Creation times outside [from, until) aren't sent.
    loop : bool
        Begin anew at the end.
    limit : int or None
        Stop after this many posts.
    restart : bool
        Forget how far the files were replayed before.
    """

    clock: Clock = Clock.EVENT
    speed: float | None = None
    start_seconds: int | None = None
    rate: float | None = None
    from_seconds: int | None = None
    until_seconds: int | None = None
    loop: bool = False
    limit: int | None = None
    restart: bool = False

    def check(self) -> None:
        """Refuse options that contradict each other.

        Raises
        ------
        InputError
            Naming the two.
        """
        if self.rate is not None and self.speed is not None:
            raise InputError("--rate and --speed both set the pace", "give one of them")
        if self.start_seconds is not None and self.clock is Clock.WALL:
            raise InputError("--start shifts creation times, which --clock wall does not use", "give one of them")
        if self.from_seconds is not None and self.until_seconds is not None and self.from_seconds >= self.until_seconds:
            raise InputError("--from is not before --until", "no post could fit; change one of them")
