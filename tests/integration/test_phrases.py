"""Phrases from the watch list through the stream's counts and the nightly ones, and the night's own proposals."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

DAY = datetime(2026, 5, 4, tzinfo=UTC)
NAME = f"{DAY:%Y-%m-%d}"
SPOKEN = ["my {} arrived", "look at the {} in blue", "who wants a {}?", "{}!! today", "selling one {} soon",
          "never without {} again"]  # fmt: skip
CHATTER = ["waves and sun", "sun over hills", "hills today", "blue today", "waves again", "one soon, two later"]


def post(number: int, text: str, author: str) -> bytes:
    created = str(int((DAY + timedelta(minutes=5 * number)).timestamp()))
    item = {"id": f"p{number}", "text": text, "createTime": created, "authorId": author}
    return json.dumps({"itemInfos": item}).encode()


def day_of_posts() -> list[bytes]:
    texts = [(SPOKEN[n % 6].format("Air-Max 95"), f"a{n}") for n in range(12)]
    texts += [(CHATTER[n % 6], f"b{n}") for n in range(36)]
    texts += [(f"buy magic pills {n}x", "spammer") for n in range(12)]
    texts += [("the rock", "c1"), ("#therock #airmax95 only", "c2")]
    return [post(number, text, author) for number, (text, author) in enumerate(texts)]


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A day streamed with one phrase on the watch list, then parsed after another was added."""
    pipeline = make_pipeline("phrases")
    path: Path = tmp_path_factory.mktemp("phrases") / "day.ndjson"
    path.write_bytes(b"\n".join(day_of_posts()) + b"\n")
    pipeline.cold("watchlist", "add", "The Rock")
    pipeline.replay(path)
    code, said = pipeline.run("stream", "--available-now")
    assert code == 0, said
    pipeline.cold("watchlist", "add", "air max")
    pipeline.json("batch", "parse-lake", "--day", NAME, "--json")
    return pipeline


@pytest.fixture(scope="module")
def proposed(pipeline: Any) -> list[list[str]]:
    """Columns of `watchlist proposals`, after proposing twice."""
    said = [pipeline.json("batch", "propose-phrases", "--day", NAME, "--json")[0] for _ in range(2)]
    assert said[0] == said[1]
    assert said[0]["proposed"] == pipeline.query("SELECT count(*) FROM phrase_proposals")[0][0] > 0
    return proposals(pipeline)


def proposals(pipeline: Any, *options: str) -> list[list[str]]:
    return [line.split("\t") for line in pipeline.cold("watchlist", "proposals", *options).splitlines()]


def test_the_stream_counts_the_phrases_that_were_watched_then(pipeline: Any) -> None:
    found = pipeline.query("SELECT keyword, sum(posts)::int FROM live_counts WHERE keyword LIKE '%% %%' GROUP BY 1")
    assert found == [("the rock", 1)]


def test_the_night_counts_the_phrases_that_are_watched_now_however_rare(pipeline: Any) -> None:
    found = pipeline.query("SELECT keyword, sum(posts)::int FROM keyword_counts WHERE keyword LIKE '%% %%' GROUP BY 1")
    assert sorted(found) == [("air max", 12), ("the rock", 1)]


def test_a_phrase_gets_statistics_like_any_other_keyword(pipeline: Any) -> None:
    pipeline.json("batch", "recompute-statistics", "--as-of", f"{DAY + timedelta(days=1):%Y-%m-%d}", "--json")
    assert pipeline.query("SELECT posts::int FROM current_keyword_statistics WHERE keyword = 'air max'") == [(12,)]


def test_a_phrase_is_counted_on_days_gone_by_when_they_are_parsed_again(pipeline: Any) -> None:
    pipeline.cold("watchlist", "add", "waves and sun")
    pipeline.json("batch", "parse-lake", "--day", NAME, "--json")
    found = pipeline.query("SELECT sum(posts)::int FROM keyword_counts WHERE keyword = 'waves and sun'")
    pipeline.cold("watchlist", "remove", "waves and sun")
    assert found == [(6,)]


def test_what_many_say_is_proposed_and_what_one_author_repeats_is_not(proposed: list[list[str]]) -> None:
    phrases = {row[0]: row for row in proposed}
    assert phrases["air max 95"][1:3] == ["12", "12"]
    assert "max 95" not in phrases
    assert not {"buy magic", "magic pills", "buy magic pills"} & set(phrases)


def test_the_surest_comes_first(proposed: list[list[str]]) -> None:
    scores = [float(row[3]) for row in proposed]
    assert scores == sorted(scores, reverse=True)


def test_a_proposal_can_be_watched_and_is_then_listed_no_longer(pipeline: Any, proposed: list[list[str]]) -> None:
    assert pipeline.cold("watchlist", "add", "air max 95") == "air max 95: watched\n"
    assert "air max 95" not in {row[0] for row in proposals(pipeline)}
    assert "air max 95" in {row[0] for row in proposals(pipeline, "--day", NAME, "--all")}
    assert proposals(pipeline, "--day", "2026-01-01") == []


def test_a_day_that_was_not_parsed_is_named(pipeline: Any) -> None:
    code, said = pipeline.run("batch", "propose-phrases", "--day", "2026-01-01")
    assert code == 2
    assert "groundswell batch parse-lake --day 2026-01-01" in said
