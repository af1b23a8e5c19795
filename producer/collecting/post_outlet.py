"""Collected posts to the posts topic, by the sending of a replay, and to a file, in the form they came in."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from groundswell.errors import InputError, UnavailableError
from producer.collecting.feed_places import at as at_place
from producer.collecting.feed_places import begun, cursor_of, feed_key
from producer.collecting.feeds import Feed, FeedCursor
from producer.counts import Counts
from producer.cursor import Cursor, Track
from producer.options import Clock, ReplayOptions
from producer.positions import Fingerprint, Position
from producer.sender import Sender
from producer.sink import Sink
from producer.sources import Source


def line_of(item: Any) -> bytes:
    r"""Return what was received as one line of JSON; texts that end within an emoji are escaped.

    >>> line_of({"desc": "é"}), line_of({"desc": "\ud83d"})
    (b'{"desc":"\xc3\xa9"}', b'{"desc":"\\ud83d"}')
    """
    try:
        return json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(item, separators=(",", ":")).encode()


class LinesFile:
    """An ndjson file that grows page by page; beside it, how far it is good and the places of its feeds.

    A page that isn't committed is cut off again: when the file is closed, or when the next run opens it.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    places : dict
        Encoded positions by `feed_key`.

    Raises
    ------
    InputError
        It can't be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._beside = path.with_name(path.name + ".positions")
        try:
            self._file = path.open("ab")
            told = json.loads(self._beside.read_text("utf-8")) if self._beside.exists() else {}
            self.places: dict[str, str] = told.get("places", {})
            self._good_bytes = min(told.get("bytes", self._file.tell()), self._file.tell())
            self._file.truncate(self._good_bytes)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path} can't be written, or {self._beside.name} beside it not read: {error}",
                "name another file, or remove the one beside it",
            ) from error

    def add(self, lines: Sequence[bytes]) -> None:
        """Add lines, not yet for good."""
        with self._told():
            self._file.writelines(line + b"\n" for line in lines)

    def commit(self) -> None:
        """Bring the lines to the disk, then the places."""
        with self._told():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._good_bytes = self._file.tell()
            new = self._beside.with_name(self._beside.name + ".new")
            new.write_text(json.dumps({"bytes": self._good_bytes, "places": self.places}, ensure_ascii=False), "utf-8")
            new.replace(self._beside)

    def close(self) -> None:
        """Close the file, without what wasn't committed and without places that lead to nothing."""
        with contextlib.suppress(OSError):
            self._file.close()
            os.truncate(self.path, self._good_bytes)
            if all(Position.decode(place.encode()).finished for place in self.places.values()):
                self._beside.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UnavailableError(
                f"{self.path} can't be written on: {error.strerror}", "check the disk, then run the command again"
            ) from error


class PostOutlet:
    """Sends and writes posts.

    Parameters
    ----------
    sink : Sink
        Of the posts topic; a `DrySink` where they go to a file only.
    topic_prefix : str
    committed : Mapping
        Positions by `feed_key`.
    file : LinesFile or None
    now : callable
        Epoch seconds; posts are stamped with it.
    restart : bool
        Forget where an earlier run was cut.
    """

    def __init__(
        self,
        sink: Sink,
        topic_prefix: str,
        committed: Mapping[str, Position],
        file: LinesFile | None,
        now: Callable[[], float],
        restart: bool = False,
    ) -> None:
        self._sink = sink
        self._file = file
        self._committed = {} if restart else dict(committed)
        self._sender = Sender(sink, topic_prefix, ReplayOptions(Clock.WALL), Track(shift_milliseconds=0), now, None)
        self._cursor = Cursor(Source("", None), "", Position(Fingerprint(0, "")))
        self._before = Counts()

    @property
    def counts(self) -> Counts:
        """What became of the posts of all feeds."""
        return self._before + self._cursor.counts_this_run

    def begin(self, feed: Feed) -> FeedCursor:
        """Take up a feed."""
        self._before = self.counts
        key = feed_key(feed)
        position = begun(self._committed.get(key))
        self._cursor = Cursor(Source(feed.source, None), key, position)
        return cursor_of(position)

    def take(self, items: Sequence[Any]) -> None:
        """Send and write a page's posts; what is none becomes a dead letter."""
        lines = [line_of(item) for item in items]
        if self._file is not None:
            self._file.add(lines)
        self._sender.send(lines, self._cursor)

    def commit(self, at: FeedCursor, finished: bool) -> None:
        """Make what was taken count, together with the place."""
        position = at_place(self._cursor.position(Track()), at, finished)
        key = self._cursor.key
        if self._file is not None:
            self._file.places[key] = position.encode().decode()
            self._file.commit()
        self._sink.commit({key: position})
        self._committed[key] = position


def positions_in(file: LinesFile) -> dict[str, Position]:
    """Return the places that are kept beside a file."""
    return {key: Position.decode(place.encode()) for key, place in file.places.items()}
