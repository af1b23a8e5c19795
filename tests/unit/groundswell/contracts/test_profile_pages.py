"""Three forms of one page become the same profile; what is no valid page says why."""

import json
from pathlib import Path
from typing import Any

import pytest

from groundswell.contracts.profile_pages import ProfilePage, ProfilePageError, read_profile_page

REAL = Path(__file__).parents[5] / "shared" / "data" / "tiktok" / "real_profile_page_2021-01.html"
USER = {"id": "7", "uniqueId": "Ana.M", "nickname": "Ana", "signature": "hi", "verified": True, "secUid": "MS4"}
STATS = {"followerCount": "1200", "followingCount": 3, "heartCount": 99, "videoCount": 2}
POST = {"id": "70", "desc": "#día", "createTime": 1_600_000_000, "author": {"uniqueId": "ana.m"}}


def page(script: str, data: object) -> str:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f'<html><script>var x = "</p>";</script><script id="{script}" type="application/json">{text}</script></html>'


def universal(**changes: Any) -> str:
    detail = {"statusCode": 0, "userInfo": {"user": USER, "stats": STATS, "itemList": [POST]}} | changes
    return page("__UNIVERSAL_DATA_FOR_REHYDRATION__", {"__DEFAULT_SCOPE__": {"webapp.user-detail": detail}})


def sigi() -> str:
    modules = {"users": {"ana.m": USER}, "stats": {"ana.m": STATS}}
    others = POST | {"id": "71", "author": "someone"}
    return page("SIGI_STATE", {"UserModule": modules, "ItemModule": {"70": POST, "71": others}})


def next_data() -> str:
    props = {"statusCode": 0, "userInfo": {"user": USER, "stats": STATS}, "items": [POST]}
    return page("__NEXT_DATA__", {"props": {"pageProps": props}})


@pytest.fixture(params=[universal, sigi, next_data], ids=["universal", "sigi", "next"])
def read(request: pytest.FixtureRequest) -> ProfilePage:
    return read_profile_page(request.param(), "ana.M")


def test_the_profile_is_the_same_in_every_form(read: ProfilePage) -> None:
    profile = read.profile
    assert (profile.user_name, profile.user_id, profile.nickname) == ("ana.m", "7", "Ana")
    assert (profile.followers, profile.following, profile.hearts, profile.posts) == (1200, 3, 99, 2)
    assert profile.is_verified
    assert not profile.is_private


def test_its_posts_come_as_they_were(read: ProfilePage) -> None:
    assert read.posts == (POST,)


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<html>nothing</html>", "unknown_page"),
        ('<html><div class="captcha-verify">', "captcha"),
        (page("SIGI_STATE", "{"), "bad_json"),
        (page("SIGI_STATE", "[" * 100_000), "bad_json"),
        (page("SIGI_STATE", "[1]"), "no_user"),
        (universal(statusCode=10221), "no_such_user"),
        (universal(userInfo={"user": {}, "stats": {}}), "no_user"),
        (universal(userInfo={"user": USER | {"uniqueId": "else"}, "stats": STATS}), "other_user"),
        (universal(userInfo={"user": USER, "stats": {}}), "no_followers"),
        (universal(userInfo={"user": USER, "stats": {"followerCount": -1}}), "no_followers"),
        (universal(userInfo="gone"), "no_user"),
    ],
)
def test_what_is_no_valid_page_says_why(html: str, reason: str) -> None:
    with pytest.raises(ProfilePageError) as refused:
        read_profile_page(html, "ana.m")
    assert refused.value.reason == reason


@pytest.mark.skipif(not REAL.exists(), reason="the shared folder with the real page isn't beside the project")
def test_a_real_page_of_2021() -> None:
    read = read_profile_page(REAL.read_text(encoding="utf-8"), "tiktok")
    assert (read.profile.user_id, read.profile.followers) == ("107955", 50_100_000)
    assert len(read.posts) == 4
