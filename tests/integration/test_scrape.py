"""`groundswell scrape` with the real TikTokApi and a real Chromium, against a TikTok that the test serves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from fake_tiktok import Answer, FakeTikTok, fake_tiktok
from one_burst import write_statistics
from web_form import CHALLENGE, comment, comment_page, pages, web_post

from groundswell.adapters.chromium import find_chromium
from groundswell.contracts.topics import ALERTS, DEAD_LETTERS, POSTS

pytestmark = pytest.mark.skipif(
    find_chromium("") is None,
    reason="no Chromium here: `make browser` installs it",
)

ITEMS = "/api/challenge/item_list/"


@pytest.fixture(scope="module")
def tiktok(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeTikTok]:
    with fake_tiktok(tmp_path_factory.mktemp("tiktok")) as fake:
        fake.put("/api/challenge/detail/", Answer.of(CHALLENGE))
        user = {"id": "1", "secUid": "sec", "uniqueId": "ana"}
        fake.put("/api/user/detail/", Answer.of({"userInfo": {"user": user}}))
        yield fake


@pytest.fixture(autouse=True)
def forgotten(tiktok: FakeTikTok) -> None:
    tiktok.asked.clear()
    tiktok.answers.pop(ITEMS, None)


def posts_of(count: int, text: str = "hi #cats") -> list[dict[str, Any]]:
    created_s = int(time.time()) - 3600
    return [web_post(number, f"{text} number {number}", created_s + number) for number in range(count)]


def feed(posts: list[dict[str, Any]], **instead: Answer) -> Callable[[dict[str, str]], Answer]:
    """Pages by cursor; `at_30=...` answers there instead."""
    return lambda asked: instead.get(f"at_{asked['cursor']}") or Answer.of(pages(posts, asked["cursor"]))


def scrape(tiktok: FakeTikTok, *arguments: object, exit_code: int = 0, **variables: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "groundswell.cli", "scrape", *map(str, arguments)],
        env=os.environ | tiktok.variables | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == exit_code, done.stderr
    return done.stdout, done.stderr


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_two_pages_of_a_hashtag_come_as_they_were_served(tiktok: FakeTikTok, tmp_path: Path) -> None:
    posts = posts_of(45)
    tiktok.answers[ITEMS] = feed(posts)

    printed, _ = scrape(tiktok, "hashtag", "#Cats", "--out", tmp_path / "posts.ndjson", "--json")

    assert lines(tmp_path / "posts.ndjson") == posts
    assert json.loads(printed)["feeds"] == {"scrape:hashtag:cats": "last page"}
    assert json.loads(printed)["adds_up"]
    assert [asked["cursor"] for path, asked in tiktok.asked if path == ITEMS] == ["0", "30"]
    assert all("X-Bogus" in asked for path, asked in tiktok.asked if path == ITEMS)


@pytest.mark.parametrize(
    ("arguments", "path", "asked", "name"),
    [
        (["trending"], "/api/recommend/item_list/", {"from_page": "fyp"}, "itemList"),
        (["search", "air max"], "/api/search/item/full/", {"keyword": "air max"}, "item_list"),
        (["user", "@Ana"], "/api/post/item_list/", {"secUid": "sec"}, "itemList"),
        (["sound", "77"], "/api/music/item_list/", {"musicID": "77"}, "itemList"),
    ],
)
def test_the_other_feeds(
    tiktok: FakeTikTok, tmp_path: Path, arguments: list[str], path: str, asked: dict[str, str], name: str
) -> None:
    posts = posts_of(3)
    tiktok.put(path, Answer.of({"status_code": 0, name: posts, "has_more": False, "hasMore": False}))

    scrape(tiktok, *arguments, "--out", tmp_path / "posts.ndjson")

    assert lines(tmp_path / "posts.ndjson") == posts
    (found,) = [parameters for at, parameters in tiktok.asked if at == path]
    assert found.items() >= asked.items()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(b"slow down", 429), "refuses with 429"),
        (Answer(b""), "answer is empty"),
        (Answer(json.dumps(pages(posts_of(3), "0")).encode(), 200, {}, cut=True), "Failed to fetch"),
        (Answer.of({"type": "verify", "code": "10000"}), "wants a captcha"),
        (Answer(b"<html>captcha-verify</html>"), "wants a captcha"),
        (Answer(b"<html>a new TikTok</html>"), "the page is no JSON"),
        (Answer.of({"statusCode": 0, "things": []}), "the page has no itemList"),
    ],
)
def test_a_page_that_fails_is_named_what_came_before_is_kept_and_the_next_run_goes_on(
    tiktok: FakeTikTok, tmp_path: Path, answer: Answer, says: str
) -> None:
    posts, out = posts_of(45), tmp_path / "posts.ndjson"
    tiktok.answers[ITEMS] = feed(posts, at_30=answer)

    _, said = scrape(tiktok, "hashtag", "cats", "--out", out, exit_code=3, GROUNDSWELL_SCRAPE__ATTEMPTS="2")

    assert says in said
    assert "groundswell scrape hashtag cats" in said
    assert lines(out) == posts[:30]

    tiktok.answers[ITEMS] = feed(posts)
    tiktok.asked.clear()
    scrape(tiktok, "hashtag", "cats", "--out", out)

    assert lines(out) == posts
    assert [asked["cursor"] for path, asked in tiktok.asked if path == ITEMS] == ["30"]


def test_a_refusal_that_passes_costs_nothing_but_time(tiktok: FakeTikTok, tmp_path: Path) -> None:
    posts = posts_of(5)
    tiktok.put(ITEMS, Answer(b"", 429), Answer(b""), Answer.of(pages(posts, "0")))

    _, said = scrape(tiktok, "hashtag", "cats", "--out", tmp_path / "posts.ndjson")

    assert said.count("asking again") == 2
    assert lines(tmp_path / "posts.ndjson") == posts


def test_a_post_that_speaks_of_captchas_is_a_post(tiktok: FakeTikTok, tmp_path: Path) -> None:
    posts = posts_of(2, "how I beat the captcha-verify #cats")
    tiktok.answers[ITEMS] = feed(posts)

    scrape(tiktok, "hashtag", "cats", "--out", tmp_path / "posts.ndjson")

    assert lines(tmp_path / "posts.ndjson") == posts


def test_a_page_that_never_comes_is_given_up(tiktok: FakeTikTok, tmp_path: Path) -> None:
    tiktok.put(ITEMS, Answer(b"{}", after_seconds=30))
    hurry = {"GROUNDSWELL_SCRAPE__TIMEOUT_SECONDS": "3", "GROUNDSWELL_SCRAPE__ATTEMPTS": "1"}

    _, said = scrape(tiktok, "hashtag", "cats", "--out", tmp_path / "posts.ndjson", exit_code=3, **hurry)

    assert "Failed to fetch" in said or "timed out" in said or "doesn't answer" in said


def test_requests_keep_their_distance_whatever_feed_they_are_for(tiktok: FakeTikTok, tmp_path: Path) -> None:
    tiktok.answers[ITEMS] = feed(posts_of(40))
    began = time.monotonic()

    scrape(tiktok, "hashtag", "cats", "--out", tmp_path / "posts.ndjson", GROUNDSWELL_SCRAPE__PACE_SECONDS="2")

    # The hashtag's id, and two pages.
    assert time.monotonic() - began > 4


def test_what_robots_txt_asks_to_leave_is_left(tiktok: FakeTikTok, tmp_path: Path) -> None:
    allowed = tiktok.answers["/robots.txt"]
    tiktok.put("/robots.txt", Answer(b"User-agent: *\nDisallow: /api/\n"))
    try:
        _, said = scrape(tiktok, "hashtag", "cats", "--out", tmp_path / "posts.ndjson", exit_code=2)
    finally:
        tiktok.answers["/robots.txt"] = allowed

    assert "robots.txt of www.tiktok.com asks" in said
    assert tiktok.count(ITEMS) == 0


def test_a_start_page_that_wants_a_captcha_is_named(tiktok: FakeTikTok, tmp_path: Path) -> None:
    start = tiktok.answers["/"]
    tiktok.put("/", Answer(b"<div id='captcha-verify'></div>", 200, {"Content-Type": "text/html"}))
    try:
        _, said = scrape(tiktok, "hashtag", "cats", "--out", tmp_path / "posts.ndjson", exit_code=3)
    finally:
        tiktok.answers["/"] = start

    assert "wants a captcha" in said
    assert "scrape.ms_tokens" in said


def test_ctrl_c_keeps_what_came_and_the_next_run_goes_on(tiktok: FakeTikTok, tmp_path: Path) -> None:
    posts, out = posts_of(45), tmp_path / "posts.ndjson"
    # Of a sound, whose id needs no look-up: the first page comes at once, the second would after ten minutes.
    tiktok.answers["/api/music/item_list/"] = feed(posts)
    command = [sys.executable, "-m", "groundswell.cli", "scrape", "sound", "88", "--out", str(out)]
    slow = os.environ | tiktok.variables | {"GROUNDSWELL_SCRAPE__PACE_SECONDS": "600"}
    running = subprocess.Popen(command, env=slow, stderr=subprocess.PIPE, text=True, start_new_session=True)
    ends = time.monotonic() + 60
    while not (out.exists() and out.stat().st_size) and time.monotonic() < ends:
        time.sleep(0.1)

    # As a terminal does: the browser gets it, too.
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert lines(out) == posts[:30]
    scrape(tiktok, "sound", "88", "--out", out)
    assert lines(out) == posts


def test_secrets_are_in_no_log(tiktok: FakeTikTok, tmp_path: Path) -> None:
    tiktok.put(ITEMS, Answer(b"", 429))
    done = subprocess.run(
        [sys.executable, "-m", "groundswell.cli", "-v", "scrape", "hashtag", "cats", "--out", tmp_path / "p.ndjson"],
        env=os.environ | tiktok.variables | {"GROUNDSWELL_SCRAPE__MS_TOKENS": '["a-secret-token"]'},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert any(asked.get("msToken") == "a-secret-token" for _, asked in tiktok.asked)
    assert "a-secret-token" not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any], tiktok: FakeTikTok) -> Any:
    return make_pipeline("scrape", **tiktok.variables)


def test_a_scrape_ends_in_the_lake_in_postgres_and_as_an_alert_that_shows_what_people_answer(
    pipeline: Any, tiktok: FakeTikTok, tmp_path: Path
) -> None:
    began = datetime.now(UTC)
    write_statistics(pipeline, began.replace(hour=0, minute=0, second=0, microsecond=0))
    posts = posts_of(100, "everybody #burst")
    broken = [{**posts[0], "id": None}]
    tiktok.answers[ITEMS] = feed(posts[:50] + broken + posts[50:])

    (summary,) = pipeline.json("scrape", "hashtag", "burst", "--json")
    pipeline.cold("stream", "--available-now")
    later = tmp_path / "later.ndjson"
    later.write_text(json.dumps(web_post(5000, "later", int(time.time()) + 1800)) + "\n")
    pipeline.replay(later)  # a bucket is judged when a later one has begun
    pipeline.cold("stream", "--available-now")

    assert (summary["sent"], summary["dead_lettered"], summary["adds_up"]) == (100, {"no_id": 1}, True)
    sent = [record for record in pipeline.records(POSTS) if dict(record.headers())["source"] != b"later.ndjson"]
    assert {dict(record.headers())["source"] for record in sent} == {b"scrape:hashtag:burst"}
    assert {record.key().decode() for record in sent} == {post["id"] for post in posts}
    (letter,) = pipeline.records(DEAD_LETTERS)
    assert dict(letter.headers())["reason"] == b"no_id"

    lake = [json.loads(row["value"]) for row in pipeline.lake()]
    assert all(abs(value.pop("time_stamp") / 1000 - began.timestamp()) < 3600 for value in lake)
    assert sorted((value for value in lake if "#burst" in value["desc"]), key=itemgetter("id")) == posts

    alerts = [json.loads(record.value()) for record in pipeline.records(ALERTS)]
    burst = [alert for alert in alerts if alert["keyword"] == "#burst"]
    assert burst, alerts
    assert burst[-1]["observed"] == 100

    day, until = f"{began:%Y-%m-%d}", f"{datetime.now(UTC):%Y-%m-%d}"
    pipeline.cold("batch", "parse-lake", "--day", day, "--until", until)
    rows = pipeline.query(
        "SELECT post_id, form, text, author_id, digg_count, hashtags FROM posts WHERE text <> 'later' ORDER BY 1"
    )
    assert rows == [
        (post["id"], "web", post["desc"], post["author"]["id"], post["stats"]["diggCount"], ["#burst"])
        for post in posts
    ]

    shown = burst[-1]["evidence"][0]["post_id"]
    comments = [comment(number, f"answer {number}") for number in range(25)]
    tiktok.answers["/api/comment/list/"] = lambda asked: Answer.of(comment_page(comments, asked["cursor"]))
    pipeline.cold("scrape", "comments", shown)

    (alert,) = pipeline.json("alerts", "show", burst[-1]["alert_id"], "--json")
    assert [answer["text"] for answer in alert["evidence"][0]["answers"]] == ["answer 24", "answer 23", "answer 22"]


def test_comments_are_stored_once_beside_their_post_and_as_they_came(pipeline: Any, tiktok: FakeTikTok) -> None:
    from groundswell.adapters.object_store import s3_client

    comments = [comment(number, f"what {number}\0", author=number) for number in range(100, 125)]
    tiktok.answers["/api/comment/list/"] = lambda asked: Answer.of(
        comment_page([*comments, {"text": "without an id"}], asked["cursor"])
    )

    (first,) = pipeline.json("scrape", "comments", "https://www.tiktok.com/@ana/video/5005", "--json")
    pipeline.cold("scrape", "comments", "5005")

    assert (first["sent"], first["dead_lettered"], first["adds_up"]) == (25, {"no_comment_id": 1}, True)
    rows = pipeline.query("SELECT comment_id, text, author_name FROM post_comments WHERE post_id = '5005' ORDER BY 1")
    assert rows == sorted((c["cid"], c["text"].rstrip("\0"), c["user"]["unique_id"]) for c in comments)
    client, bucket = s3_client(pipeline.settings), pipeline.settings.lake.bucket
    found = client.list_objects_v2(Bucket=bucket, Prefix="comments/raw/")["Contents"]
    kept = [
        client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found if "/5005/" in each["Key"]
    ]
    cids = {json.loads(line).get("cid") for body in kept for line in body.splitlines()}
    assert cids == {None, *(c["cid"] for c in comments)}


def test_the_watch_list_is_scraped_by_hashtag_and_search(pipeline: Any, tiktok: FakeTikTok) -> None:
    pipeline.cold("watchlist", "add", "#cats", "newphone")
    tiktok.answers[ITEMS] = feed(posts_of(2))
    tiktok.put("/api/search/item/full/", Answer.of({"status_code": 0, "item_list": posts_of(3), "has_more": 0}))

    (summary,) = pipeline.json("scrape", "watchlist", "--json")

    assert summary["feeds"] == {"scrape:hashtag:cats": "last page", "scrape:search:newphone": "last page"}
    assert summary["sent"] == 5


def test_every_so_often_until_it_is_stopped(pipeline: Any, tiktok: FakeTikTok) -> None:
    tiktok.answers[ITEMS] = feed(posts_of(2))
    running = pipeline.start("scrape", "hashtag", "again", "--every", "1s", "--json", stdout=subprocess.PIPE)
    rounds = [json.loads(running.stdout.readline()) for _ in range(2)]
    running.send_signal(signal.SIGTERM)

    assert running.wait(30) == 143
    assert [each["sent"] for each in rounds] == [2, 4]
