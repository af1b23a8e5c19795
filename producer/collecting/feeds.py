"""Feeds: which address of TikTok's gives the pages of each, and what a page says.

The addresses and parameters are those that TikTokApi 7.3 asks for. Its own iterators aren't used: they give up a whole
page for one post that they can't read, and don't tell the cursor that a later run could go on from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundswell.contracts.scalars import count_of, filled
from groundswell.errors import UnavailableError

Kind = Literal["trending", "hashtag", "search", "user", "sound", "comments"]

_HOST = "https://www.tiktok.com"
_NO_SUCH = frozenset({10202, 10204, 10205, 10219, 10221, 10222})
"""Status codes that say there is no such thing, or that it is private."""


class FeedError(UnavailableError):
    """A page that didn't come; `reason` is one word for the log.

    Parameters
    ----------
    reason : {"captcha", "refused", "empty", "cut", "changed", "not_found"}
    detail : str
    is_passing : bool
        Whether it may come another time.
    """

    def __init__(self, reason: str, detail: str, is_passing: bool) -> None:
        super().__init__(detail, _WAYS_OUT[reason])
        self.reason = reason
        self.is_passing = is_passing


_WAYS_OUT = {
    "captcha": "solve it in a browser and set scrape.ms_tokens to its msToken cookie, or wait, or use scrape.proxies",
    "refused": "wait, raise scrape.pace_seconds, or use other scrape.proxies or scrape.ms_tokens",
    "empty": "TikTok takes this for a bot: set scrape.ms_tokens, raise scrape.pace_seconds, or use scrape.proxies",
    "cut": "check the network and scrape.proxies",
    "changed": "TikTok has changed, or this isn't TikTok: look for a newer TikTokApi and a newer groundswell",
    "not_found": "check the name",
}


@dataclass(frozen=True)
class Feed:
    """What is collected.

    Attributes
    ----------
    kind : str
    name : str
        Hashtag without #, words, user name without @, sound's id or post's id; empty for trending.
    """

    kind: Kind
    name: str = ""

    @property
    def source(self) -> str:
        """Name in the records' headers, and of the position.

        >>> Feed("hashtag", "cats").source, Feed("trending").source
        ('scrape:hashtag:cats', 'scrape:trending')
        """
        return f"scrape:{self.kind}:{self.name}" if self.name else f"scrape:{self.kind}"


@dataclass(frozen=True)
class FeedCursor:
    """Where the next page begins, as TikTok says it; `search_id` belongs to a search."""

    place: str = "0"
    search_id: str = ""


@dataclass(frozen=True)
class FeedPage:
    """A page: its posts or comments as they came, and where the next one begins (None: it is the last)."""

    items: tuple[Any, ...]
    following: FeedCursor | None


@dataclass(frozen=True)
class _Address:
    path: str
    items: str
    parameters: Callable[[str, FeedCursor], dict[str, str]]


_ADDRESSES: Mapping[Kind, _Address] = {
    "trending": _Address("/api/recommend/item_list/", "itemList", lambda _, at: {"from_page": "fyp", "count": "30"}),
    "hashtag": _Address(
        "/api/challenge/item_list/",
        "itemList",
        lambda key, at: {"challengeID": key, "count": "30", "cursor": at.place},
    ),
    "search": _Address(
        "/api/search/item/full/",
        "item_list",
        lambda key, at: {
            "keyword": key,
            "cursor": at.place,
            "from_page": "search",
            **({"search_id": at.search_id} if at.search_id else {}),
        },
    ),
    "user": _Address(
        "/api/post/item_list/", "itemList", lambda key, at: {"secUid": key, "count": "30", "cursor": at.place}
    ),
    "sound": _Address(
        "/api/music/item_list/", "itemList", lambda key, at: {"musicID": key, "count": "30", "cursor": at.place}
    ),
    "comments": _Address(
        "/api/comment/list/", "comments", lambda key, at: {"aweme_id": key, "count": "20", "cursor": at.place}
    ),
}


LOOKUPS: Mapping[str, str] = {
    "hashtag": f"{_HOST}/api/challenge/detail/",
    "user": f"{_HOST}/api/user/detail/",
}
"""By which address a feed's name is looked up."""


def page_request(kind: Kind, key: str, at: FeedCursor) -> tuple[str, dict[str, str]]:
    """Return a page's address and parameters.

    Parameters
    ----------
    kind : str
        Of the feed.
    key : str
        By which TikTok knows it: a hashtag's or sound's id, a user's secUid, a search's words, a post's id.
    at : FeedCursor

    >>> page_request("sound", "7", FeedCursor("30"))
    ('https://www.tiktok.com/api/music/item_list/', {'musicID': '7', 'count': '30', 'cursor': '30'})
    """
    address = _ADDRESSES[kind]
    return f"{_HOST}{address.path}", address.parameters(key, at)


def read_page(feed: Feed, at: FeedCursor, answer: Any) -> FeedPage:
    """Read a page.

    Raises
    ------
    FeedError
        It says that there is nothing to give, or isn't of a form that is known.
    """
    name = _ADDRESSES[feed.kind].items
    if not isinstance(answer, dict):
        raise FeedError("changed", f"{feed.source}: the page is no object", is_passing=False)
    check_status(feed, answer)
    items = answer.get(name)
    has_more = answer.get("hasMore", answer.get("has_more")) in (True, 1, "1")
    if items is None:
        if has_more or not _tells_its_end(answer):
            raise FeedError("changed", f"{feed.source}: the page has no {name}", is_passing=False)
        items = []
    if not isinstance(items, list):
        raise FeedError("changed", f"{feed.source}: {name} is no list", is_passing=False)
    if has_more and not items:
        raise FeedError("empty", f"{feed.source}: the page is empty, though there is said to be more", is_passing=True)
    following = filled(answer.get("cursor")) or at.place
    return FeedPage(tuple(items), FeedCursor(following, filled(answer.get("rid")) or "") if has_more else None)


def check_status(feed: Feed, answer: Mapping[str, Any]) -> None:
    """Make sure that TikTok tells no error.

    Raises
    ------
    FeedError
        It does.
    """
    if answer.get("type") == "verify" or "verify_center_decision_conf" in answer or answer.get("code") == "10000":
        raise FeedError("captcha", f"{feed.source}: TikTok wants a captcha to be solved", is_passing=False)
    status = count_of(filled(answer.get("statusCode"), answer.get("status_code")))
    if status in (None, 0):
        return
    if status in _NO_SUCH:
        raise FeedError("not_found", f"{feed.source}: TikTok has no such page (status {status})", is_passing=False)
    raise FeedError("refused", f"{feed.source}: TikTok refuses with status {status}", is_passing=True)


def _tells_its_end(answer: Mapping[str, Any]) -> bool:
    return "hasMore" in answer or "has_more" in answer
