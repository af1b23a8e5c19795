"""Posts and comments in the form in which TikTok's pages get them."""

from typing import Any


def web_post(number: int, text: str, created_s: int, author: int | None = None) -> dict[str, Any]:
    """A post with an author of its own, unless one is named."""
    author = number if author is None else author
    return {
        "id": str(7_100_000_000_000_000_000 + number),
        "desc": text,
        "createTime": created_s,
        "author": {
            "id": str(6_800_000_000_000_000_000 + author),
            "uniqueId": f"user.{author}",
            "nickname": f"U {author}",
        },
        "music": {"id": "7001", "title": "a song", "authorName": "a musician", "original": False},
        "stats": {"diggCount": number, "commentCount": 1, "shareCount": 0, "playCount": 10 * number},
        "statsV2": {"diggCount": str(number)},
        "video": {"duration": 15},
    }


def comment(number: int, text: str, author: int = 1) -> dict[str, Any]:
    return {
        "cid": str(9000 + number),
        "text": text,
        "create_time": 1_790_000_000 + number,
        "digg_count": number,
        "reply_comment_total": 0,
        "comment_language": "en",
        "user": {"uid": str(6_800_000_000_000_000_000 + author), "unique_id": f"user.{author}", "sec_uid": "x"},
    }


def pages(posts: list[dict[str, Any]], cursor: str, size: int = 30) -> dict[str, Any]:
    """The page of a feed at a cursor."""
    start = int(cursor or 0)
    end = start + size
    return {"statusCode": 0, "itemList": posts[start:end], "hasMore": end < len(posts), "cursor": str(end)}


def comment_page(comments: list[dict[str, Any]], cursor: str, size: int = 20) -> dict[str, Any]:
    end = int(cursor or 0) + size
    shown = comments[int(cursor or 0) : end]
    return {"status_code": 0, "comments": shown, "has_more": int(end < len(comments)), "cursor": end}


CHALLENGE = {"statusCode": 0, "challengeInfo": {"challenge": {"id": "42", "title": "any"}}}
