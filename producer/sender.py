"""The hot loop: each line checked, stamped and produced, or sent to the dead letters."""

from collections.abc import Callable, Sequence

from groundswell.contracts.topics import (
    CONTRACT_VERSION,
    DEAD_LETTERS,
    HEADER_CONTRACT_VERSION,
    HEADER_LINE_NUMBER,
    HEADER_SOURCE,
    MAXIMUM_RECORD_BYTES,
    POSTS,
)
from groundswell.domain.record import FUTURE_ALLOWANCE_SECONDS, NotAPostError, splice_time_stamp
from producer.cursor import Cursor, Track
from producer.dead_letters import dead_letter_headers
from producer.line_check import REASON_TOO_LARGE, check_line
from producer.lines import Line, OversizedLine, strip_byte_order_mark
from producer.options import Clock, ReplayOptions
from producer.sink import Headers, Sink

# One more than a record may have: a carriage return, which isn't part of the line, may stand there.
READ_LIMIT_BYTES = MAXIMUM_RECORD_BYTES + 1
_VERSION = (HEADER_CONTRACT_VERSION, b"%d" % CONTRACT_VERSION)


class LimitReached(Exception):  # noqa: N818 - a wish fulfilled, not an error
    """As many posts as asked for were sent."""


class Sender:
    """Deals with lines.

    Parameters
    ----------
    sink : Sink
        Where records go.
    topic_prefix : str
        Of the settings.
    options : ReplayOptions
        Clock, filters and limit.
    track : Track
        Shared times; kept up to date.
    now : callable
        Epoch seconds.
    wait : callable or None
        Called with a post's event time in seconds before it is sent; returns when it is due. May raise.
    """

    def __init__(
        self,
        sink: Sink,
        topic_prefix: str,
        options: ReplayOptions,
        track: Track,
        now: Callable[[], float],
        wait: Callable[[float], None] | None,
    ) -> None:
        self._sink = sink
        self._posts_topic = POSTS.name(topic_prefix)
        self._dead_letters_topic = DEAD_LETTERS.name(topic_prefix)
        self._wall = options.clock is Clock.WALL
        self._start_seconds = options.start_seconds
        self._from_seconds = options.from_seconds or 0
        self._until_seconds = options.until_seconds or 1 << 62
        self._left = -1 if options.limit is None else options.limit
        self._track = track
        self._now = now
        self._wait = wait

    def send(self, lines: Sequence[Line], cursor: Cursor) -> None:
        """Deal with lines and move the cursor behind them.

        When there is pacing, the lines go one by one, as whoever is called while it waits may commit the cursor.

        Raises
        ------
        LimitReached
            The cursor stands behind the last post asked for.
        """
        if self._wait is None:
            self._send(lines, cursor)
        else:
            for line in lines:
                self._send((line,), cursor)

    def _send(self, lines: Sequence[Line], cursor: Cursor) -> None:  # noqa: PLR0912, PLR0915 - the hot loop
        latest_seconds = int(self._now()) + FUTURE_ALLOWANCE_SECONDS
        produce, topic, counts, track = self._sink.produce, self._posts_topic, cursor.counts, self._track
        from_seconds, until_seconds, wall, wait, now = (
            self._from_seconds, self._until_seconds, self._wall, self._wait, self._now,
        )  # fmt: skip
        source_header = (HEADER_SOURCE, cursor.source.name.encode("utf-8", "replace"))
        newest = track.newest_in_pass
        oldest_seen, newest_seen = 1 << 62, 0
        sent = done = 0
        line_number = cursor.line_number
        for whole_line in lines:
            line = whole_line
            line_number += 1
            done += 1
            try:
                if not isinstance(line, bytes):
                    raise NotAPostError(REASON_TOO_LARGE, f"{line.length} bytes, at most {MAXIMUM_RECORD_BYTES}")
                if line[-1:] == b"\r":
                    line = line[:-1]
                if line_number == 1:
                    line = strip_byte_order_mark(line)
                if not line or line.isspace():
                    counts.blank += 1
                    continue
                if len(line) > MAXIMUM_RECORD_BYTES:
                    raise NotAPostError(REASON_TOO_LARGE, f"{len(line)} bytes, at most {MAXIMUM_RECORD_BYTES}")
                has_time_stamp, key, created = check_line(line, latest_seconds)
            except NotAPostError as error:
                self._send_dead_letter(line, error, cursor.source.name, line_number)
                counts.add_dead_letter(error.reason)
                continue
            if not from_seconds <= created < until_seconds:
                counts.outside += 1
                continue
            shift = track.shift_milliseconds
            if shift is None:
                shift = self._first_shift(created)
            time_stamp = created * 1000 + shift
            if wait is not None:
                wait(time_stamp / 1000)
            if wall:
                time_stamp = int(now() * 1000)
            headers: Headers = [source_header, (HEADER_LINE_NUMBER, b"%d" % line_number), _VERSION]
            value = splice_time_stamp(line, time_stamp, has_time_stamp)
            try:
                produce(topic, value, key, timestamp=time_stamp, headers=headers)
            except BufferError:
                self._produce_later(topic, value, key, time_stamp, headers)
            sent += 1
            if created >= newest:
                newest = created
                newest_seen = max(newest_seen, created)
            else:
                counts.out_of_order += 1
            oldest_seen = min(oldest_seen, created)
            if sent == self._left:
                break
        handled = lines[:done]
        length = sum(map(len, handled)) + done
        cursor.line_number = line_number
        cursor.offset += length
        counts.sent += sent
        counts.read += done
        counts.bytes_read += length
        if sent:
            self._note_times(newest, oldest_seen, newest_seen)
            self._left -= sent
            if self._left == 0:
                raise LimitReached

    def _first_shift(self, created_seconds: int) -> int:
        start = created_seconds if self._start_seconds is None else self._start_seconds
        self._track.shift_milliseconds = (start - created_seconds) * 1000
        return self._track.shift_milliseconds

    def _note_times(self, newest: int, oldest_seen: int, newest_seen: int) -> None:
        track = self._track
        track.newest_in_pass = newest
        track.oldest_seconds = min(track.oldest_seconds or oldest_seen, oldest_seen)
        track.newest_seconds = max(track.newest_seconds or 0, newest_seen, oldest_seen)

    def _send_dead_letter(self, line: Line, error: NotAPostError, source: str, line_number: int) -> None:
        value = line.head if isinstance(line, OversizedLine) else line
        headers = dead_letter_headers(error.reason, error.detail, len(line), source, line_number)
        value = value[:MAXIMUM_RECORD_BYTES]
        self._produce_later(self._dead_letters_topic, value, None, int(self._now() * 1000), headers)

    def _produce_later(self, topic: str, value: bytes, key: bytes | None, timestamp: int, headers: Headers) -> None:
        while True:
            try:
                return self._sink.produce(topic, value, key, timestamp=timestamp, headers=headers)
            except BufferError:
                self._sink.make_room()
