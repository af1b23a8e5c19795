"""A profile's web page: who it is of, their numbers, and the posts that came with it.

The page carries its data as JSON in a script, under one of three names, newest first:

======================================  ==========================================================================
`__UNIVERSAL_DATA_FOR_REHYDRATION__`    `__DEFAULT_SCOPE__["webapp.user-detail"].userInfo` (2023 on)
`SIGI_STATE`                            `UserModule.users` and `.stats` by name, posts in `ItemModule` by id (2021-23)
`__NEXT_DATA__`                         `props.pageProps.userInfo`, posts in `items` (to 2021)
======================================  ==========================================================================

A page is valid when it is of one user with an id and a name, has a follower count that is no negative number, and tells
no other status than 0; everything else is an error page, a captcha or a form that isn't known yet.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from groundswell.contracts.scalars import count_of, filled, first_count, text_of
from groundswell.errors import InputError

_SCRIPTS = ("__UNIVERSAL_DATA_FOR_REHYDRATION__", "SIGI_STATE", "__NEXT_DATA__")
CAPTCHA_SIGNS = ("captcha-verify", "captcha_verify", "verify-bar-close", "tiktok-verify-page", "secsdk-captcha")
"""What stands in a page that asks for a captcha."""


class ProfilePageError(InputError):
    """A page that is no valid profile; `reason` is one word for a dead letter's header.

    Parameters
    ----------
    reason : str
    detail : str
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, "look at the page in a browser: it is gone, private, or asks for a captcha")
        self.reason = reason


@dataclass(frozen=True)
class Profile:
    """A user as the page shows them; counts that it doesn't tell are None.

    Attributes
    ----------
    user_name : str
        In lower case, as in the page's address.
    """

    user_name: str
    user_id: str
    sec_uid: str | None
    nickname: str | None
    signature: str | None
    is_verified: bool
    is_private: bool
    followers: int
    following: int | None
    hearts: int | None
    posts: int | None


@dataclass(frozen=True)
class ProfilePage:
    """A valid page: its user, and the posts on it in the web form, as they came."""

    profile: Profile
    posts: tuple[dict[str, Any], ...]


def read_profile_page(html: str, user_name: str) -> ProfilePage:
    """Read a page.

    Parameters
    ----------
    html : str
    user_name : str
        Whose page was asked for.

    Raises
    ------
    ProfilePageError
        It is no valid page of this user.
    """
    found = dict(_scripts(html))
    for name in _SCRIPTS:
        if name in found:
            data = _object(found[name], name)
            page = {_SCRIPTS[0]: _universal, _SCRIPTS[1]: _sigi, _SCRIPTS[2]: _next}[name](data, user_name.lower())
            return _valid(page, user_name.lower())
    if any(sign in html for sign in CAPTCHA_SIGNS):
        raise ProfilePageError("captcha", f"the page of @{user_name} asks for a captcha")
    raise ProfilePageError("unknown_page", f"the page of @{user_name} has no data of a form that is known")


@dataclass(frozen=True)
class _Found:
    user: Mapping[str, Any]
    stats: tuple[Mapping[str, Any], ...]
    posts: tuple[Any, ...]
    status: Any


def _universal(data: Mapping[str, Any], _: str) -> _Found:
    detail = _part(data, "__DEFAULT_SCOPE__", "webapp.user-detail")
    info = _part(detail, "userInfo")
    posts = info.get("itemList")
    return _Found(
        _part(info, "user"),
        (_part(info, "statsV2"), _part(info, "stats")),
        tuple(posts) if isinstance(posts, list) else (),
        detail.get("statusCode"),
    )


def _sigi(data: Mapping[str, Any], user_name: str) -> _Found:
    users, stats = _part(data, "UserModule", "users"), _part(data, "UserModule", "stats")
    key = next((name for name in users if name.lower() == user_name), user_name)
    user = _part(users, key)
    own = [post for post in _part(data, "ItemModule").values() if _author_of(post) == user_name]
    return _Found(user, (_part(stats, key),), tuple(own), _part(data, "UserPage").get("statusCode"))


def _next(data: Mapping[str, Any], _: str) -> _Found:
    page = _part(data, "props", "pageProps")
    info = _part(page, "userInfo")
    posts = page.get("items")
    return _Found(
        _part(info, "user"),
        (_part(info, "stats"),),
        tuple(posts) if isinstance(posts, list) else (),
        page.get("statusCode"),
    )


def _valid(found: _Found, user_name: str) -> ProfilePage:
    if count_of(found.status) not in (None, 0):
        raise ProfilePageError("no_such_user", f"TikTok tells status {found.status} for @{user_name}")
    user = found.user
    user_id, name = filled(user.get("id")), (filled(user.get("uniqueId")) or "").lower()
    if not user_id or not name:
        raise ProfilePageError("no_user", f"the page of @{user_name} tells no user")
    if name != user_name:
        raise ProfilePageError("other_user", f"the page of @{user_name} is that of @{name}")
    followers = _told(found.stats, "followerCount")
    if followers is None or followers < 0:
        raise ProfilePageError("no_followers", f"the page of @{user_name} tells no follower count")
    profile = Profile(
        user_name=name,
        user_id=user_id,
        sec_uid=filled(user.get("secUid")),
        nickname=text_of(user.get("nickname")),
        signature=text_of(user.get("signature")),
        is_verified=user.get("verified") is True,
        is_private=user.get("privateAccount") is True or user.get("secret") is True,
        followers=followers,
        following=_believable(found.stats, "followingCount"),
        hearts=_believable(found.stats, "heartCount", "heart"),
        posts=_believable(found.stats, "videoCount"),
    )
    own = [post for post in found.posts if isinstance(post, dict) and _author_of(post) in ("", name)]
    return ProfilePage(profile, tuple(own))


def _told(stats: tuple[Mapping[str, Any], ...], *names: str) -> int | None:
    return first_count(*(one.get(name) for one in stats for name in names))


def _believable(stats: tuple[Mapping[str, Any], ...], *names: str) -> int | None:
    """Return a count that isn't negative: large ones have run over."""
    count = _told(stats, *names)
    return None if count is None or count < 0 else count


def _author_of(post: Any) -> str:
    author = post.get("author") if isinstance(post, dict) else None
    name = author.get("uniqueId") if isinstance(author, dict) else author
    return str(name or "").lower()


def _part(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return what is under the names, one after the other; empty where it is no object."""
    found: Any = data
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _object(text: str, name: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProfilePageError("bad_json", f"the data of the page, {name}, is no JSON: {error}") from error
    return data if isinstance(data, dict) else {}


def _scripts(html: str) -> Iterator[tuple[str, str]]:
    parser = _Scripts()
    # It gives up on what no browser minds, such as <![foo[; what it found before stands.
    with contextlib.suppress(AssertionError):
        parser.feed(html)
        parser.close()
    yield from parser.found.items()


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: dict[str, str] = {}
        self._id: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._id = dict(attrs).get("id") if tag == "script" else None

    def handle_endtag(self, tag: str) -> None:
        self._id = None

    def handle_data(self, data: str) -> None:
        if self._id in _SCRIPTS:
            self.found[self._id] = self.found.get(self._id, "") + data
