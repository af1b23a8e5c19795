"""Dead letters tried again: by the check and the sending of a replay, each with its fate in one transaction."""

import contextlib
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from confluent_kafka import KafkaException

from groundswell.adapters.kafka import KafkaUnavailable, read_committed_consumer, transactional_producer
from groundswell.contracts.topics import DEAD_LETTER_FATES, PROFILE_REQUESTS, PROFILE_REQUESTS_SOURCE
from groundswell.domain.record import FUTURE_ALLOWANCE_SECONDS, NotAPostError
from groundswell.errors import InputError
from groundswell.settings import Settings
from producer.collecting.hosts import ForbiddenAddressError, user_name_of
from producer.cursor import Cursor, Track
from producer.dead_letters import PARKED, REQUEUED, DeadLetter, Fate, read_dead_letters, read_fates
from producer.interruption import StopRequested
from producer.line_check import REASON_TOO_LARGE, check_line
from producer.lines import strip_byte_order_mark
from producer.options import Clock, ReplayOptions
from producer.positions import Fingerprint, Position
from producer.sender import Sender
from producer.sink import KafkaSink, Sink
from producer.sources import Source

_LETTERS_A_TRANSACTION = 1000


@dataclass(frozen=True)
class Wanted:
    """Which dead letters are tried again; an empty collection wants all.

    Attributes
    ----------
    places, reasons, sources : collection of str
    parked : bool
        Those too that were parked before.
    """

    places: Collection[str] = ()
    reasons: Collection[str] = ()
    sources: Collection[str] = ()
    parked: bool = False

    def takes(self, letter: DeadLetter, fate: Fate | None) -> bool:
        """Tell whether a dead letter is to be tried."""
        if fate is not None and not (self.parked and fate.state == PARKED):
            return False
        checks = ((self.places, letter.place), (self.reasons, letter.reason), (self.sources, letter.source))
        return all(not wanted or value in wanted for wanted, value in checks)


@dataclass
class Tried:
    """What became of the dead letters that were tried."""

    requeued: int = 0
    parked: dict[str, int] = field(default_factory=dict)

    def note(self, fate: Fate) -> None:
        """Count one."""
        if fate.state == REQUEUED:
            self.requeued += 1
        else:
            self.parked[fate.reason] = self.parked.get(fate.reason, 0) + 1


def requeue(settings: Settings, wanted: Wanted, clock: Clock, check_stop: Callable[[], None]) -> Tried:
    """Try dead letters again; what is refused again is parked.

    A cut run loses and doubles nothing: posts and fates are committed together. Another one at the same time is fenced.

    Raises
    ------
    InputError
        A place that was named is no dead letter's.
    GroundswellError
        Kafka failed; what was committed counts.
    """
    prefix = settings.kafka.topic_prefix
    # Fences an older run first: only then are the fates final.
    made = transactional_producer(settings, f"{prefix}requeue", delivery_report_only_error=True)
    consumer = read_committed_consumer(settings, None, fetch_wait_max_ms=20)
    try:
        fates = read_fates(consumer, settings)
        if wanted.places:
            _check_places(wanted.places, read_dead_letters(consumer, settings))
        letters = (
            letter for letter in read_dead_letters(consumer, settings) if wanted.takes(letter, fates.get(letter.place))
        )
        return Tries(KafkaSink(made, settings), prefix, clock).all_of(letters, check_stop)
    except KafkaException as error:
        raise KafkaUnavailable(settings, error.args[0].str()) from error
    finally:
        consumer.close()


def _check_places(places: Collection[str], letters: Iterable[DeadLetter]) -> None:
    missing = set(places).difference(letter.place for letter in letters)
    if missing:
        way_out = "`groundswell deadletters list --each` names them"
        raise InputError(f"no dead letter is at {', '.join(sorted(missing))}", way_out)


class Tries:
    """Tries dead letters.

    Parameters
    ----------
    sink : Sink
        Where posts and fates go.
    topic_prefix : str
    clock : Clock
        Event: posts are stamped with the time they were made; wall: with now.
    now : callable
        Epoch seconds.
    """

    def __init__(self, sink: Sink, topic_prefix: str, clock: Clock, now: Callable[[], float] = time.time) -> None:
        self._sink = sink
        self._fates_topic = DEAD_LETTER_FATES.name(topic_prefix)
        self._requests_topic = PROFILE_REQUESTS.name(topic_prefix)
        self._now = now
        self._sender = Sender(sink, topic_prefix, ReplayOptions(clock), Track(shift_milliseconds=0), now, None)

    def all_of(self, letters: Iterable[DeadLetter], check_stop: Callable[[], None]) -> Tried:
        """Try each, and commit now and then; end early where `check_stop` raises `StopRequested`.

        Raises
        ------
        GroundswellError
            Kafka failed, or another run took over.
        """
        tried = Tried()
        try:
            with contextlib.suppress(StopRequested):
                for number, letter in enumerate(letters, 1):
                    tried.note(self._try(letter))
                    if number % _LETTERS_A_TRANSACTION == 0:
                        self._sink.commit({})
                    check_stop()
            self._sink.commit({})
        except KafkaException as error:
            self._sink.abort()
            raise self._sink.translated(error) from error
        except BaseException:
            self._sink.abort()
            raise
        return tried

    def _try(self, letter: DeadLetter) -> Fate:
        fate = self._fate(letter)
        if fate.state == REQUEUED and letter.source == PROFILE_REQUESTS_SOURCE:
            self._produce(self._requests_topic, letter.value, user_name_of(letter.value.decode()).encode())
        elif fate.state == REQUEUED:
            begin = Position(Fingerprint(0, ""), line_number=max(letter.line_number - 1, 0))
            self._sender.send((letter.value,), Cursor(Source(letter.source, None), letter.place, begin))
        self._produce(self._fates_topic, fate.encode(), letter.place.encode())
        return fate

    def _produce(self, topic: str, value: bytes, key: bytes | None) -> None:
        while True:
            try:
                return self._sink.produce(topic, value, key, timestamp=int(self._now() * 1000), headers=[])
            except BufferError:
                self._sink.make_room()

    def _fate(self, letter: DeadLetter) -> Fate:
        if not letter.is_whole:
            kept = f"only {len(letter.value)} of {letter.original_bytes} bytes were kept"
            return Fate(PARKED, REASON_TOO_LARGE, kept)
        if letter.source == PROFILE_REQUESTS_SOURCE:
            return _fate_of_request(letter)
        line = letter.value.removesuffix(b"\r")
        if letter.line_number == 1:
            line = strip_byte_order_mark(line)
        try:
            check_line(line, int(self._now()) + FUTURE_ALLOWANCE_SECONDS)
        except NotAPostError as error:
            return Fate(PARKED, error.reason, error.detail)
        return Fate(REQUEUED)


def _fate_of_request(letter: DeadLetter) -> Fate:
    try:
        user_name_of(letter.value.decode())
    except UnicodeDecodeError as error:
        return Fate(PARKED, "bad_utf8", error.reason)
    except ForbiddenAddressError as error:
        return Fate(PARKED, "forbidden", error.message)
    return Fate(REQUEUED)
