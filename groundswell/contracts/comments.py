"""A comment in the form in which TikTok's pages get it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundswell.contracts.scalars import count_of, filled, text_of

_LATEST_BELIEVABLE_S = 4_102_444_800  # the year 2100


@dataclass(frozen=True)
class Comment:
    """What somebody answered to a post; None where it isn't told.

    Attributes
    ----------
    created_s : int or None
        Epoch seconds.
    """

    comment_id: str
    post_id: str
    author_id: str | None
    author_name: str | None
    text: str
    created_s: int | None
    digg_count: int | None
    reply_count: int | None
    language: str | None


def comment_of(received: Any, post_id: str) -> Comment | None:
    """Return the comment, or None where it has no id, or answers another post.

    Parameters
    ----------
    received : object
        A parsed JSON value.
    post_id : str
        Of the post whose comments were asked for.

    >>> comment_of({"cid": "7", "text": "yes", "user": {"uid": 3, "unique_id": "ana"}}, "1").author_id
    '3'
    """
    if not isinstance(received, dict):
        return None
    comment_id = filled(received.get("cid"))
    if comment_id is None or filled(received.get("aweme_id"), post_id) != post_id:
        return None
    user = received.get("user")
    author: Mapping[str, Any] = user if isinstance(user, dict) else {}
    created_s = count_of(received.get("create_time"))
    return Comment(
        comment_id=comment_id,
        post_id=post_id,
        author_id=filled(author.get("uid")),
        author_name=filled(author.get("unique_id")),
        text=text_of(received.get("text")) or "",
        created_s=created_s if created_s is not None and 1 <= created_s <= _LATEST_BELIEVABLE_S else None,
        digg_count=_believable(received.get("digg_count")),
        reply_count=_believable(received.get("reply_comment_total")),
        language=filled(received.get("comment_language")),
    )


def _believable(value: Any) -> int | None:
    count = count_of(value)
    return None if count is None or count < 0 else count
