"""Profile requests on real Kafka, S3 and Postgres; the pages come from a TikTok that the test serves."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_tiktok import Answer, FakeTikTok, fake_tiktok
from web_form import web_post

from groundswell.adapters.kafka import producer
from groundswell.adapters.object_store import s3_client
from groundswell.contracts.topics import DEAD_LETTERS, POSTS, PROFILE_REQUESTS

REAL_PAGE = Path(__file__).parents[2].parent / "shared" / "data" / "tiktok" / "real_profile_page_2021-01.html"
CREATED_S = 1_750_000_000


def html(name: str, followers: int, posts: list[dict[str, Any]] | None = None, form: str = "universal") -> Answer:
    posts = [post | {"author": name} for post in posts or []]
    user = {"id": f"id of {name}", "uniqueId": name, "nickname": name.upper(), "secUid": "s", "verified": False}
    info = {"user": user, "stats": {"followerCount": followers, "heartCount": 10, "videoCount": 2}}
    script, data = {
        "universal": (
            "__UNIVERSAL_DATA_FOR_REHYDRATION__",
            {"__DEFAULT_SCOPE__": {"webapp.user-detail": {"userInfo": {**info, "itemList": posts}}}},
        ),
        "sigi": (
            "SIGI_STATE",
            {
                "UserModule": {"users": {name: user}, "stats": {name: info["stats"]}},
                "ItemModule": {post["id"]: post for post in posts},
            },
        ),
        "next": ("__NEXT_DATA__", {"props": {"pageProps": {"userInfo": info, "items": posts}}}),
    }[form]
    body = f'<html><script id="{script}" type="application/json">{json.dumps(data)}</script></html>'
    return Answer(body.encode(), 200, {"Content-Type": "text/html; charset=utf-8"})


@pytest.fixture(scope="module")
def tiktok(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeTikTok]:
    with fake_tiktok(tmp_path_factory.mktemp("tiktok")) as fake:
        yield fake


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any], tiktok: FakeTikTok) -> Any:
    return make_pipeline("profiles", GROUNDSWELL_SCRAPE__ATTEMPTS="2", **tiktok.variables)


def collect(pipeline: Any) -> dict[str, Any]:
    """Meet what was asked for, in the role that is for it."""
    postgres, part = pipeline.settings.postgres, copy.copy(pipeline)
    part.environment = pipeline.environment | {
        "GROUNDSWELL_POSTGRES__USER": postgres.collect_user,
        "GROUNDSWELL_POSTGRES__PASSWORD": postgres.collect_password.get_secret_value(),
    }
    (summary,) = part.json("profiles", "collect", "--no-follow", "--json")
    return dict(summary)


def profile(pipeline: Any, name: str) -> list[tuple[Any, ...]]:
    return list(pipeline.query("SELECT follower_count, raw_key, seen_at FROM profiles WHERE user_name = %s", name))


def history(pipeline: Any, name: str) -> list[int]:
    query = "SELECT follower_count FROM profile_counts WHERE user_name = %s ORDER BY seen_at"
    return [row[0] for row in pipeline.query(query, name)]


def send_again(pipeline: Any, name: str) -> None:
    client = producer(pipeline.settings)
    topic = PROFILE_REQUESTS.name(pipeline.settings.kafka.topic_prefix)
    client.produce(topic, f"https://www.tiktok.com/@{name}".encode(), name.encode())
    assert client.flush(10) == 0


@pytest.mark.parametrize("form", ["universal", "sigi", "next"])
def test_a_request_ends_as_page_profile_posts_and_history(pipeline: Any, tiktok: FakeTikTok, form: str) -> None:
    name = f"ana.{form}"
    first = 10 * ["universal", "sigi", "next"].index(form)
    posts = [web_post(first + n, f"hello #cats {form}", CREATED_S, author=n) for n in range(2)]
    served = html(name, 1200, posts, form)
    tiktok.put(f"/@{name}", served)

    pipeline.cold("profiles", "request", f"https://www.tiktok.com/@{name.upper()}?lang=en")
    assert collect(pipeline)["merged"] == 1

    ((followers, raw_key, seen_at),) = profile(pipeline, name)
    assert followers == 1200
    assert history(pipeline, name) == [1200]
    client, bucket = s3_client(pipeline.settings), pipeline.settings.lake.bucket
    assert raw_key.startswith(f"profiles/raw/day={datetime.now(UTC):%Y-%m-%d}"[:-1])
    assert client.get_object(Bucket=bucket, Key=raw_key)["Body"].read() == served.body
    processed = client.list_objects_v2(Bucket=bucket, Prefix="profiles/processed/")["Contents"]
    (key,) = [each["Key"] for each in processed if f"/{name}/" in each["Key"]]
    assert json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read())["profile"]["user_name"] == name
    ids = [post["id"] for post in posts]
    rows = pipeline.query(
        "SELECT post_id, text, hashtags, first_seen_at FROM posts WHERE post_id = ANY (%s) ORDER BY 1", ids
    )
    assert rows == [(post["id"], post["desc"], ["#cats"], seen_at) for post in posts]
    sent = [r for r in pipeline.records(POSTS) if dict(r.headers())["source"] == f"profile:{name}".encode()]
    assert {record.key().decode() for record in sent} == set(ids)
    assert {record.timestamp()[1] for record in sent} == {round(seen_at.timestamp() * 1000)}


def test_the_same_message_twice_changes_nothing_and_a_new_page_adds_to_the_history(
    pipeline: Any, tiktok: FakeTikTok
) -> None:
    tiktok.put("/@twice", html("twice", 5, [web_post(900, "x", CREATED_S)]))
    send_again(pipeline, "twice")
    send_again(pipeline, "twice")

    met = collect(pipeline)
    assert (met["merged"], met["nothing_new"]) == (1, 1)
    before = profile(pipeline, "twice"), len(pipeline.records(POSTS))
    send_again(pipeline, "twice")
    collect(pipeline)
    assert (profile(pipeline, "twice"), len(pipeline.records(POSTS))) == before
    assert history(pipeline, "twice") == [5]

    tiktok.put("/@twice", html("twice", 7))
    send_again(pipeline, "twice")
    collect(pipeline)
    assert history(pipeline, "twice") == [5, 7]
    assert profile(pipeline, "twice")[0][0] == 7


def test_what_cant_be_met_is_a_dead_letter_with_its_reason_and_can_be_tried_again(
    pipeline: Any, tiktok: FakeTikTok
) -> None:
    tiktok.put("/@refused", Answer(b"", 429))
    tiktok.put("/@captcha", Answer(b"<div class='captcha-verify'>"))
    tiktok.put("/@moved", Answer(b"", 302, {"Location": "https://evil.example/@moved"}))
    tiktok.put("/@inside", Answer(b"", 302, {"Location": "http://169.254.169.254/latest"}))
    tiktok.put("/@large", Answer(b"x" * 9_000_000))
    tiktok.put("/@negative", html("negative", -1))
    tiktok.put("/@cut", Answer(b"x" * 1000, cut=True))
    names = ["refused", "captcha", "moved", "inside", "large", "negative", "cut", "gone"]
    for name in names:
        send_again(pipeline, name)

    refused = collect(pipeline)["refused"]

    assert refused == {
        "refused": 1, "captcha": 1, "forbidden": 2, "too_large": 1, "no_followers": 1, "cut": 1, "not_found": 1,
    }  # fmt: skip
    letters = {dict(letter.headers())["reason"]: letter for letter in pipeline.records(DEAD_LETTERS)}
    assert letters[b"captcha"].value() == b"https://www.tiktok.com/@captcha"
    assert tiktok.count("/@refused") == 2

    tiktok.put("/@refused", html("refused", 3))
    pipeline.cold("deadletters", "requeue", "--reason", "refused")
    assert collect(pipeline)["merged"] == 1
    assert history(pipeline, "refused") == [3]


def test_an_address_that_isnt_tiktoks_is_refused_before_it_is_sent(pipeline: Any) -> None:
    said = pipeline.cold("profiles", "request", "https://evil.example/@ana", exit_code=2)

    assert "is not fetched" in said or "no profile's address" in said


@pytest.mark.skipif(not REAL_PAGE.is_file(), reason="the real page of ../shared is not here")
def test_a_real_page(pipeline: Any, tiktok: FakeTikTok) -> None:
    from groundswell.contracts.profile_pages import read_profile_page

    body = REAL_PAGE.read_bytes()
    name = next(
        part.split("?")[0].split('"')[0] for part in body.decode().split("tiktok.com/@")[1:] if part[:1].isalnum()
    ).lower()
    told = read_profile_page(body.decode(), name)
    tiktok.put(f"/@{name}", Answer(body))

    send_again(pipeline, name)
    collect(pipeline)

    assert history(pipeline, name) == [told.profile.followers]
    ids = [post["id"] for post in told.posts]
    assert pipeline.query("SELECT count(*) FROM posts WHERE post_id = ANY (%s)", ids) == [(len(ids),)]
