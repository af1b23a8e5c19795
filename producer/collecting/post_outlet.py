"""Collected posts to the posts topic, by the sending of a replay, and to a file, in the form they came in."""

import contextlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groundswell.errors import InputError
from producer.collecting.feeds import Feed, FeedCursor
from producer.counts import Counts
from producer.cursor import Cursor, Track
from producer.options import Clock, ReplayOptions
from producer.positions import Fingerprint, Position
from producer.sender import Sender
from producer.sink import Sink
from producer.sources import Source


def feed_key(feed: Feed) -> str:
    """Return the key that a feed's position is kept under."""
    return json.dumps({"feed": feed.source}, ensure_ascii=False)


def line_of(item: Any) -> bytes:
    r"""Return what was received as one line of JSON; texts that end within an emoji are escaped.

    >>> line_of({"desc": "é"}), line_of({"desc": "\ud83d"})
    (b'{"desc":"\xc3\xa9"}', b'{"desc":"\\ud83d"}')
    """
    try:
        return json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(item, separators=(",", ":")).encode()


@dataclass
class LinesFile:
    """An ndjson file that grows page by page, with the places of its feeds in a file beside it.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        It can't be written.
    """

    path: Path
    places: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._positions_path = self.path.with_name(self.path.name + ".positions")
        try:
            self._file = self.path.open("ab")
            self.places = json.loads(self._positions_path.read_text("utf-8")) if self._positions_path.exists() else {}
        except (OSError, ValueError) as error:
            raise InputError(f"{self.path} can't be written, or what is beside it not read: {error}",
                             f"name another file, or remove {self._positions_path}") from error  # fmt: skip

    def add(self, lines: Sequence[bytes]) -> None:
        """Add lines, not yet for good."""
        self._file.writelines(line + b"\n" for line in lines)

    def commit(self) -> None:
        """Bring the lines to the disk, then the places."""
        self._file.flush()
        os.fsync(self._file.fileno())
        beside = self._positions_path.with_name(self._positions_path.name + ".new")
        beside.write_text(json.dumps(self.places, ensure_ascii=False), "utf-8")
        beside.replace(self._positions_path)

    def close(self) -> None:
        """Close the file, without places that lead to nothing."""
        self._file.close()
        if not any(not Position.decode(place.encode()).finished for place in self.places.values()):
            with contextlib.suppress(OSError):
                self._positions_path.unlink()


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
        begun = self._committed.get(key)
        if begun is None or begun.finished:
            begun = Position(Fingerprint(0, ""), clock=Clock.WALL)
        self._cursor = Cursor(Source(feed.source, None), key, begun)
        return FeedCursor(**json.loads(begun.feed_cursor)) if begun.feed_cursor else FeedCursor()

    def take(self, items: Sequence[Any]) -> None:
        """Send and write a page's posts; what is none becomes a dead letter."""
        lines = [line_of(item) for item in items]
        if self._file is not None:
            self._file.add(lines)
        self._sender.send(lines, self._cursor)

    def commit(self, at: FeedCursor, finished: bool) -> None:
        """Make what was taken count, together with the place."""
        place = json.dumps({"place": at.place, "search_id": at.search_id})
        self._cursor.finished = finished
        position = replace(self._cursor.position(Track()), feed_cursor=place)
        key = self._cursor.key
        if self._file is not None:
            self._file.places[key] = position.encode().decode()
            self._file.commit()
        self._sink.commit({key: position})
        self._committed[key] = position


def positions_in(file: LinesFile) -> dict[str, Position]:
    """Return the places that are kept beside a file."""
    return {key: Position.decode(place.encode()) for key, place in file.places.items()}
