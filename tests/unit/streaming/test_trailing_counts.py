"""What the trailing windows remember, and which keywords are worth judging by them."""

import numpy as np
import pyarrow as pa

from groundswell.domain.keywords import PLATFORM_KEYWORD
from streaming.live_counts import INCREMENTS
from streaming.trailing_counts import TrailingCounts
from streaming.vocabulary import Vocabulary

HOUR_S = 3600
NONE: list[tuple[str, int, int]] = []


def increments(rows: list[tuple[str, int, int]]) -> pa.Table:
    keywords, starts_s, posts = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table([keywords, starts_s, posts], schema=INCREMENTS)


def counts(*batches: list[tuple[str, int, int]]) -> TrailingCounts:
    trailing = TrailingCounts(Vocabulary(), increments(NONE), None)
    for batch in batches:
        trailing.add(increments(batch))
    return trailing


def series(
    trailing: TrailingCounts, judged_from_s: int, end_s: int, minimum_posts: int, *followed: str
) -> dict[str, list[tuple[int, int]]]:
    rows = trailing.series(0, judged_from_s, end_s, minimum_posts, followed).to_pylist()
    assert [row["keyword"] for row in rows if row["ticks"]] == sorted(row["keyword"] for row in rows if row["ticks"])
    return {row["keyword"]: list(zip(row["ticks"], row["posts"], strict=True)) for row in rows}


def test_what_several_batches_added_to_a_bucket_is_one_count() -> None:
    trailing = counts([("a", 0, 5), ("a", 300, 1)], [("a", 0, 4), ("b", 0, 1)])
    assert series(trailing, 0, 600, 8) == {"a": [(0, 9), (1, 1)]}
    assert series(trailing, 0, 600, 1) == {"a": [(0, 9), (1, 1)], "b": [(0, 1)]}


def test_a_keyword_needs_its_posts_within_an_hour_that_is_judged() -> None:
    trailing = counts([("old", 0, 8), ("new", HOUR_S, 8), ("ahead", 2 * HOUR_S, 8)])
    assert set(series(trailing, HOUR_S - 300, HOUR_S, 8)) == {"old"}  # the hour from 0 on ends with this bucket
    assert set(series(trailing, HOUR_S, HOUR_S + 300, 8)) == {"new"}
    assert set(series(trailing, HOUR_S, 2 * HOUR_S + 300, 8)) == {"new", "ahead"}


def test_who_is_followed_is_there_with_nothing() -> None:
    trailing = counts([("a", 0, 1)])
    assert series(trailing, 0, 300, 8, "a", "b", "c") == {"a": [(0, 1)], "b": [], "c": []}
    assert series(counts(), 0, 300, 8, PLATFORM_KEYWORD) == {PLATFORM_KEYWORD: []}


def test_only_buckets_that_are_asked_for_are_given() -> None:
    trailing = counts([("a", start_s, 8) for start_s in range(0, 3000, 300)])
    rows = trailing.series(600, 900, 1200, 1, ()).to_pylist()
    assert rows == [{"keyword": "a", "ticks": [0, 1], "posts": [8, 8]}]
    assert trailing.buckets_s(600, 1200) == [600, 900]


def test_forgotten_buckets_are_gone_and_the_first_one_stays_known() -> None:
    trailing = counts([("a", 300, 8)], [("a", 900, 8)])
    trailing.forget_before(600)
    assert trailing.buckets_s(0, 10_000) == [900]
    assert trailing.first_bucket_s == 300


def test_the_first_bucket_is_the_earliest_of_what_was_counted_before_and_since() -> None:
    assert counts().first_bucket_s is None
    assert TrailingCounts(Vocabulary(), increments([("a", 900, 1)]), 300).first_bucket_s == 300
    assert counts([("a", 900, 1)], [("a", 600, 1)]).first_bucket_s == 600


def test_forgotten_keywords_give_their_numbers_to_others() -> None:
    vocabulary = Vocabulary()
    trailing = TrailingCounts(
        vocabulary, increments([("gone", 0, 8), ("b", 300, 8), ("a", 600, 9), ("b", 600, 1)]), None
    )
    trailing.forget_before(300)
    used = np.zeros(len(vocabulary), bool)
    trailing.mark_used(used)
    trailing.renumber(vocabulary.keep(used))
    trailing.add(increments([("new", 600, 8)]))
    assert len(vocabulary) == 3
    assert series(trailing, 300, 900, 8) == {"a": [(2, 9)], "b": [(1, 8), (2, 1)], "new": [(2, 8)]}
