"""A sink in Kafka that is the only one of its kind, and the positions where it goes on."""

import logging
from collections.abc import Sequence

from confluent_kafka import KafkaException

from groundswell.adapters.kafka import (
    KafkaUnavailable,
    ensure_topics,
    read_committed_consumer,
    transactional_producer,
)
from groundswell.contracts.topics import REPLAY_POSITIONS
from groundswell.settings import Settings
from producer.positions import Position, read_positions, transactional_id
from producer.sink import KafkaSink

logger = logging.getLogger(__name__)


def fenced_sink(
    settings: Settings, keys: Sequence[str], apart: str | None = None
) -> tuple[KafkaSink, dict[str, Position]]:
    """Return where records go, and the last committed positions.

    An older run with the same keys is fenced first: only then is the last committed position final.

    Parameters
    ----------
    settings : Settings
    keys : sequence of str
        Of the positions.
    apart : str or None
        Something of its own keeps a run from fencing others with the same keys.

    Raises
    ------
    KafkaUnavailable
        No broker answered.
    """
    made = ensure_topics(settings)
    if made:
        logger.info("made the topics %s", ", ".join(made))
    prefix = settings.kafka.topic_prefix
    identity = list(keys) if apart is None else [*keys, apart]
    producer = transactional_producer(settings, transactional_id(prefix, identity), delivery_report_only_error=True)
    consumer = read_committed_consumer(settings, None, fetch_wait_max_ms=20)
    try:
        committed = read_positions(consumer, REPLAY_POSITIONS.name(prefix), list(keys))
    except KafkaException as error:
        raise KafkaUnavailable(settings, error.args[0].str()) from error
    finally:
        consumer.close()
    return KafkaSink(producer, settings), committed
