"""The same post in both forms is the same `Post`, whatever spelling its values have."""

import json
from dataclasses import replace
from typing import Any

import pytest

from groundswell.contracts.post_forms import post_of
from groundswell.contracts.whole_posts import read_whole_post
from groundswell.domain.post import Post

NESTED = {
    "itemInfos": {
        "id": "68", "text": "hi #cats", "createTime": "1584953968", "authorId": "7", "musicId": "9",
        "diggCount": 1, "commentCount": 2, "shareCount": 3, "playCount": 4,
        "video": {"videoMeta": {"duration": 15}},
    },
    "authorInfos": {"userId": "7", "uniqueId": "ana", "nickName": "Ana", "signature": "me", "verified": True},
    "authorStats": {"followerCount": 5, "followingCount": "6"},
    "musicInfos": {"musicId": "9", "musicName": "song", "authorName": "Bo", "original": True},
    "challengeInfoList": [{"challengeId": "c", "challengeName": "cats"}],
    "textExtra": [{"HashtagName": "cats"}, {"UserId": "8"}],
}  # fmt: skip
WEB = {
    "id": "68", "desc": "hi #cats", "createTime": 1584953968,
    "author": {"id": "7", "uniqueId": "ana", "nickname": "Ana", "signature": "me", "verified": True},
    "authorStats": {"followerCount": 5, "followingCount": "6"},
    "music": {"id": "9", "title": "song", "authorName": "Bo", "original": True},
    "challenges": [{"id": "c", "title": "cats"}],
    "textExtra": [{"hashtagName": "cats"}, {"userId": "8"}],
    "stats": {"diggCount": 1, "commentCount": 2, "shareCount": 3, "playCount": 4},
    "video": {"duration": 15},
}  # fmt: skip


def post(value: Any) -> Post | None:
    whole = read_whole_post(json.dumps(value).encode())
    return None if whole is None else post_of(whole)


def test_both_forms_of_a_post_are_one_post() -> None:
    nested, web = post(NESTED), post(WEB)

    assert nested is not None
    assert web == replace(nested, form="web")
    assert nested == Post(
        "68", "nested", "hi #cats", 1584953968, 1, 2, 3, 4, 15, "7", "ana", "Ana", "me", True, 5, 6, "9", "song", "Bo",
        True, ("cats", "cats"), (("c", "cats"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field", "value"),
    [
        ({"stats": {"diggCount": "1200"}}, "digg_count", 1200),
        ({"statsV2": {"diggCount": "1234"}}, "digg_count", 1234),
        ({"stats": None}, "digg_count", None),
        ({"author": "ana"}, "unique_name", "ana"),
        ({"author": "ana", "authorId": "7"}, "author_id", "7"),
        ({"author": "ana"}, "author_id", None),
        ({"music": {"original": ""}}, "is_original", False),
        ({"createTime": "1584953968"}, "created_s", 1584953968),
        ({"textExtra": None, "challenges": None}, "hashtag_names", ()),
        ({"desc": None}, "text", ""),
        ({"id": 6872398749287239874}, "post_id", "6872398749287239874"),
        ({"video": "none"}, "duration_seconds", None),
    ],
)
def test_what_the_web_form_may_look_like(changed: dict[str, Any], field: str, value: Any) -> None:
    found = post(WEB | changed)

    assert found is not None
    assert getattr(found, field) == value


@pytest.mark.parametrize("changed", [{"id": ""}, {"id": None}, {"createTime": "soon"}, {"createTime": 10**11}])
def test_what_is_no_post(changed: dict[str, Any]) -> None:
    assert post(WEB | changed) is None
