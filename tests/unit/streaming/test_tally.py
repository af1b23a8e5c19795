"""What a micro-batch adds to the counts, and what of it is left out."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.mentions import MENTIONS
from streaming import tally

START = datetime(2026, 6, 1, tzinfo=UTC)
START_S = int(START.timestamp())


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def post(minutes: float, post_id: str, *keywords: str, partition: int = 0, text: str = "") -> dict[str, object]:
    return {
        "partition": partition,
        "seen_at": at(minutes),
        "post_id": post_id,
        "text": text,
        "keywords": [PLATFORM_KEYWORD, *keywords],
    }


def table(*posts: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(posts), MENTIONS)


def counted(posts: pa.Table) -> dict[tuple[str, int], int]:
    rows = tally.Mentions.of(posts).increments().to_pylist()
    found = {(row["keyword"], (row["bucket_start_s"] - START_S) // 60): row["posts"] for row in rows}
    assert len(found) == len(rows)
    return found


def test_posts_are_counted_per_keyword_and_five_minutes() -> None:
    posts = table(post(0, "a", "x", "#x"), post(4.999, "b", "x"), post(5, "c", "x"))
    assert counted(posts) == {
        ("", 0): 2,
        ("", 5): 1,
        ("x", 0): 2,
        ("x", 5): 1,
        ("#x", 0): 1,
    }
    assert counted(table()) == {}


def test_a_part_of_a_batch_counts_its_own_keywords() -> None:
    posts = table(*(post(n, str(n), f"k{n}") for n in range(4)))
    assert counted(posts.slice(2)) == {("", 0): 2, ("k2", 0): 1, ("k3", 0): 1}


def test_the_partition_furthest_behind_says_how_far_the_topic_was_read() -> None:
    posts = table(post(7, "a"), post(3, "b", partition=1), post(9, "c"), post(1, "d", partition=1))
    seen = tally.arrived(posts)
    assert (seen.posts, seen.oldest, seen.read_up_to) == (4, at(1), at(3))


def test_known_posts_are_left_out() -> None:
    posts = table(post(0, "a", "x"), post(0, "b", "x"))
    assert tally.without(posts, ["a", "z"])["post_id"].to_pylist() == ["b"]
    assert tally.without(posts, []) is posts


@pytest.mark.parametrize(
    ("stream_minutes", "late"), [(None, ""), (125 + 15, ""), (125 + 15.1, "a"), (130 + 15.1, "ab"), (600, "ab")]
)
def test_a_post_is_late_when_its_bucket_was_over_for_longer_than_the_lateness(
    stream_minutes: float | None, late: str
) -> None:
    posts = table(post(120, "a"), post(125, "b"))
    stream_time = None if stream_minutes is None else at(stream_minutes)
    kept = tally.in_time(posts, stream_time, lateness_seconds=900)["post_id"].to_pylist()
    assert "".join(kept) == "ab".removeprefix(late)


@pytest.mark.parametrize(
    ("text", "keywords", "found"),
    [
        ("new Taylor  Swift song", ("new", "taylor", "swift", "song"), ["taylor swift"]),
        ("Swift Taylor", ("swift", "taylor"), []),
        ("at the 1975 gig", ("gig",), ["the 1975"]),
        ("see The The", (), ["the the"]),
    ],
)
def test_phrases_are_found_in_the_text_also_where_they_have_no_word_of_their_own(
    text: str, keywords: tuple[str, ...], found: list[str]
) -> None:
    posts = table(post(0, "a", "other"), post(0, "b", *keywords, text=text))
    phrased = tally.with_phrases(posts, ["taylor swift", "the 1975", "the the"], {"the"})
    assert phrased["keywords"].to_pylist() == [[PLATFORM_KEYWORD, "other"], [PLATFORM_KEYWORD, *keywords, *found]]


def test_only_posts_with_a_word_of_a_phrase_are_searched_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(tally, "phrases_in", lambda text, _: searched.append(text) or set())
    tally.with_phrases(table(post(0, "a", "x", text="x"), post(0, "b", "taylor", text="b")), ["taylor swift"], set())
    assert searched == ["b"]
