"""What people would write instead of the replay: `python -m benchmarks.speed.replay_loops WAY FILE TOPIC`.

Prints seconds from the first line read to the last record acknowledged. All of the confluent-kafka ways use the
shipped producer's settings; records have no key, header or stamp, and the position isn't kept.
"""

import json
import sys
import time
import uuid
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from groundswell.adapters.kafka import producer, transactional_producer
from groundswell.settings import Settings, load_settings

COMMIT_SECONDS = 1.0
_LINES_A_TURN = 300


def main() -> None:
    """Send a file by one of the ways."""
    way, file, topic = sys.argv[1:]
    send = WAYS[way]
    settings = load_settings()
    seconds = send(settings, Path(file), topic)
    print(json.dumps({"seconds": seconds}))  # noqa: T201


def loop(settings: Settings, file: Path, topic: str, *, check: bool = False, transactions: bool = False) -> float:
    """Call `produce` for each line; check it by orjson, or commit about every second, as asked."""
    options: dict[str, Any] = {"delivery_report_only_error": True}
    if transactions:
        client = transactional_producer(settings, f"bench-{uuid.uuid4().hex}", **options)
        client.begin_transaction()
    else:
        client = producer(settings, **options)
    produce, poll, loads = client.produce, client.poll, orjson.loads
    client.list_topics(topic)
    began = committed = time.monotonic()
    with file.open("rb", buffering=1 << 18) as lines:
        while turn := list(islice(lines, _LINES_A_TURN)):
            for line in turn:
                value = line[:-1]
                if check:
                    loads(value)
                while True:
                    try:
                        produce(topic, value)
                        break
                    except BufferError:
                        poll(0.05)
            poll(0)
            if transactions and time.monotonic() - committed >= COMMIT_SECONDS:
                client.commit_transaction()
                client.begin_transaction()
                committed = time.monotonic()
    if transactions:
        client.commit_transaction()
    else:
        client.flush()
    return time.monotonic() - began


def batches(settings: Settings, file: Path, topic: str) -> float:
    """Call `produce_batch` for some hundred lines at a time; those that find no room are sent again."""
    client = producer(settings, delivery_report_only_error=True)
    client.list_topics(topic)
    began = time.monotonic()
    with file.open("rb", buffering=1 << 18) as lines:
        while turn := list(islice(lines, _LINES_A_TURN)):
            left: list[dict[str, Any]] = [{"value": line[:-1]} for line in turn]
            while client.produce_batch(topic, left) < len(left):
                left = [{"value": message["value"]} for message in left if "_error" in message]
                client.poll(0.05)
            client.poll(0)
    client.flush()
    return time.monotonic() - began


def kafka_python(settings: Settings, file: Path, topic: str) -> float:
    """Call kafka-python's `send` for each line; its zstd level can't be chosen (it is 3)."""
    from kafka import KafkaProducer

    client = KafkaProducer(
        bootstrap_servers=settings.kafka.bootstrap_servers.split(","),
        compression_type="zstd",
        enable_idempotence=True,
        acks="all",
        linger_ms=50,
        batch_size=1_000_000,
        max_request_size=2_000_000,
    )
    client.partitions_for(topic)
    began = time.monotonic()
    with file.open("rb", buffering=1 << 18) as lines:
        for line in lines:
            client.send(topic, line[:-1])
    client.flush()
    seconds = time.monotonic() - began
    client.close()
    return seconds


WAYS: dict[str, Callable[[Settings, Path, str], float]] = {
    "loop": loop,
    "batch": batches,
    "checked": lambda settings, file, topic: loop(settings, file, topic, check=True),
    "transactional": lambda settings, file, topic: loop(settings, file, topic, transactions=True),
    "both": lambda settings, file, topic: loop(settings, file, topic, check=True, transactions=True),
    "kafka-python": kafka_python,
}

if __name__ == "__main__":
    main()
