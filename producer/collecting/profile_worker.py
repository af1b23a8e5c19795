"""Reads profile requests from their topic and meets each, at least once."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg2
from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.kafka import (
    KafkaUnavailable,
    ensure_topics,
    read_committed_consumer,
    transactional_producer,
)
from groundswell.adapters.object_store import s3_client
from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.topics import DEAD_LETTERS, PROFILE_REQUESTS, PROFILE_REQUESTS_SOURCE, PROFILES_GROUP
from groundswell.domain.post import Post
from groundswell.errors import UnavailableError
from groundswell.settings import Settings
from producer.collecting import profile_tables
from producer.collecting.collect import Pace
from producer.collecting.page_store import PageStore
from producer.collecting.profile_tables import SeenProfile
from producer.collecting.profiles import LONGEST_REQUEST_BYTES, Profiles, RequestRefusedError
from producer.collecting.web import page_fetcher, robots
from producer.cursor import Cursor, Track
from producer.dead_letters import dead_letter_headers
from producer.interruption import StopRequested
from producer.options import Clock, ReplayOptions
from producer.positions import Fingerprint, Position
from producer.sender import Sender
from producer.sink import KafkaSink
from producer.sources import Source

logger = logging.getLogger(__name__)

_NAP_SECONDS = 0.2
_ASSIGNED_SECONDS = 60
# A page that is refused again and again may take long: the group must not take us for dead.
_LONGEST_REQUEST_MS = 3_600_000


@dataclass
class Met:
    """What became of the requests."""

    merged: int = 0
    nothing_new: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """Requests read."""
        return self.merged + self.nothing_new + sum(self.refused.values())


class _Kept:
    """Keeps pages in S3, profiles in Postgres, and sends posts to their topic."""

    def __init__(self, settings: Settings, sink: KafkaSink, connection: Connection) -> None:
        self._sink = sink
        self._prefix = settings.kafka.topic_prefix
        self._connection = connection
        self._pages = PageStore(s3_client(settings), settings)

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._pages.put(key, body, content_type)

    def is_known(self, user_name: str, content_digest: str) -> bool:
        return profile_tables.is_known(self._connection, user_name, content_digest)

    def send(self, user_name: str, lines: list[bytes], seen_at: datetime) -> None:
        # Half a millisecond more, so that rounding down gives the same one.
        stamp_s = seen_at.timestamp() + 0.0005
        sender = Sender(
            self._sink, self._prefix, ReplayOptions(Clock.WALL), Track(shift_milliseconds=0), lambda: stamp_s, None
        )
        sender.send(lines, Cursor(Source(f"profile:{user_name}", None), "", Position(Fingerprint(0, ""))))
        self._sink.commit({})

    def merge(self, seen: SeenProfile, posts: list[Post]) -> None:
        try:
            with transaction(self._connection), self._connection.cursor() as cursor:
                profile_tables.merge_profile(cursor, seen)
                profile_tables.merge_posts(cursor, posts, seen.seen_at)
        except (psycopg2.DataError, psycopg2.IntegrityError) as error:
            # No outage: the same page would be refused for ever.
            raise RequestRefusedError("not_storable", f"Postgres refuses what the page tells: {error}") from error


class ProfileWorker:
    """Meets requests as they come.

    Parameters
    ----------
    settings : Settings
    check_stop : callable
        Raises StopRequested when it is to end.
    """

    def __init__(self, settings: Settings, check_stop: Callable[[], None]) -> None:
        self._settings = settings
        self._check_stop = check_stop
        self.met = Met()

    def run(self, follow: bool, on_turn: Callable[[], None]) -> None:
        """Meet requests until it is to end, or (without `follow`) until there is none left.

        Raises
        ------
        GroundswellError
            Kafka, S3 or Postgres is away: what wasn't met is met by the next run.
        """
        ensure_topics(self._settings)
        prefix = self._settings.kafka.topic_prefix
        # One at a time: a second worker takes over from the first.
        producer = transactional_producer(self._settings, f"{prefix}{PROFILES_GROUP}", delivery_report_only_error=True)
        sink = KafkaSink(producer, self._settings)
        options = {
            "enable_auto_commit": False,
            "enable_partition_eof": True,
            "max_poll_interval_ms": _LONGEST_REQUEST_MS,
        }
        consumer = read_committed_consumer(self._settings, PROFILES_GROUP, **options)
        connection = connect(self._settings, application_name="groundswell profiles")
        try:
            consumer.subscribe([PROFILE_REQUESTS.name(prefix)])
            self._meet_all(consumer, sink, self._profiles(sink, connection), follow, on_turn)
        except KafkaException as error:
            raise KafkaUnavailable(self._settings, error.args[0].str()) from error
        except psycopg2.Error as error:
            raise UnavailableError(f"Postgres failed: {error}".strip(), "check `groundswell status`") from error
        finally:
            consumer.close()
            connection.close()
            sink.abort()

    def _profiles(self, sink: KafkaSink, connection: Connection) -> Profiles:
        scrape = self._settings.scrape
        rules = robots(scrape)
        return Profiles(
            fetch=page_fetcher(scrape),
            allowed=rules.check if rules else lambda _: None,
            keeping=_Kept(self._settings, sink, connection),
            pace=Pace(scrape.pace_seconds, scrape.attempts, scrape.longest_wait_seconds),
            nap=self._nap,
        )

    def _meet_all(
        self, consumer: Consumer, sink: KafkaSink, profiles: Profiles, follow: bool, on_turn: Callable[[], None]
    ) -> None:
        began = time.monotonic()
        while True:
            try:
                self._check_stop()
                on_turn()
                message = consumer.poll(_NAP_SECONDS)
                if message is None:
                    if not follow and not consumer.assignment() and time.monotonic() - began > _ASSIGNED_SECONDS:
                        logger.info("another `profiles collect` meets the requests")
                        return
                    continue
                if (error := message.error()) is not None:
                    if error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    if not follow:
                        return
                    continue
                self._meet(message, sink, profiles)
                consumer.commit(message=message, asynchronous=False)
                self._nap(self._settings.scrape.pace_seconds)
            except StopRequested:
                return

    def _meet(self, message: Message, sink: KafkaSink, profiles: Profiles) -> None:
        request = message.value() or b""
        try:
            if profiles.meet(request):
                self.met.merged += 1
            else:
                self.met.nothing_new += 1
        except RequestRefusedError as error:
            logger.warning("request %r: %s", request[:100].decode("utf-8", "replace"), error.detail)
            headers = dead_letter_headers(
                error.reason, error.detail, len(request), PROFILE_REQUESTS_SOURCE, (message.offset() or 0) + 1
            )
            topic = DEAD_LETTERS.name(self._settings.kafka.topic_prefix)
            value = request[:LONGEST_REQUEST_BYTES]
            sink.produce(topic, value, message.key(), timestamp=int(time.time() * 1000), headers=headers)
            sink.commit({})
            self.met.refused[error.reason] = self.met.refused.get(error.reason, 0) + 1

    def _nap(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self._check_stop()
            time.sleep(min(left, _NAP_SECONDS))
