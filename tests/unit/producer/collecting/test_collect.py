import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from producer.collecting.collect import Collector, End, Pace
from producer.collecting.feeds import Feed, FeedCursor, FeedError, FeedPage
from producer.interruption import StopRequested

FEED = Feed("hashtag", "cats")
START = FeedCursor()
AT_ONCE = Pace(0.0, attempts=3, longest_wait_seconds=0.001)


def page(*ids: int, following: str | None = None) -> FeedPage:
    return FeedPage(tuple({"id": str(each)} for each in ids), None if following is None else FeedCursor(following))


class Scripted:
    """Gives pages, or raises, in order; notes at which cursor it was asked."""

    def __init__(self, *script: FeedPage | Exception) -> None:
        self._script = list(script)
        self.asked: list[str] = []

    async def page(self, feed: Feed, at: FeedCursor) -> FeedPage:
        assert feed == FEED
        self.asked.append(at.place)
        step = self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


class Noted:
    def __init__(self, begin: FeedCursor = START) -> None:
        self._begin = begin
        self.taken: list[str] = []
        self.commits: list[tuple[int, str, bool]] = []

    def begin(self, feed: Feed) -> FeedCursor:
        return self._begin

    def take(self, items: Sequence[Any]) -> None:
        self.taken += [item["id"] for item in items]

    def commit(self, at: FeedCursor, finished: bool) -> None:
        self.commits.append((len(self.taken), at.place, finished))


def collect(pages: Scripted, noted: Noted, limit: int = 100, check_stop: Any = lambda: None) -> End:
    return asyncio.run(Collector(pages, noted, AT_ONCE, check_stop).collect(FEED, limit))


def refusal(reason: str = "refused", is_passing: bool = True) -> FeedError:
    return FeedError(reason, "no", is_passing)


def test_pages_follow_each_other_and_each_is_committed_with_the_place_of_the_next() -> None:
    pages, noted = Scripted(page(1, 2, following="2"), page(3)), Noted()

    assert collect(pages, noted) == End.LAST_PAGE
    assert pages.asked == ["0", "2"]
    assert noted.taken == ["1", "2", "3"]
    assert noted.commits == [(2, "2", False), (3, "0", True)]


def test_a_run_goes_on_where_an_earlier_one_was_cut() -> None:
    pages, noted = Scripted(page(3)), Noted(FeedCursor("60"))

    collect(pages, noted)

    assert pages.asked == ["60"]


def test_it_ends_at_the_limit_in_the_middle_of_a_page() -> None:
    pages, noted = Scripted(page(1, 2, 3, following="3")), Noted()

    assert collect(pages, noted, limit=2) == End.LIMIT
    assert noted.taken == ["1", "2"]
    assert noted.commits[-1][2]


def test_a_feed_that_gives_the_same_again_ends() -> None:
    pages, noted = Scripted(page(1, 2, following="2"), page(2, 1, following="4")), Noted()

    assert collect(pages, noted) == End.NOTHING_NEW
    assert noted.taken == ["1", "2", "2", "1"]


def test_an_empty_page_ends_a_feed_whatever_it_says_of_more() -> None:
    assert collect(Scripted(page(following="30")), Noted()) == End.NOTHING_NEW


def test_what_has_no_id_is_taken_too() -> None:
    noted = Noted()
    pages = Scripted(FeedPage(({"id": "1"}, {"id": None}), None))

    collect(pages, noted)

    assert noted.taken == ["1", None]


def test_a_refusal_is_waited_out() -> None:
    pages, noted = Scripted(refusal(), refusal("empty"), page(1)), Noted()

    assert collect(pages, noted) == End.LAST_PAGE
    assert pages.asked == ["0", "0", "0"]


def test_patience_has_an_end_and_what_came_before_counts() -> None:
    pages, noted = Scripted(page(1, following="1"), refusal(), refusal(), refusal()), Noted()

    with pytest.raises(FeedError):
        collect(pages, noted)

    assert noted.commits == [(1, "1", False)]


def test_a_captcha_is_not_asked_again() -> None:
    pages = Scripted(refusal("captcha", is_passing=False))

    with pytest.raises(FeedError):
        collect(pages, Noted())

    assert len(pages.asked) == 1


def test_it_stops_between_pages() -> None:
    noted = Noted()

    def check_stop() -> None:
        if noted.taken:
            raise StopRequested

    with pytest.raises(StopRequested):
        collect(Scripted(page(1, following="1"), page(2)), noted, check_stop=check_stop)

    assert noted.commits == [(1, "1", False)]


def test_it_stops_while_a_page_is_on_its_way() -> None:
    class Slow(Scripted):
        async def page(self, feed: Feed, at: FeedCursor) -> FeedPage:
            self.asked.append(at.place)
            await asyncio.sleep(600)
            raise AssertionError

    slow = Slow()

    def check_stop() -> None:
        if slow.asked:
            raise StopRequested

    with pytest.raises(StopRequested):
        collect(slow, Noted(), check_stop=check_stop)
