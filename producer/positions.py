"""How far each source was replayed: a record of the positions topic, and how it is read back."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from confluent_kafka import Consumer

from groundswell.adapters.kafka import committed_messages
from producer.counts import Counts
from producer.options import ReplayOptions
from producer.sources import Source

_EDGE_BYTES = 4096


@dataclass(frozen=True)
class Fingerprint:
    """What a file was when it was replayed: its size and a digest of its first and last bytes."""

    size_bytes: int
    digest: str

    @classmethod
    def of(cls, source: Source, size_bytes: int | None = None) -> Self:
        """Return the fingerprint of a file's first `size_bytes` bytes (default: all)."""
        size = source.size_bytes if size_bytes is None else size_bytes
        if source.path is None or not source.resumable:
            return cls(0, "")
        with source.path.open("rb") as file:
            head = file.read(min(_EDGE_BYTES, size))
            file.seek(max(size - _EDGE_BYTES, 0))
            tail = file.read(min(_EDGE_BYTES, size))
        return cls(size, hashlib.sha256(head + tail).hexdigest())

    def is_beginning_of(self, source: Source) -> bool:
        """Whether the file still begins with what it was; it may have grown."""
        return source.size_bytes >= self.size_bytes and self.of(source, self.size_bytes) == self


@dataclass(frozen=True)
class Position:
    """How far one source was replayed.

    `line_number` and `offset` (of the decompressed stream) speak of the pass `pass_number`; `counts` of all passes.
    The times and `shift_milliseconds` belong to the whole set of sources that was replayed. Of a feed that was scraped,
    `feed_cursor` tells where its next page begins.
    """

    fingerprint: Fingerprint
    line_number: int = 0
    offset: int = 0
    finished: bool = False
    pass_number: int = 1
    counts: Counts = field(default_factory=Counts)
    shift_milliseconds: int | None = None
    oldest_seconds: int | None = None
    newest_seconds: int | None = None
    newest_in_pass: int = 0
    clock: str = "event"
    start_seconds: int | None = None
    feed_cursor: str = ""

    def encode(self) -> bytes:
        """Return the record's value."""
        state = "finished" if self.finished else "running"
        return json.dumps({"state": state, **asdict(self)}, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read a record's value.

        >>> position = Position(Fingerprint(3, "ab"), line_number=7, counts=Counts(read=7, sent=7))
        >>> Position.decode(position.encode()) == position
        True
        """
        fields = json.loads(value)
        fields.pop("state")
        fields["fingerprint"] = Fingerprint(**fields["fingerprint"])
        fields["counts"] = Counts(**fields["counts"])
        return cls(**fields)

    def next_pass(self) -> Self:
        """Return the beginning of the next pass of a loop."""
        return replace(self, line_number=0, offset=0, finished=False, pass_number=self.pass_number + 1)


def position_key(source: Source, options: ReplayOptions) -> str:
    """Return the key a source's position is kept under.

    Another part of the same file, cut out by --from and --until, is a replay of its own.
    """
    key: dict[str, str | int] = {"path": source.absolute_path}
    if options.from_seconds is not None:
        key["from"] = options.from_seconds
    if options.until_seconds is not None:
        key["until"] = options.until_seconds
    return json.dumps(key, ensure_ascii=False)


def transactional_id(prefix: str, keys: Iterable[str]) -> str:
    """Return the id under which only one replay of a set of sources can be at work."""
    digest = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
    return f"{prefix}replay-{digest[:16]}"


def read_positions(consumer: Consumer, topic: str, keys: Iterable[str]) -> dict[str, Position]:
    """Return the last committed position of every key that has one.

    Raises
    ------
    KafkaException
        The topic can't be read.
    """
    wanted = set(keys)
    found: dict[str, Position] = {}
    for message in committed_messages(consumer, topic, [0]):
        key = (message.key() or b"").decode()
        value = message.value()
        if key in wanted and value:
            found[key] = Position.decode(value)
    return found
