import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from web_form import web_post

from groundswell.domain.post import Post
from groundswell.errors import InputError
from producer.collecting.collect import Pace
from producer.collecting.hosts import FetchError, ForbiddenAddressError
from producer.collecting.profile_tables import SeenProfile
from producer.collecting.profiles import Profiles, RequestRefusedError
from producer.collecting.robots import RobotsError

NOW_S = 1_790_000_000.1234


def html_of(name: str, followers: int, posts: list[Any] | None = None) -> bytes:
    user = {"id": "68", "uniqueId": name, "nickname": "Ana", "secUid": "s", "verified": True}
    info = {"user": user, "stats": {"followerCount": followers}, "itemList": posts or []}
    data = {"__DEFAULT_SCOPE__": {"webapp.user-detail": {"userInfo": info, "statusCode": 0}}}
    script = f'<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">{json.dumps(data)}</script>'
    return f"<html>{script}</html>".encode()


class Kept:
    """Keeps everything in memory, in the order it came."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.sent: list[tuple[str, list[bytes], datetime]] = []
        self.merged: list[tuple[SeenProfile, list[Post]]] = []

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self.objects[key] = body

    def is_known(self, user_name: str, content_digest: str) -> bool:
        newest = [seen for seen, _ in self.merged if seen.profile.user_name == user_name]
        return bool(newest) and newest[-1].content_digest == content_digest

    def send(self, user_name: str, lines: list[bytes], seen_at: datetime) -> None:
        self.sent.append((user_name, lines, seen_at))

    def merge(self, seen: SeenProfile, posts: list[Post]) -> None:
        self.merged.append((seen, posts))


def profiles(kept: Kept, fetch: Callable[[str], bytes], **options: Any) -> Profiles:
    pace = Pace(0.0, attempts=3, longest_wait_seconds=1.0)
    return Profiles(fetch, options.get("allowed", lambda _: None), kept, pace, lambda _: None, lambda: NOW_S)


def test_a_page_is_kept_as_it_came_read_sent_and_merged() -> None:
    kept, asked = Kept(), []
    html = html_of("ana.m", 1200, [web_post(1, "hi #cats", 1_700_000_000) | {"author": "ana.m"}])

    def fetch(url: str) -> bytes:
        asked.append(url)
        return html

    assert profiles(kept, fetch).meet(b"https://www.tiktok.com/@Ana.M?lang=en")

    raw, processed = kept.objects
    assert asked == ["https://www.tiktok.com/@ana.m"]
    assert raw.startswith("profiles/raw/day=2026-09-21/ana.m/")
    assert kept.objects[raw] == html
    assert processed.startswith("profiles/processed/day=2026-09-21/ana.m/")
    assert json.loads(kept.objects[processed])["profile"]["followers"] == 1200
    ((seen, posts),) = kept.merged
    assert (seen.profile.user_name, seen.raw_key) == ("ana.m", raw)
    assert seen.seen_at == datetime(2026, 9, 21, 14, 13, 20, 123_000, UTC)
    assert [post.text for post in posts] == ["hi #cats"]
    assert kept.sent == [("ana.m", [kept.sent[0][1][0]], seen.seen_at)]


def test_a_page_that_tells_nothing_new_changes_nothing() -> None:
    kept = Kept()
    pages = [html_of("ana", 5), html_of("ana", 5) + b"<!-- another token -->", html_of("ana", 6)]
    met = profiles(kept, lambda _: pages.pop(0))

    assert [met.meet(b"@ana") for _ in range(3)] == [True, False, True]
    assert [seen.profile.followers for seen, _ in kept.merged] == [5, 6]
    assert len(kept.sent) == 2


def test_a_passing_refusal_is_waited_out() -> None:
    answers: list[bytes | FetchError] = [FetchError("refused", "429", is_passing=True), html_of("ana", 5)]

    def fetch(url: str) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, FetchError):
            raise answer
        return answer

    assert profiles(Kept(), fetch).meet(b"@ana")


def raising(error: InputError | FetchError) -> Callable[[str], bytes]:
    def fetch(url: str) -> bytes:
        raise error

    return fetch


@pytest.mark.parametrize(
    ("request_", "fetch", "reason"),
    [
        (b"https://evil.example/@ana", lambda _: b"", "forbidden"),
        (b"http://www.tiktok.com/@ana", lambda _: b"", "forbidden"),
        (b"\xff", lambda _: b"", "bad_utf8"),
        (b"https://[x", lambda _: b"", "forbidden"),
        ("https://ℂ℀.com/@a".encode(), lambda _: b"", "forbidden"),
        (b"@..", lambda _: b"", "forbidden"),
        (b"@" + b"a" * 3000, lambda _: b"", "too_large"),
        (b"@ana", raising(FetchError("refused", "429", is_passing=True)), "refused"),
        (b"@ana", raising(FetchError("not_found", "404", is_passing=False)), "not_found"),
        (b"@ana", raising(ForbiddenAddressError("https://10.0.0.1", "it is inside")), "forbidden"),
        (b"@ana", lambda _: b"<html>captcha-verify</html>", "captcha"),
        (b"@ana", lambda _: b"<html></html>", "unknown_page"),
        (b"@ana", lambda _: b"<html><![foo[", "unknown_page"),
        (b"@ana", lambda _: html_of("bo", 5), "other_user"),
        (b"@ana", lambda _: html_of("ana", -1), "no_followers"),
    ],
)
def test_what_cant_be_met_is_refused_with_its_reason(
    request_: bytes, fetch: Callable[[str], bytes], reason: str
) -> None:
    kept = Kept()

    with pytest.raises(RequestRefusedError) as refused:
        profiles(kept, fetch).meet(request_)

    assert refused.value.reason == reason
    assert not kept.merged


def test_counts_that_ran_over_are_not_told_and_others_posts_are_left_out() -> None:
    kept = Kept()
    user = {"id": "68", "uniqueId": "ana"}
    info = {"user": user, "stats": {"followerCount": 5, "heartCount": -(2**31)}}
    info["itemList"] = [web_post(1, "hers", 1_700_000_000) | {"author": user}, web_post(2, "another's", 1_700_000_000)]
    data = json.dumps({"__DEFAULT_SCOPE__": {"webapp.user-detail": {"userInfo": info}}})
    html = f'<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__">{data}</script>'.encode()

    assert profiles(kept, lambda _: html).meet(b"@ana")

    ((seen, posts),) = kept.merged
    assert seen.profile.hearts is None
    assert [post.text for post in posts] == ["hers"]


def test_a_page_that_is_refused_is_kept_all_the_same() -> None:
    kept = Kept()

    with pytest.raises(RequestRefusedError):
        profiles(kept, lambda _: b"<html></html>").meet(b"@ana")

    assert list(kept.objects.values()) == [b"<html></html>"]


def test_robots_are_asked_first() -> None:
    def allowed(url: str) -> None:
        raise RobotsError(url, "www.tiktok.com")

    def fetch(url: str) -> bytes:
        raise AssertionError

    with pytest.raises(RequestRefusedError) as refused:
        profiles(Kept(), fetch, allowed=allowed).meet(b"@ana")

    assert refused.value.reason == "robots"
