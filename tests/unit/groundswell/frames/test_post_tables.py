"""Which sighting of its post a record is, and how many posts and authors each keyword has in five minutes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from groundswell.frames import post_tables
from groundswell.frames.post_lines import COUNTED_SCHEMA

START = datetime(2026, 6, 1, 23, 50, tzinfo=UTC)


def record(offset: int, minute: float, post_id: str | None, author: str = "a", *keywords: str) -> tuple[Any, ...]:
    seen_at = START + timedelta(minutes=minute)
    return (0, offset, seen_at, post_id, author, "\n".join(keywords), False, False, True)


@pytest.fixture(scope="module")
def sighted(spark: SparkSession) -> DataFrame:
    records = [
        record(0, 1, "p1", "first", "waves", "rare"),
        record(3, 2, "p1", "later", "waves", "never counted"),
        record(2, 2, "p1", "overtaken", "waves"),
        record(4, 2, "p2", "a", "waves"),
        record(5, 3, "p3", "a", "waves"),
        record(10, 3, "p5", "a"),
        record(6, 6, "p4", "b", "waves", "watched"),
        record(7, 12, "p1", "tomorrow", "waves"),
        record(8, 4, None),
        record(9, 4, None),
    ]
    return post_tables.sighted(spark.createDataFrame(records, COUNTED_SCHEMA))


def test_the_first_record_of_a_post_is_found_each_day(sighted: DataFrame) -> None:
    first = post_tables.first_sightings(sighted).where("post_id = 'p1'").orderBy("day").collect()
    assert [(str(row["day"]), row["author"]) for row in first] == [("2026-06-01", "first"), ("2026-06-02", "tomorrow")]


def test_what_is_no_post_is_counted_as_a_record_only(sighted: DataFrame) -> None:
    first, second = (row.asDict() for row in post_tables.ledger(sighted).orderBy("day").collect())
    assert (first["lake_rows"], first["parsed_rows"], first["distinct_posts"]) == (9, 7, 5)
    assert (second["lake_rows"], second["parsed_rows"], second["distinct_posts"]) == (1, 1, 1)
    assert post_tables.first_sightings(sighted).count() == 6


@pytest.mark.parametrize(("watched", "kept"), [([], {"waves"}), (["watched", "absent"], {"waves", "watched"})])
def test_a_post_counts_once_and_rare_keywords_are_dropped_unless_watched(
    sighted: DataFrame, watched: list[str], kept: set[str]
) -> None:
    mentions = post_tables.keyword_mentions(post_tables.first_sightings(sighted), 1).toArrow()
    counts = post_tables.daily_keyword_counts(mentions, watched, 2).to_pylist()
    rows = [row for row in counts if str(row["day"]) == "2026-06-01"]
    assert {row["keyword"] for row in rows} == kept
    assert sorted(
        (row["bucket_start"].astimezone(UTC), row["posts"], row["authors"]) for row in rows if row["keyword"] == "waves"
    ) == [(START, 3, 2), (START + timedelta(minutes=5), 1, 1)]


def test_counts_are_in_the_order_of_their_key_and_a_day_is_told_from_the_next() -> None:
    midnight = int(datetime(2026, 6, 2, tzinfo=UTC).timestamp())
    rows = [
        ("b", midnight - 300, 1),
        ("\u00e9", midnight, 1),
        ("b", midnight, 1),
        ("a", midnight, 1),
        ("b", midnight, 1),
    ]
    keywords, buckets, authors = zip(*rows, strict=True)
    counts = post_tables.daily_keyword_counts(
        pa.table({"keyword": keywords, "bucket": buckets, "author": authors}), ["a", "\u00e9"], 2
    )
    assert counts.schema == post_tables.KEYWORD_COUNTS
    assert [(row["keyword"], row["posts"], row["authors"], str(row["day"])) for row in counts.to_pylist()] == [
        ("a", 1, 1, "2026-06-02"),
        ("b", 2, 1, "2026-06-02"),
        ("\u00e9", 1, 1, "2026-06-02"),
    ]
