from typing import Any

import pytest
from web_form import pages, web_post

from producer.collecting.feeds import Feed, FeedCursor, FeedError, page_request, read_page

CATS = Feed("hashtag", "cats")
START = FeedCursor()


def test_a_page_gives_its_posts_as_they_came_and_where_the_next_begins() -> None:
    posts = [web_post(number, "x", 1_790_000_000) for number in range(40)]

    first = read_page(CATS, START, pages(posts, "0"))
    last = read_page(CATS, FeedCursor("30"), pages(posts, "30"))

    assert [*first.items, *last.items] == posts
    assert first.following == FeedCursor("30")
    assert last.following is None


@pytest.mark.parametrize(
    ("answer", "following"),
    [
        ({"hasMore": False}, None),
        ({"has_more": 0, "cursor": 20}, None),
        ({"comments": [{}], "has_more": 1, "cursor": 20, "rid": "s"}, FeedCursor("20", "s")),
    ],
)
def test_the_end_is_told_in_several_spellings(answer: dict[str, Any], following: FeedCursor | None) -> None:
    assert read_page(Feed("comments", "1"), START, answer).following == following


@pytest.mark.parametrize(
    ("answer", "reason", "is_passing"),
    [
        ({"code": "10000", "type": "verify"}, "captcha", False),
        ({"statusCode": 10221, "itemList": []}, "not_found", False),
        ({"statusCode": "10101"}, "refused", True),
        ({"status_code": 8}, "refused", True),
        ({"hasMore": True}, "changed", False),
        ({"itemList": [], "hasMore": True, "cursor": "30"}, "empty", True),
        ({"items": []}, "changed", False),
        ({"itemList": {}, "hasMore": False}, "changed", False),
        ([], "changed", False),
    ],
)
def test_what_is_no_page_is_told_apart(answer: Any, reason: str, is_passing: bool) -> None:
    with pytest.raises(FeedError) as refused:
        read_page(CATS, START, answer)

    assert (refused.value.reason, refused.value.is_passing) == (reason, is_passing)
    assert refused.value.way_out


def test_a_search_goes_on_under_the_id_that_it_was_given() -> None:
    _, first = page_request("search", "air max", START)
    _, second = page_request("search", "air max", FeedCursor("12", "s1"))

    assert "search_id" not in first
    assert (second["keyword"], second["cursor"], second["search_id"]) == ("air max", "12", "s1")
