"""A replay: sources one after another through the sender, committed about every second."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from confluent_kafka import KafkaException

from producer.counts import Counts
from producer.cursor import Cursor
from producer.interruption import StopRequested
from producer.lines import line_batches
from producer.options import ReplayOptions
from producer.pacing import make_pacer
from producer.plan import Plan
from producer.positions import position_key
from producer.progress import Meter
from producer.sender import READ_LIMIT_BYTES, LimitReached, Sender
from producer.sink import Sink
from producer.streams import BrokenSourceError, SourceStream

logger = logging.getLogger(__name__)

_COMMIT_SECONDS = 1.0
_NAP_SECONDS = 0.2
_SHORTEST_NAP_SECONDS = 0.002


class End(StrEnum):
    """Why a replay ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    LIMIT = "limit"


@dataclass(frozen=True)
class Timing:
    """Clocks, so that tests can bring their own."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Outcome:
    """What a replay did.

    `counts` go back to the first line of every source, over all its runs; `this_run` begins where this one began.
    """

    end: End
    counts: Counts
    this_run: Counts
    seconds: float
    cursors: list[Cursor]
    broken: list[BrokenSourceError] = field(default_factory=list)


class Replay:
    """One run over a set of sources.

    Parameters
    ----------
    plan : Plan
        Where to begin.
    options : ReplayOptions
        How to do it.
    sink : Sink
        Where records go.
    topic_prefix : str
        Of the settings.
    check_stop : callable
        Raises StopRequested when the replay is to end.
    meter : Meter
        Shows progress.
    timing : Timing
        Clocks.
    """

    def __init__(
        self,
        plan: Plan,
        options: ReplayOptions,
        sink: Sink,
        topic_prefix: str,
        check_stop: Callable[[], None],
        meter: Meter,
        timing: Timing,
    ) -> None:
        self._options = options
        self._sink = sink
        self._check_stop = check_stop
        self._meter = meter
        self._timing = timing
        self._track = plan.track
        self._cursors = [Cursor(s, position_key(s, options), p) for s, p in plan.positions.items()]
        self._pacer = make_pacer(options.speed, options.rate)
        wait = self._wait if self._pacer else None
        self._sender = Sender(sink, topic_prefix, options, self._track, timing.now, wait)
        self._broken: list[BrokenSourceError] = []
        # A restart forgets the old positions of all its sources at once, also of those that it is cut before.
        self._committed = [None if options.restart else cursor.mark for cursor in self._cursors]
        self._stream: SourceStream | None = None
        self._done_bytes = 0
        self._begun = self._last_commit = timing.monotonic()

    def run(self) -> Outcome:
        """Replay until the end, the limit, or a signal.

        Raises
        ------
        GroundswellError
            Kafka failed, or another replay of the same sources took over; nothing after the last commit counts.
        """
        try:
            end = self._run_passes()
            self._commit()
        except KafkaException as error:
            self._sink.abort()
            raise self._sink.translated(error) from error
        except BaseException:
            self._sink.abort()
            raise
        counts = sum((cursor.counts for cursor in self._cursors), Counts())
        seconds = self._timing.monotonic() - self._begun
        return Outcome(end, counts, self._counts_this_run(), seconds, self._cursors, self._broken)

    def _run_passes(self) -> End:
        try:
            while True:
                for cursor in self._cursors:
                    if not cursor.finished:
                        self._replay_source(cursor)
                if not self._options.loop or self._broken:
                    return End.FINISHED
                if not any(cursor.counts.sent for cursor in self._cursors):
                    logger.warning("no post in these files is to be sent, so there is nothing to loop over")
                    return End.FINISHED
                self._begin_pass()
        except StopRequested:
            return End.INTERRUPTED
        except LimitReached:
            return End.LIMIT

    def _begin_pass(self) -> None:
        self._track.begin_pass()
        for cursor in self._cursors:
            cursor.begin_pass()

    def _replay_source(self, cursor: Cursor) -> None:
        try:
            with SourceStream(cursor.source, self._turn) as self._stream:
                self._stream.skip(cursor.offset)
                for lines in line_batches(self._stream.read, READ_LIMIT_BYTES):
                    self._sender.send(lines, cursor)
                    self._turn()
                cursor.finished = True
                self._done_bytes += cursor.source.size_bytes
        except BrokenSourceError as error:
            # What was read counts; the other sources are as good as before.
            error.message += f" (after line {cursor.line_number:,})"
            logger.error(error.message)
            self._broken.append(error)
        finally:
            self._stream = None

    def _turn(self) -> None:
        """Do what is to be done between lines: hear signals, commit, show progress."""
        self._check_stop()
        self._sink.serve()
        if self._timing.monotonic() - self._last_commit >= _COMMIT_SECONDS:
            self._commit()
        if self._meter.is_due():
            packed = self._stream.packed_position() if self._stream else 0
            self._meter.show(self._counts_this_run(), self._done_bytes + packed)

    def _commit(self) -> None:
        marks = [cursor.mark for cursor in self._cursors]
        if marks != self._committed:
            changed = [c for c, mark, old in zip(self._cursors, marks, self._committed, strict=True) if mark != old]
            # Pipes have no place to go back to: only the others leave a position.
            self._sink.commit({c.key: c.position(self._track) for c in changed if c.source.resumable})
            self._committed = [*marks]
        self._last_commit = self._timing.monotonic()

    def _wait(self, event_seconds: float) -> None:
        assert self._pacer is not None
        monotonic = self._timing.monotonic
        due = self._pacer.due(event_seconds, monotonic())
        self._turn()
        while (left := due - monotonic()) > _SHORTEST_NAP_SECONDS:
            if left > _COMMIT_SECONDS:
                self._commit()  # nobody should wait for posts that were due before
            self._turn()
            self._timing.sleep(min(left, _NAP_SECONDS))

    def _counts_this_run(self) -> Counts:
        return sum((cursor.counts_this_run for cursor in self._cursors), Counts())
