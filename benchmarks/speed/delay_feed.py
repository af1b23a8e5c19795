"""A feed at a steady rate whose stream time runs ahead, with a burst in every bucket, and the alerts that answer."""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, Producer

from groundswell.adapters.kafka import read_committed_consumer
from groundswell.contracts.topics import ALERTS, POSTS
from groundswell.settings import Settings

BUCKET_SECONDS = 300
BURST_POSTS = 300
_SLICE_SECONDS = 0.02
_FIRST_ID = 8_000_000_000_000_000_000


@dataclass(frozen=True)
class Level:
    """A load.

    Attributes
    ----------
    name : str
        Part of the burst's keywords.
    posts_per_second : float
        The feed's rate, bursts included.
    start_s : int
        Stream time at which it begins, a bucket's start.
    buckets : int
    bucket_passes_seconds : float
        Real seconds in which five minutes of stream time pass.
    """

    name: str
    posts_per_second: float
    start_s: int
    buckets: int
    bucket_passes_seconds: float

    def burst(self, bucket: int) -> str:
        """Return the hashtag that bursts in a bucket."""
        return f"#burst{self.name}x{bucket}"


@dataclass
class Sent:
    """When (epoch seconds) the feed sent what: each burst's first post, and the first post after each bucket."""

    bursts_at: dict[str, float] = field(default_factory=dict)
    completed_at: dict[str, float] = field(default_factory=dict)
    posts: int = 0
    behind_seconds: float = 0.0


def feed(settings: Settings, lines: Path, level: Level, first_number: int) -> Sent:
    """Send a level's posts at its rate; ids begin at `first_number`."""
    producer = Producer(
        {"bootstrap.servers": settings.kafka.bootstrap_servers, "compression.type": "zstd", "linger.ms": 5}
    )
    topic, sent, began = POSTS.name(settings.kafka.topic_prefix), Sent(), time.time()
    per_bucket = round(level.posts_per_second * level.bucket_passes_seconds)
    numbers = itertools.count(first_number)
    background = _background(lines)
    for bucket in range(level.buckets + 1):
        every = max(per_bucket // BURST_POSTS, 1)
        for place in range(per_bucket if bucket < level.buckets else 200):
            share = place / per_bucket
            due = began + (bucket + share) * level.bucket_passes_seconds
            if (ahead := due - time.time()) > _SLICE_SECONDS:
                producer.poll(0)
                time.sleep(ahead)
            sent.behind_seconds = max(sent.behind_seconds, -ahead)
            stamp_ms = round((level.start_s + (bucket + share) * BUCKET_SECONDS) * 1000)
            number = next(numbers)
            is_burst = place % every == 0 and bucket < level.buckets
            value = (
                _burst_post(level.burst(bucket), number, stamp_ms)
                if is_burst
                else _renewed(next(background), number, stamp_ms)
            )
            if is_burst:
                sent.bursts_at.setdefault(level.burst(bucket), time.time())
            if place == 0 and bucket:
                sent.completed_at[level.burst(bucket - 1)] = time.time()
            producer.produce(topic, value, str(_FIRST_ID + number).encode(), timestamp=stamp_ms)
            sent.posts += 1
    producer.flush()
    return sent


def _background(lines: Path) -> Iterator[bytes]:
    while True:
        with lines.open("rb") as file:
            yield from (line.rstrip(b"\n") for line in file)


def _renewed(line: bytes, number: int, stamp_ms: int) -> bytes:
    """Return a post with another id and time: the first ones of its line are its own."""
    line = _with(line, b'"id":"', _FIRST_ID + number)
    return _with(line, b'"createTime":"', stamp_ms // 1000)


def _with(line: bytes, name: bytes, value: int) -> bytes:
    begin = line.index(name) + len(name)
    return line[:begin] + b"%d" % value + line[line.index(b'"', begin) :]


def _burst_post(hashtag: str, number: int, stamp_ms: int) -> bytes:
    item = {
        "id": str(_FIRST_ID + number),
        "text": f"look at this {hashtag}",
        "createTime": str(stamp_ms // 1000),
        "authorId": str(number),
        "diggCount": 1,
        "commentCount": 0,
        "shareCount": 0,
    }
    return json.dumps({"itemInfos": item, "textExtra": [{"HashtagName": hashtag[1:]}]}).encode()


class AlertListener:
    """Notes when each keyword's first alert came, in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self.came_at: dict[str, float] = {}
        self._consumer: Consumer = read_committed_consumer(settings, "bench-delay")
        self._consumer.subscribe([ALERTS.name(settings.kafka.topic_prefix)])
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._ended.set()
        self._thread.join(10)
        self._consumer.close()

    def _listen(self) -> None:
        while not self._ended.is_set():
            for message in self._consumer.consume(1000, 0.05):
                if message.error() is None:
                    self.came_at.setdefault(json.loads(message.value() or b"{}")["keyword"], time.time())
