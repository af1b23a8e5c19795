from typing import Any

import pytest
from web_form import comment

from groundswell.contracts.comments import Comment, comment_of


def test_a_comment_field_by_field() -> None:
    assert comment_of(comment(1, "yes!"), "7") == Comment(
        "9001", "7", "6800000000000000001", "user.1", "yes!", 1_790_000_001, 1, 0, "en"
    )


def test_numbers_may_be_strings_and_most_may_be_missing() -> None:
    assert comment_of({"cid": 5, "digg_count": "12", "create_time": "1790000000"}, "7") == Comment(
        "5", "7", None, None, "", 1_790_000_000, 12, None, None
    )


@pytest.mark.parametrize("received", [None, [], "text", {}, {"cid": ""}, {"cid": "1", "aweme_id": "8"}])
def test_what_is_no_comment_on_the_post(received: Any) -> None:
    assert comment_of(received, "7") is None


def test_what_is_not_believable_is_not_told() -> None:
    found = comment_of({"cid": "1", "digg_count": -3, "create_time": 10**12, "user": "ana"}, "7")

    assert found is not None
    assert (found.digg_count, found.created_s, found.author_id) == (None, None, None)
