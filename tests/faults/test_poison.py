"""Lines that nobody would send, on the whole way: each is a dead letter or a post, and the counts add up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundswell.contracts.topics import DEAD_LETTERS, POSTS

CREATED = 1_780_000_000
DAY = "2026-05-28"
_DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


def post(post_id: str, text: str = "fine", created: object = CREATED, **more: object) -> bytes:
    item = {"id": post_id, "text": text, "createTime": created, "authorId": "1"}
    return json.dumps({"itemInfos": item, **more}, ensure_ascii=False).encode()


POSTS_IN = {
    "plain": post("1"),
    "NUL in a text": post("2", "a\u0000b #nul\u0000tag"),
    "half of a surrogate pair": post("3").replace(b"fine", b"cut \\ud83d"),
    "huge integers": post("4", likes=10**400).replace(b'"authorId"', b'"diggCount": 1%s, "authorId"' % (b"0" * 300)),
    "a new field and a changed type": post("5", brand_new={"deep": [1, {"x": None}]}, textExtra="not a list"),
    "numbers as strings": post("6", created=str(CREATED)),
    "a deep but whole field": post("7").replace(b'"itemInfos"', b'"d":' + b"[" * 200 + b"]" * 200 + b',"itemInfos"'),
    "many hashtags": post("8", " ".join(f"#t{n}" for n in range(500))),
}
NO_POSTS = {
    "truncated": (post("20")[:-3], "bad_json"),
    "bad UTF-8": (post("21").replace(b"fine", b"\xff\xfe"), "bad_utf8"),
    "a depth bomb": (_DEEP, "bad_json"),
    "no time": (b'{"itemInfos":{"id":"22"}}', "no_creation_time"),
    "the year 3000": (post("23", created=32_503_680_000), "no_creation_time"),
    "a list": (b"[1, 2]", "not_an_object"),
    "20 MB": (post("24", "x" * 20_000_000), "too_large"),
    "NUL bytes": (b"\x00" * 50, "bad_json"),
}


class Poisoned:
    def __init__(self, pipeline: Any, path: Path) -> None:
        self.pipeline = pipeline
        again = post("1", "other content for an id that is there")
        lines = [*POSTS_IN.values(), *(line for line, _ in NO_POSTS.values()), again]
        path.write_bytes(b"\n".join(lines) + b"\n")
        self.lines = len(lines)
        self.summary = pipeline.replay(path)
        self.streamed = pipeline.run("stream", "--available-now")
        self.parsed = pipeline.json("batch", "parse-lake", "--day", DAY, "--json")


@pytest.fixture(scope="module")
def poisoned(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Poisoned:
    return Poisoned(make_pipeline("poison"), tmp_path_factory.mktemp("poison") / "poison.ndjson")


def test_every_line_is_a_post_or_a_dead_letter_with_its_reason(poisoned: Poisoned) -> None:
    summary = poisoned.summary
    assert (summary["read"], summary["sent"]) == (poisoned.lines, len(POSTS_IN) + 1)
    reasons = [reason for _, reason in NO_POSTS.values()]
    assert summary["dead_letter_reasons"] == {reason: reasons.count(reason) for reason in set(reasons)}
    letters = [dict(record.headers()) for record in poisoned.pipeline.records(DEAD_LETTERS)]
    assert sorted(int(each["original_bytes"]) for each in letters) == sorted(len(line) for line, _ in NO_POSTS.values())


def test_both_queries_go_on(poisoned: Poisoned) -> None:
    assert poisoned.streamed[0] == 0, poisoned.streamed[1]
    on_topic = sorted((record.key(), record.value()) for record in poisoned.pipeline.records(POSTS))
    assert sorted((record["key"], record["value"]) for record in poisoned.pipeline.lake()) == on_topic
    assert poisoned.pipeline.query("SELECT sum(counted_posts) FROM stream_batches") == [(len(POSTS_IN),)]


def test_the_night_puts_every_post_into_its_table_once(poisoned: Poisoned) -> None:
    (day,) = poisoned.parsed
    assert day["lake_rows"] == len(POSTS_IN) + 1
    assert (day["distinct_posts"], day["repeated"], day["unparsable"]) == (len(POSTS_IN), 1, 0)
    rows = poisoned.pipeline.query("SELECT post_id, text FROM posts ORDER BY post_id")
    assert [post_id for post_id, _ in rows] == [str(number) for number in range(1, len(POSTS_IN) + 1)]
    texts = dict(rows)
    assert texts["1"] == "other content for an id that is there"
    assert "\u0000" not in texts["2"] and texts["2"].startswith("ab")
