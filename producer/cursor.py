"""The moving place in one source, and what the sources of a replay have in common."""

from dataclasses import dataclass, replace

from producer.counts import Counts
from producer.positions import Position
from producer.sources import Source


@dataclass(slots=True)
class Track:
    """Times of the whole set of sources: the shift, its span, and the newest post so far in this pass."""

    shift_milliseconds: int | None = None
    oldest_seconds: int | None = None
    newest_seconds: int | None = None
    newest_in_pass: int = 0

    def begin_pass(self) -> None:
        """Move on by the data set's span, so that a loop's next pass follows the last one in time."""
        if self.oldest_seconds is not None and self.newest_seconds is not None:
            span_seconds = self.newest_seconds - self.oldest_seconds + 1
            self.shift_milliseconds = (self.shift_milliseconds or 0) + span_seconds * 1000
        self.newest_in_pass = 0


class Cursor:
    """How far one source has been replayed by now.

    Parameters
    ----------
    source : Source
        The source.
    key : str
        Of its position.
    position : Position
        Where to begin.
    """

    __slots__ = ("_begun", "counts", "finished", "key", "line_number", "offset", "pass_number", "source")

    def __init__(self, source: Source, key: str, position: Position) -> None:
        self.source = source
        self.key = key
        self._begun = position
        self.line_number = position.line_number
        self.offset = position.offset
        self.pass_number = position.pass_number
        self.finished = position.finished
        self.counts: Counts = position.counts.copy()

    @property
    def counts_this_run(self) -> Counts:
        """What was added since the replay was begun or taken up again."""
        return self.counts - self._begun.counts

    @property
    def mark(self) -> tuple[int, int, bool]:
        """A value that changes whenever there is something to commit."""
        return self.counts.read, self.pass_number, self.finished

    def begin_pass(self) -> None:
        """Go back to the source's start."""
        self.line_number = self.offset = 0
        self.pass_number += 1
        self.finished = False

    def position(self, track: Track) -> Position:
        """Return the position to be committed."""
        return replace(
            self._begun,
            line_number=self.line_number,
            offset=self.offset,
            finished=self.finished,
            pass_number=self.pass_number,
            counts=self.counts.copy(),
            shift_milliseconds=track.shift_milliseconds,
            oldest_seconds=track.oldest_seconds,
            newest_seconds=track.newest_seconds,
            newest_in_pass=track.newest_in_pass,
        )
