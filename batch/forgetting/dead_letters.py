"""A person's dead letters: the topic is written anew without them, as Kafka deletes from a topic's beginning only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from batch.forgetting.person import Person
from groundswell.adapters.kafka import (
    KafkaUnavailable,
    committed_messages,
    partitions_of,
    read_committed_consumer,
    transactional_producer,
)
from groundswell.adapters.kafka_security import librdkafka_security
from groundswell.contracts.topics import DEAD_LETTER_FATES, DEAD_LETTERS, HEADER_SOURCE
from groundswell.settings import Settings

MOVED_FROM = "moved_from"
"""Header of a dead letter that was written anew: where it was, so that a cut run doesn't write it twice."""

_SECONDS = 60


def forget_dead_letters(settings: Settings, person: Person) -> int:
    """Take a person's dead letters off their topic; return how many there were.

    The others are written again, with their fates, before what was there is deleted: they get new places.

    Raises
    ------
    KafkaUnavailable
        The broker doesn't answer, or refused.
    """
    topic = DEAD_LETTERS.name(settings.kafka.topic_prefix)
    consumer = read_committed_consumer(settings, None, fetch_wait_max_ms=20)
    try:
        messages = list(committed_messages(consumer, topic, partitions_of(consumer, settings, topic)))
        theirs = [message for message in messages if _tells_of(message, person)]
        if theirs:
            _write_again(settings, topic, _kept(messages, theirs), _fates(consumer, settings))
            _delete_before(settings, _ends(topic, messages))
    except KafkaException as error:
        raise KafkaUnavailable(settings, error.args[0].str()) from error
    finally:
        consumer.close()
    return len(theirs)


def is_theirs(value: bytes, person: Person) -> bool:
    """Whether a line, which may be no JSON at all, tells of a person: their id, a name or a post's id as a value.

    >>> ana = Person("68", ("music",), ("AbC",), ())
    >>> is_theirs(b'{"authorId": "68",', ana), is_theirs(b'{"id":"AbC"}', ana), is_theirs(b'{"author":"Music"}', ana)
    (True, True, True)
    >>> is_theirs(b'{"music": {"id": "168"}}', ana), is_theirs(b"https://www.tiktok.com/@music", ana)
    (False, True)
    """
    bare = b"".join(value.lower().split())
    words = [word.lower() for word in (person.author_id, *person.names, *person.post_ids)]
    values = [f':"{word}"' for word in words] + [f":{person.author_id}{end}" for end in ",}]"]
    if any(text.encode() in bare for text in values):
        return True
    return any(bare.rstrip(b"/").endswith(f"@{name}".encode()) for name in person.names)


def _tells_of(message: Message, person: Person) -> bool:
    source = _header(message, HEADER_SOURCE).lower()
    return is_theirs(message.value() or b"", person) or any(source.endswith(f":{name}") for name in person.names)


def _kept(messages: Iterable[Message], theirs: Iterable[Message]) -> list[Message]:
    """Return what is to be written again: not what a run that was cut has written again already."""
    left_out = {_place(message) for message in theirs}
    found = list(messages)
    moved = {value for message in found if (value := _header(message, MOVED_FROM))}
    return [message for message in found if _place(message) not in left_out | moved]


@dataclass(frozen=True)
class _Fates:
    topic: str
    by_place: dict[str, bytes]


def _fates(consumer: Consumer, settings: Settings) -> _Fates:
    topic = DEAD_LETTER_FATES.name(settings.kafka.topic_prefix)
    messages = committed_messages(consumer, topic, partitions_of(consumer, settings, topic))
    return _Fates(topic, {(m.key() or b"").decode(): m.value() or b"" for m in messages})


def _write_again(settings: Settings, topic: str, kept: list[Message], fates: _Fates) -> None:
    # Under the id of `deadletters requeue`: neither may move letters under the other's hands.
    producer = transactional_producer(settings, f"{settings.kafka.topic_prefix}requeue")
    new_places: dict[str, str] = {}
    producer.begin_transaction()
    for message in kept:
        old = _place(message)
        headers = [*(header for header in _headers(message) if header[0] != MOVED_FROM), (MOVED_FROM, old.encode())]

        def delivered(error: object, written: Message, old: str = old) -> None:
            if error is None:
                new_places[old] = _place(written)

        options: dict[str, Any] = {"partition": message.partition() or 0, "headers": headers}
        options["timestamp"] = message.timestamp()[1]
        while True:
            try:
                producer.produce(topic, message.value(), message.key(), on_delivery=delivered, **options)
                break
            except BufferError:
                producer.poll(0.05)
        producer.poll(0)
    producer.flush(_SECONDS)
    for old, fate in fates.by_place.items():
        if old in new_places and fate:
            producer.produce(fates.topic, fate, new_places[old].encode())
        if fate:
            producer.produce(fates.topic, None, old.encode())
    producer.commit_transaction(_SECONDS)


def _ends(topic: str, messages: Iterable[Message]) -> list[TopicPartition]:
    """Return how far each partition was read: what was written meanwhile lies behind it, and stays."""
    ends: dict[int, int] = {}
    for message in messages:
        partition = message.partition() or 0
        ends[partition] = max(ends.get(partition, 0), (message.offset() or 0) + 1)
    return [TopicPartition(topic, partition, offset) for partition, offset in ends.items()]


def _delete_before(settings: Settings, ends: list[TopicPartition]) -> None:
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers, **librdkafka_security(settings.kafka)})
    for done in admin.delete_records(ends, request_timeout=_SECONDS).values():
        done.result(_SECONDS)


def _place(message: Message) -> str:
    return f"{message.partition()}:{message.offset()}"


def _headers(message: Message) -> list[tuple[str, str | bytes | None]]:
    return cast("list[tuple[str, str | bytes | None]]", message.headers() or [])


def _header(message: Message, name: str) -> str:
    return next((value.decode() for key, value in _headers(message) if key == name and isinstance(value, bytes)), "")
