"""What people write without a framework: `python -m benchmarks.speed.stream_loops WAY TOPIC WARM_UP_RECORDS`.

Prints, as JSON, when the warm-up was over and when everything was (epoch seconds), and what was counted.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import orjson
from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Message, TopicPartition

from benchmarks.speed.stream_data import BUCKET_SECONDS, Counted, left_out
from groundswell.adapters.kafka import partitions_of, read_committed_consumer
from groundswell.domain.keywords import PLATFORM_KEYWORD, keywords_of
from groundswell.settings import Settings, load_settings

_MESSAGES_A_TURN = 10_000
_SECONDS_A_TURN = 1.0


class Marks:
    """Notes when the warm-up was over.

    Parameters
    ----------
    warm_up_records : int
    """

    def __init__(self, warm_up_records: int) -> None:
        self._warm_up_records = warm_up_records
        self._records = 0
        self._warm: list[float] = []

    def read(self, records: int) -> None:
        """Count records that were worked through."""
        self._records += records
        if not self._warm and self._records >= self._warm_up_records:
            self._warm = [self._records, time.time()]

    def said(self, counted: Counted | None) -> dict[str, Any]:
        """Return what the benchmark wants to know, now that everything was worked through."""
        warm_records, warm_at = self._warm or [0, float("nan")]
        return {
            "records": self._records,
            "warm_records": warm_records,
            "warm_at": warm_at,
            "done_at": time.time(),
            "counted": None if counted is None else asdict(counted),
        }


def main() -> None:
    """Read a topic by one of the ways."""
    way, topic, warm_up_records = sys.argv[1:]
    said = WAYS[way](load_settings(), topic, Marks(int(warm_up_records)))
    print(json.dumps(said))  # noqa: T201


def bare(settings: Settings, topic: str, marks: Marks) -> dict[str, Any]:
    """Read every record, and do nothing with it."""
    for messages in _turns(settings, topic):
        marks.read(len(messages))
    return marks.said(None)


def counting(settings: Settings, topic: str, marks: Marks) -> dict[str, Any]:
    """Count posts per bucket and keyword in a dictionary."""
    unwanted = left_out()
    counts: dict[tuple[int, str], int] = {}
    get, loads = counts.get, orjson.loads
    for messages in _turns(settings, topic):
        for message in messages:
            post = loads(message.value() or b"")
            names = [tag["HashtagName"] for tag in post["textExtra"] or []]
            names += [challenge["challengeName"] for challenge in post["challengeInfoList"] or []]
            seconds = message.timestamp()[1] // 1000
            bucket_s = seconds - seconds % BUCKET_SECONDS
            key = (bucket_s, PLATFORM_KEYWORD)
            counts[key] = get(key, 0) + 1
            for keyword in keywords_of(post["itemInfos"]["text"], names, unwanted):
                key = (bucket_s, keyword)
                counts[key] = get(key, 0) + 1
        marks.read(len(messages))
    said = marks.said(None)
    said["counted"] = asdict(Counted.of((bucket_s, keyword, posts) for (bucket_s, keyword), posts in counts.items()))
    return said


def _turns(settings: Settings, topic: str) -> Iterator[list[Message]]:
    consumer = read_committed_consumer(settings, None)
    partitions = partitions_of(consumer, settings, topic)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    ended = 0
    while ended < len(partitions):
        messages = []
        for message in consumer.consume(_MESSAGES_A_TURN, _SECONDS_A_TURN):
            error = message.error()
            if error is None:
                messages.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended += 1
            else:
                raise KafkaException(error)
        yield messages
    consumer.close()


WAYS: dict[str, Callable[[Settings, str, Marks], dict[str, Any]]] = {"bare": bare, "counting": counting}

if __name__ == "__main__":
    main()
