"""Puts a scrape together: robots.txt, browser, feeds one after the other, outlet, progress; once or again and again."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from confluent_kafka import KafkaException

from groundswell.adapters.kafka import KafkaUnavailable, ensure_topics, read_committed_consumer, transactional_producer
from groundswell.contracts.topics import REPLAY_POSITIONS
from groundswell.errors import GroundswellError
from groundswell.settings import ScrapeSettings, Settings
from producer.collecting.browser import open_tiktok
from producer.collecting.collect import Collector, End, Outlet, Pace
from producer.collecting.feeds import Feed, FeedCursor, FeedError, page_request
from producer.collecting.post_outlet import LinesFile, PostOutlet, feed_key, positions_in
from producer.collecting.web import robots
from producer.interruption import StopRequested
from producer.positions import Position, read_positions, transactional_id
from producer.sink import DrySink, KafkaSink, Sink

logger = logging.getLogger(__name__)

_NAP_SECONDS = 0.2


@dataclass
class Round:
    """What became of each feed: why it ended, or what it failed of."""

    ends: dict[str, End] = field(default_factory=dict)
    errors: dict[str, GroundswellError] = field(default_factory=dict)
    is_stopped: bool = False


def check_robots(scrape: ScrapeSettings, feeds: Sequence[Feed]) -> None:
    """Make sure that robots.txt lets these feeds be collected.

    Raises
    ------
    RobotsError
        It doesn't.
    FetchError
        It can't be had.
    """
    rules = robots(scrape)
    for url in {page_request(feed.kind, "", FeedCursor())[0] for feed in feeds} if rules else ():
        assert rules is not None
        rules.check(url)


def scrape_round(
    scrape: ScrapeSettings,
    feeds: Sequence[Feed],
    outlet: Outlet,
    limit: int,
    check_stop: Callable[[], None],
    on_turn: Callable[[], None],
) -> Round:
    """Collect each feed once, in one browser; a feed that fails doesn't keep the others from theirs."""
    pace = Pace(scrape.pace_seconds, scrape.attempts, scrape.longest_wait_seconds)
    done = Round()

    async def run() -> None:
        async with open_tiktok(scrape) as tiktok:
            collector = Collector(tiktok, outlet, pace, check_stop, on_turn)
            for feed in feeds:
                try:
                    done.ends[feed.source] = await collector.collect(feed, limit)
                except FeedError as error:
                    done.errors[feed.source] = error
                    if error.reason == "captcha":
                        raise  # it would be asked for the others, too

    try:
        check_stop()
        check_robots(scrape, feeds)
        asyncio.run(run())
    except StopRequested:
        done.is_stopped = True
    except FeedError as error:
        for feed in feeds:
            if feed.source not in done.ends:
                done.errors.setdefault(feed.source, error)
    return done


def post_outlet(settings: Settings, feeds: Sequence[Feed], to_topic: bool, file: LinesFile | None,
                restart: bool) -> tuple[PostOutlet, Sink]:  # fmt: skip
    """Return where posts go.

    Raises
    ------
    GroundswellError
        Kafka can't be reached.
    """
    sink: Sink = DrySink()
    committed = positions_in(file) if file else {}
    if to_topic:
        sink, committed = _connect(settings, [feed_key(feed) for feed in feeds])
    return PostOutlet(sink, settings.kafka.topic_prefix, committed, file, time.time, restart), sink


def _connect(settings: Settings, keys: list[str]) -> tuple[KafkaSink, dict[str, Position]]:
    """Fence an older scrape of the same feeds first: only then is the last committed position final."""
    ensure_topics(settings)
    prefix = settings.kafka.topic_prefix
    producer = transactional_producer(settings, transactional_id(prefix, keys), delivery_report_only_error=True)
    consumer = read_committed_consumer(settings, None, fetch_wait_max_ms=20)
    try:
        committed = read_positions(consumer, REPLAY_POSITIONS.name(prefix), keys)
    except KafkaException as error:
        raise KafkaUnavailable(settings, error.args[0].str()) from error
    finally:
        consumer.close()
    return KafkaSink(producer, settings), committed


def wait_until(due: float, check_stop: Callable[[], None], monotonic: Callable[[], float] = time.monotonic) -> bool:
    """Wait; return False where it is to end."""
    try:
        while (left := due - monotonic()) > 0:
            check_stop()
            time.sleep(min(left, _NAP_SECONDS))
    except StopRequested:
        return False
    return True
