"""Puts a scrape together: robots.txt, browser, feeds one after the other, outlet, progress; once or again and again."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from confluent_kafka import KafkaException

from groundswell.errors import GroundswellError, UnavailableError
from groundswell.settings import ScrapeSettings, Settings
from producer.collecting.browser import open_tiktok
from producer.collecting.collect import Collector, End, Outlet, Pace
from producer.collecting.feed_places import feed_key
from producer.collecting.feeds import LOOKUPS, Feed, FeedCursor, FeedError, page_request
from producer.collecting.post_outlet import LinesFile, PostOutlet, positions_in
from producer.collecting.web import robots
from producer.counts import Counts
from producer.fenced_sink import fenced_sink
from producer.interruption import StopRequested
from producer.sink import DrySink, Sink

logger = logging.getLogger(__name__)

_NAP_SECONDS = 0.2


class CountingOutlet(Outlet, Protocol):
    """An outlet that says what became of what it took."""

    @property
    def counts(self) -> Counts:
        """Of all feeds."""


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
    if rules is None:
        return
    pages = {page_request(feed.kind, "", FeedCursor())[0] for feed in feeds}
    for url in sorted(pages | {LOOKUPS[feed.kind] for feed in feeds if feed.kind in LOOKUPS}):
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
        done.is_stopped = _is_stopped(check_stop)  # Ctrl-C reaches the browser, too, which then fails
        for feed in feeds:
            if feed.source not in done.ends:
                done.errors.setdefault(feed.source, error)
    return done


@contextmanager
def posts_kept(
    settings: Settings, feeds: Sequence[Feed], to_topic: bool, out: Path | None, restart: bool
) -> Iterator[tuple[CountingOutlet, Sink]]:
    """Open where posts go, and close it in any case.

    Raises
    ------
    GroundswellError
        Kafka can't be reached, or the file not be written.
    """
    with ExitStack() as stack:
        file = stack.enter_context(closing(LinesFile(out))) if out else None
        sink: Sink = DrySink()
        committed = positions_in(file) if file else {}
        if to_topic:
            sink, committed = fenced_sink(settings, [feed_key(feed) for feed in feeds])
        stack.enter_context(_given_back(sink))
        yield PostOutlet(sink, settings.kafka.topic_prefix, committed, file, time.time, restart), sink


@contextmanager
def comments_kept(settings: Settings, feeds: Sequence[Feed], restart: bool) -> Iterator[tuple[CountingOutlet, Sink]]:
    """Open where comments go, and close it in any case.

    Raises
    ------
    GroundswellError
        Kafka, S3 or Postgres can't be used.
    """
    import psycopg2

    from groundswell.adapters.object_store import s3_client
    from groundswell.adapters.postgres import connect
    from producer.collecting.comment_outlet import CommentOutlet
    from producer.collecting.page_store import PageStore

    sink, committed = fenced_sink(settings, [feed_key(feed) for feed in feeds])
    pages = PageStore(s3_client(settings), settings)
    with _given_back(sink), closing(connect(settings, application_name="groundswell comments")) as connection:
        prefix = settings.kafka.topic_prefix
        try:
            yield CommentOutlet(sink, prefix, committed, pages, connection, time.time, restart), sink
        except psycopg2.Error as error:
            said = f"Postgres failed: {str(error).strip()}"
            raise UnavailableError(said, "check it with `groundswell status`, then run the command again") from error


@contextmanager
def _given_back(sink: Sink) -> Iterator[None]:
    """Take back what wasn't committed, and say in words for people what a client says."""
    try:
        yield
    except KafkaException as error:
        sink.abort()
        raise sink.translated(error) from error
    except BaseException:
        sink.abort()
        raise
    sink.abort()


def _is_stopped(check_stop: Callable[[], None]) -> bool:
    try:
        check_stop()
    except StopRequested:
        return True
    return False


def wait_until(due: float, check_stop: Callable[[], None], monotonic: Callable[[], float] = time.monotonic) -> bool:
    """Wait; return False where it is to end."""
    try:
        while (left := due - monotonic()) > 0:
            check_stop()
            time.sleep(min(left, _NAP_SECONDS))
    except StopRequested:
        return False
    return True
