"""Dead letters as they are on their topic, and what became of those that were tried again."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final, Literal, Self, cast

from confluent_kafka import Consumer, Message

from groundswell.adapters.kafka import committed_messages, partitions_of
from groundswell.contracts.topics import (
    CONTRACT_VERSION,
    DEAD_LETTER_FATES,
    DEAD_LETTERS,
    HEADER_CONTRACT_VERSION,
    HEADER_DETAIL,
    HEADER_LINE_NUMBER,
    HEADER_ORIGINAL_BYTES,
    HEADER_REASON,
    HEADER_SOURCE,
)
from groundswell.settings import Settings
from producer.sink import Headers

WAITING: Final = "waiting"
REQUEUED: Final = "requeued"
PARKED: Final = "parked"
State = Literal["waiting", "requeued", "parked"]
_UNKNOWN = "unknown"
_DETAIL_CHARACTERS = 300


@dataclass(frozen=True)
class DeadLetter:
    """A line that was no post.

    Attributes
    ----------
    place : str
        PARTITION:OFFSET on the dead-letter topic; its name.
    reason, detail : str
        Why it was refused.
    source : str
    line_number : int
        Where it came from; 0 where the record doesn't tell.
    original_bytes : int
        Length of the line; the record may hold its beginning only.
    value : bytes
        The line.
    written_at_ms : int
        Epoch milliseconds.
    """

    place: str
    reason: str
    detail: str
    source: str
    line_number: int
    original_bytes: int
    value: bytes
    written_at_ms: int

    @property
    def is_whole(self) -> bool:
        """Whether the record holds all of the line."""
        return len(self.value) == self.original_bytes

    @classmethod
    def of(cls, message: Message) -> Self:
        """Read a record; what it doesn't tell is `unknown`, or 0."""
        told = cast("list[tuple[str, bytes | None]]", message.headers() or [])
        headers = {name: value or b"" for name, value in told}

        def text(name: str) -> str:
            return headers.get(name, _UNKNOWN.encode()).decode("utf-8", "replace")

        def number(name: str, default: int) -> int:
            digits = headers.get(name, b"")
            return int(digits) if digits.isdigit() else default

        value = message.value() or b""
        return cls(
            f"{message.partition()}:{message.offset()}",
            text(HEADER_REASON),
            text(HEADER_DETAIL),
            text(HEADER_SOURCE),
            number(HEADER_LINE_NUMBER, 0),
            number(HEADER_ORIGINAL_BYTES, len(value)),
            value,
            message.timestamp()[1],
        )


def dead_letter_headers(reason: str, detail: str, original_bytes: int, source: str, line_number: int) -> Headers:
    """Return the headers of a dead letter.

    Parameters
    ----------
    reason, detail : str
        Why it was refused; of the detail the beginning is kept.
    original_bytes : int
        Length of what was refused; the record may hold its beginning only.
    source : str
    line_number : int
        Where it came from.
    """
    return [
        (HEADER_REASON, reason.encode()),
        (HEADER_DETAIL, detail[:_DETAIL_CHARACTERS].encode("utf-8", "replace")),
        (HEADER_ORIGINAL_BYTES, b"%d" % original_bytes),
        (HEADER_SOURCE, source.encode("utf-8", "replace")),
        (HEADER_LINE_NUMBER, b"%d" % line_number),
        (HEADER_CONTRACT_VERSION, b"%d" % CONTRACT_VERSION),
    ]


@dataclass(frozen=True)
class Fate:
    """What became of a dead letter that was tried again.

    Attributes
    ----------
    state : {"requeued", "parked"}
        Sent as a post, or refused again, and not tried any more.
    reason, detail : str
        Why it was parked; empty where it was sent.
    """

    state: State
    reason: str = ""
    detail: str = ""

    def encode(self) -> bytes:
        """Return the record's value.

        >>> Fate.decode(Fate("parked", "no_id").encode())
        Fate(state='parked', reason='no_id', detail='')
        """
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read a record's value."""
        return cls(**json.loads(value))


def read_dead_letters(consumer: Consumer, settings: Settings) -> Iterator[DeadLetter]:
    """Yield the dead letters that are kept, the oldest first."""
    topic = DEAD_LETTERS.name(settings.kafka.topic_prefix)
    for message in committed_messages(consumer, topic, partitions_of(consumer, settings, topic)):
        yield DeadLetter.of(message)


def read_fates(consumer: Consumer, settings: Settings) -> dict[str, Fate]:
    """Return the fate of each dead letter that was tried again, by its place."""
    topic = DEAD_LETTER_FATES.name(settings.kafka.topic_prefix)
    messages = committed_messages(consumer, topic, partitions_of(consumer, settings, topic))
    return {(m.key() or b"").decode(): Fate.decode(m.value() or b"{}") for m in messages if m.value()}


def state_of(letter: DeadLetter, fates: dict[str, Fate]) -> State:
    """Return how far a dead letter is."""
    fate = fates.get(letter.place)
    return WAITING if fate is None else fate.state
