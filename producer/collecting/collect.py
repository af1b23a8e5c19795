"""Feeds collected page by page: with pauses, with patience where TikTok refuses, and to a clean end at any time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from producer.collecting.feeds import Feed, FeedCursor, FeedError, FeedPage

logger = logging.getLogger(__name__)

T = TypeVar("T")

_NAP_SECONDS = 0.2


class Pages(Protocol):
    """Where pages come from."""

    async def page(self, feed: Feed, at: FeedCursor) -> FeedPage:
        """Return one page, or raise FeedError."""


class Outlet(Protocol):
    """Where what was collected goes."""

    def begin(self, feed: Feed) -> FeedCursor:
        """Take up a feed; return where an earlier run was cut, or the feed's beginning."""

    def take(self, items: Sequence[Any]) -> None:
        """Take a page's posts or comments."""

    def commit(self, at: FeedCursor, finished: bool) -> None:
        """Make what was taken count, together with the place that it leads to."""


class End(StrEnum):
    """Why a feed's collecting ended."""

    LAST_PAGE = "last page"
    LIMIT = "limit"
    NOTHING_NEW = "nothing new"


@dataclass(frozen=True)
class Pace:
    """How fast, and how patient.

    Attributes
    ----------
    pause_seconds : float
        Between two requests.
    attempts : int
        How often a page is asked for.
    longest_wait_seconds : float
        Waits double after each refusal, from the pause (at least a second) up to this.
    """

    pause_seconds: float
    attempts: int
    longest_wait_seconds: float

    def wait_seconds(self, refusals: int) -> float:
        """Return how long to wait after so many refusals.

        >>> [Pace(2.0, 5, 10.0).wait_seconds(refusals) for refusals in (1, 2, 3, 4)]
        [4.0, 8.0, 10.0, 10.0]
        """
        return min(max(self.pause_seconds, 1.0) * 2.0**refusals, self.longest_wait_seconds)


class Collector:
    """Collects feeds.

    Parameters
    ----------
    pages : Pages
    outlet : Outlet
    pace : Pace
    check_stop : callable
        Raises when the collecting is to end.
    on_turn : callable
        Called every now and then, for showing how it goes.
    """

    def __init__(
        self,
        pages: Pages,
        outlet: Outlet,
        pace: Pace,
        check_stop: Callable[[], None],
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self._pages = pages
        self._outlet = outlet
        self._pace = pace
        self._check_stop = check_stop
        self._on_turn = on_turn

    async def collect(self, feed: Feed, limit: int) -> End:
        """Collect a feed from where it was left.

        Parameters
        ----------
        feed : Feed
        limit : int
            Posts or comments at most.

        Raises
        ------
        FeedError
            A page didn't come; those before it count, and the next run goes on from there.
        """
        at, left, seen = self._outlet.begin(feed), limit, set[str]()
        if at != FeedCursor():
            logger.info("%s goes on at cursor %s, where an earlier run was cut", feed.source, at.place)
        while True:
            page = await self._patiently(feed, at)
            items = page.items[:left]
            new = {identity for item in items if (identity := _identity(item)) is not None} - seen
            if items:
                self._outlet.take(items)
            seen |= new
            left -= len(items)
            end = self._end(page, left, bool(new) or not items)
            self._outlet.commit(page.following or FeedCursor(), end is not None)
            self._on_turn()
            if end is not None:
                return end
            at = page.following or at
            self._check_stop()

    @staticmethod
    def _end(page: FeedPage, left: int, is_new: bool) -> End | None:
        if page.following is None:
            return End.LAST_PAGE
        if left <= 0:
            return End.LIMIT
        return None if is_new and page.items else End.NOTHING_NEW

    async def _patiently(self, feed: Feed, at: FeedCursor) -> FeedPage:
        refusals = 0
        while True:
            try:
                return await self._unless_stopped(self._pages.page(feed, at))
            except FeedError as error:
                self._check_stop()
                refusals += 1
                if not error.is_passing or refusals >= self._pace.attempts:
                    raise
                wait_seconds = self._pace.wait_seconds(refusals)
                logger.warning("%s; asking again in %.0f s", error.message, wait_seconds)
                await self._nap(wait_seconds)

    async def _unless_stopped(self, awaited: Awaitable[T]) -> T:
        task = asyncio.ensure_future(awaited)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=_NAP_SECONDS)
                if not task.done():
                    self._check_stop()
                    self._on_turn()
            return task.result()
        finally:
            task.cancel()

    async def _nap(self, seconds: float) -> None:
        self._check_stop()
        await self._unless_stopped(asyncio.sleep(seconds))


def _identity(item: Any) -> str | None:
    """Return a post's or comment's id; None where it has none."""
    if not isinstance(item, dict):
        return None
    found = item.get("id", item.get("cid"))
    return None if found is None else str(found)
