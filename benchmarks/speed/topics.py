"""Topics of a contestant's own, and what really arrived in them."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from groundswell.adapters.kafka import partitions_of, read_committed_consumer
from groundswell.contracts.topics import POSTS
from groundswell.settings import Settings

_SECONDS = 30
_MANY = 10_000


@dataclass(frozen=True)
class Delivered:
    """What the broker holds of one topic, read back by its consumers' rules (committed records only).

    Attributes
    ----------
    records, value_bytes, stamped : int
        Records, the bytes of their values, and how many of the values end in the stamp that the replay adds.
    other_offsets : int
        Offsets that hold no record: a transaction leaves a marker in every partition it wrote to.
    """

    records: int
    value_bytes: int
    stamped: int
    other_offsets: int


@contextmanager
def topic(settings: Settings, name: str) -> Iterator[str]:
    """Make a topic like that of the posts and delete it in the end, so that the disk never holds more than one."""
    admin = _admin(settings)
    _done(admin.create_topics([NewTopic(name, settings.kafka.partitions, 1, config=POSTS.config)]))
    try:
        yield name
    finally:
        delete_topics(settings, name)


def delete_topics(settings: Settings, prefix: str) -> None:
    """Delete every topic whose name begins with `prefix`."""
    admin = _admin(settings)
    names = [name for name in admin.list_topics(timeout=_SECONDS).topics if name.startswith(prefix)]
    if names:
        _done(admin.delete_topics(names))


def _admin(settings: Settings) -> AdminClient:
    # It would log that it was closed with an event unread.
    return AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers, "log_level": 2})


def _done(futures: "dict[str, Future[Any]]") -> None:
    for future in futures.values():
        future.result(_SECONDS)


def read_back(settings: Settings, name: str, stamp_prefix: bytes = b',"time_stamp":') -> Delivered:
    """Read a topic to the end offsets that the broker tells.

    Raises
    ------
    KafkaException
        It can't be read.
    """
    consumer = read_committed_consumer(settings, None)
    try:
        partitions = partitions_of(consumer, settings, name)
        ends = [consumer.get_watermark_offsets(TopicPartition(name, number), _SECONDS) for number in partitions]
        offsets = sum(high - low for low, high in ends)
        consumer.assign([TopicPartition(name, number, OFFSET_BEGINNING) for number in partitions])
        records = value_bytes = stamped = ended = 0
        deadline = time.monotonic() + _SECONDS
        while ended < len(partitions):
            for message in consumer.consume(_MANY, 1):
                error = message.error()
                if error is not None:
                    if error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    ended += 1
                    continue
                value = message.value() or b""
                records += 1
                value_bytes += len(value)
                stamped += value.rfind(stamp_prefix, -40) >= 0
                deadline = time.monotonic() + _SECONDS
            if time.monotonic() > deadline:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{name}: end not reached"))
    finally:
        consumer.close()
    return Delivered(records, value_bytes, stamped, offsets - records)
