"""Counts behind the proposed phrases, against counting by hand in plain Python."""

import random
from collections import Counter

import pytest
from pyspark.sql import Row, SparkSession

from groundswell.domain.keywords import word_run
from groundswell.frames import collocations
from groundswell.frames.keywords import stopwords_frame

Post = tuple[str, str]
STOPWORDS = {"the", "of"}


def candidates(
    spark: SparkSession, posts: list[Post], length: int, authors: int = 1, most: int = 999
) -> dict[str, Row]:
    groups = collocations.word_groups(spark.createDataFrame(posts, "author STRING, text STRING"), length)
    counted = collocations.counted_groups(groups, length)
    found = collocations.candidates(counted, stopwords_frame(spark, STOPWORDS), length, authors, most)
    return {row["phrase"]: row for row in found.collect()}


def by_hand(posts: list[Post], length: int) -> Counter[tuple[str, ...]]:
    """Posts of each group of words."""
    counts: Counter[tuple[str, ...]] = Counter()
    for _, text in posts:
        run = word_run(text)
        counts.update({tuple(run[i : i + length]) for i in range(len(run) - length + 1)})
    return counts


@pytest.mark.parametrize("length", [2, 3])
def test_counts_of_groups_and_their_parts_are_those_counted_by_hand(spark: SparkSession, length: int) -> None:
    draw = random.Random(length)
    words = ["air", "max", "Taylor", "swift", "the", "of", "95", "a", "#tag", "www.x"]
    posts = [(f"a{n % 7}", " ".join(draw.choices(words, k=draw.randint(0, 12)))) for n in range(200)]
    counts = by_hand(posts, length)
    found = candidates(spark, posts, length)
    assert len(found) > 5
    for phrase, row in found.items():
        group = tuple(phrase.split(" "))
        assert row["posts"] == counts[group]
        assert [(cut["left"], cut["right"]) for cut in row["cuts"]] == [
            (
                sum(n for other, n in counts.items() if other[:cut] == group[:cut]),
                sum(n for other, n in counts.items() if other[cut:] == group[cut:]),
            )
            for cut in range(1, length)
        ]


def test_no_phrase_begins_or_ends_with_a_stopword_but_one_may_hold_it(spark: SparkSession) -> None:
    posts = [("a", "the game of thrones 2 of 95 b")]
    assert set(candidates(spark, posts, 2)) == {"thrones 2"}
    assert set(candidates(spark, posts, 3)) == {"game of thrones"}


def test_a_word_with_itself_is_none(spark: SparkSession) -> None:
    assert candidates(spark, [("a", "haha haha haha")], 2) == {}


@pytest.mark.parametrize(
    ("posts", "why"),
    [
        ([("a", f"buy magic pills {n}x") for n in range(9)], "one author"),
        ([(f"a{n}", "Buy magic, PILLS!") for n in range(9)], "one text, copied"),
    ],
)
def test_spam_proposes_nothing(spark: SparkSession, posts: list[Post], why: str) -> None:
    assert candidates(spark, posts, 2, authors=3) == {}, why
    ordinary = [(f"a{n}", f"buy magic pills {n}x") for n in range(9)]
    assert set(candidates(spark, ordinary, 2, authors=3)) == {"buy magic", "magic pills"}


def test_only_the_most_frequent_are_brought_together(spark: SparkSession) -> None:
    posts = [("a", "air max"), ("b", "air max"), ("c", "blue sky")]
    assert set(candidates(spark, posts, 2, most=1)) == {"air max"}
