"""Kafka clients: kafka-python for administration, confluent-kafka for everything with many records."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from groundswell.adapters.kafka_security import admin_security, librdkafka_security
from groundswell.contracts.topics import ALL_TOPICS, Topic
from groundswell.errors import UnavailableError
from groundswell.settings import Settings

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 8
_READ_SECONDS = 10
_REFUSAL_SECONDS = 3
_REFUSAL_SIGNS = ("ssl", "sasl", "authentication")
TRANSACTION_SECONDS = 30
UNASSIGNED_GROUP = "groundswell-unassigned"
"""Group of who assigns partitions to itself: librdkafka wants one all the same, and offsets are kept in none."""

_LOCAL_WAY_OUT = "start the local one with `groundswell up`, or set GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS"


class KafkaUnavailable(UnavailableError):  # noqa: N818 - read as a state, not as an error's name
    """The broker doesn't answer, or refused.

    Parameters
    ----------
    settings : Settings
        They name the servers that were tried.
    cause : object
        What the client said.
    """

    def __init__(self, settings: Settings, cause: object) -> None:
        servers = settings.kafka.bootstrap_servers
        way_out = _LOCAL_WAY_OUT
        if settings.kafka.security_protocol != "PLAINTEXT":
            way_out += "; or correct kafka.user, its password and kafka.ca_file"
        super().__init__(f"Kafka at {servers} does not answer ({cause})", way_out)


def ensure_topics(settings: Settings) -> list[str]:
    """Create those of the project's topics that aren't there; harmless when all are.

    Returns
    -------
    list of str
        Full names of the topics that were made.

    Raises
    ------
    KafkaUnavailable
        No broker answered within `CONNECT_SECONDS`, or it refused.
    """
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError as AdminError
    from kafka.errors import TopicAlreadyExistsError

    # It logs every failed attempt at error level; the exception below says it once.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    wanted = {topic.name(settings.kafka.topic_prefix): topic for topic in ALL_TOPICS}
    try:
        with KafkaAdminClient(**admin_options(settings)) as admin:
            missing = {name: _admin_topic(topic, settings) for name, topic in wanted.items()}
            for name in set(admin.list_topics()) & set(missing):
                del missing[name]
            if not missing:
                return []
            try:
                admin.create_topics(missing, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                logger.debug("another process made a topic at the same time")
            return list(missing)
    except AdminError as error:
        raise KafkaUnavailable(settings, refusal(settings) or error) from error


def refusal(settings: Settings) -> str:
    """Return why the broker doesn't let us in, or we don't trust it; empty where that isn't the cause.

    kafka-python only says that it did not come through.
    """
    if settings.kafka.security_protocol == "PLAINTEXT":
        return ""
    told: list[str] = []
    options = {**_base_options(settings), "error_cb": lambda error: told.append(error.str()), "log_level": 0}
    client = Consumer({**options, "group.id": UNASSIGNED_GROUP})
    with contextlib.suppress(KafkaException):
        client.list_topics(timeout=_REFUSAL_SECONDS)
    client.poll(0)
    client.close()
    return next((text for text in told if any(sign in text.lower() for sign in _REFUSAL_SIGNS)), "")


def producer(settings: Settings, **options: Any) -> Producer:
    """Return an idempotent producer tuned for many records.

    Parameters
    ----------
    settings : Settings
        Where the broker is.
    **options
        Further librdkafka options, with `_` for `.`.
    """
    return Producer(
        {
            **_base_options(settings),
            "enable.idempotence": True,
            "compression.type": "zstd",
            "compression.level": 1,
            "linger.ms": 50,
            "batch.size": 1_000_000,
            "batch.num.messages": 20_000,
            "message.max.bytes": 2_000_000,
            "queue.buffering.max.messages": 100_000,
            "queue.buffering.max.kbytes": 65_536,
            # As in Java clients, so that a key's partition doesn't depend on who wrote it.
            "partitioner": "murmur2_random",
            **settings.kafka.client_options,
            **{name.replace("_", "."): value for name, value in options.items()},
        }
    )


def transactional_producer(settings: Settings, transactional_id: str, **options: Any) -> Producer:
    """Return a producer with its transactions initialised: an older one of the same id is fenced from here on.

    Raises
    ------
    KafkaUnavailable
        No broker answered.
    """
    made = producer(
        settings,
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_SECONDS * 1000,
        **options,
    )
    try:
        made.init_transactions(CONNECT_SECONDS)
    except KafkaException as error:
        raise KafkaUnavailable(settings, error.args[0].str()) from error
    return made


def read_committed_consumer(settings: Settings, group: str | None, **options: Any) -> Consumer:
    """Return a consumer that sees committed records only and starts at the beginning.

    Parameters
    ----------
    settings : Settings
        Where the broker is.
    group : str or None
        Consumer group that keeps offsets; None for a reader that assigns its partitions itself and keeps none.
    **options
        Further librdkafka options, with `_` for `.`.
    """
    return Consumer(
        {
            **_base_options(settings),
            "group.id": group or UNASSIGNED_GROUP,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": group is not None,
            "enable.partition.eof": group is None,
            **settings.kafka.client_options,
            **{name.replace("_", "."): value for name, value in options.items()},
        }
    )


def _base_options(settings: Settings) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings.kafka.bootstrap_servers,
        "client.id": "groundswell",
        "log_level": 2,
        "error_cb": _log_outage,
        **librdkafka_security(settings.kafka),
    }


def _log_outage(error: KafkaError) -> None:
    if error.code() == KafkaError._ALL_BROKERS_DOWN:
        logger.warning("Kafka can't be reached at the moment; still trying")
    else:
        logger.debug("librdkafka: %s", error)


def admin_options(settings: Settings) -> dict[str, Any]:
    """Return how kafka-python reaches the broker."""
    return {
        **admin_security(settings.kafka),
        "bootstrap_servers": settings.kafka.bootstrap_servers.split(","),
        "bootstrap_timeout_ms": CONNECT_SECONDS * 1000,
        "request_timeout_ms": CONNECT_SECONDS * 1000,
    }


def _admin_topic(topic: Topic, settings: Settings) -> dict[str, Any]:
    kept = {"retention.bytes": str(round(settings.kafka.retention_gigabytes * 1e9))} if topic.kept_by_size else {}
    return {
        "num_partitions": topic.partitions or settings.kafka.partitions,
        "replication_factor": settings.kafka.replication_factor,
        "configs": topic.config | kept,
    }


def partitions_of(consumer: Consumer, settings: Settings, topic: str) -> list[int]:
    """Return the numbers of a topic's partitions.

    Raises
    ------
    KafkaUnavailable
        No broker answered, or the topic isn't there.
    """
    try:
        found = consumer.list_topics(topic, timeout=CONNECT_SECONDS).topics[topic]
    except KafkaException as error:
        raise KafkaUnavailable(settings, error.args[0].str()) from error
    if found.error is not None:
        raise UnavailableError(f"there is no topic {topic}", "run `groundswell migrate`, which makes it")
    return sorted(found.partitions)


def committed_messages(consumer: Consumer, topic: str, partitions: Sequence[int]) -> Iterator[Message]:
    """Yield the committed records of a topic from its beginning to the end that it has by then.

    Parameters
    ----------
    consumer : Consumer
        Of `read_committed_consumer` without a group.
    topic : str
        Full name.
    partitions : sequence of int
        Those that are read, see `partitions_of`.

    Raises
    ------
    KafkaException
        It can't be read.
    """
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    ended: set[int] = set()
    while len(ended) < len(partitions):
        message = consumer.poll(_READ_SECONDS)
        if message is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic} can't be read"))
        error = message.error()
        if error is None:
            yield message
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition() or 0)
        else:
            raise KafkaException(error)
