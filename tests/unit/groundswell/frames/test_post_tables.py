"""Which sighting of its post a record is, and how many posts and authors each keyword has in five minutes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from groundswell.frames import post_tables

START = datetime(2026, 6, 1, 23, 50, tzinfo=UTC)
SCHEMA = (
    "partition INT, offset BIGINT, seen_at TIMESTAMP, post_id STRING, author STRING, line STRING,"
    " keywords ARRAY<STRING>, has_negative BOOLEAN, has_unbelievable_time BOOLEAN, has_author BOOLEAN"
)


def record(offset: int, minute: float, post_id: str | None, author: str = "a", *keywords: str) -> tuple[Any, ...]:
    seen_at = START + timedelta(minutes=minute)
    return (0, offset, seen_at, post_id, author, f'"{post_id}",rest', list(keywords), False, False, True)


@pytest.fixture(scope="module")
def sighted(spark: SparkSession) -> DataFrame:
    records = [
        record(0, 1, "p1", 'the "first"', "waves", "rare"),
        record(3, 2, "p1", "later", "waves", "never counted"),
        record(2, 2, "p1", "overtaken", "waves"),
        record(4, 2, "p2", "a", "waves"),
        record(5, 3, "p3", "a", "waves"),
        record(6, 6, "p4", "b", "waves", "watched"),
        record(7, 12, "p1", "tomorrow", "waves"),
        record(8, 4, None),
        record(9, 4, None),
    ]
    return post_tables.sighted(spark.createDataFrame(records, SCHEMA))


def test_a_line_per_post_and_moment_says_what_came_before_it(sighted: DataFrame) -> None:
    lines = sorted(row["line"] for row in post_tables.staged_lines(sighted).where("line LIKE '%\"p1\"%'").collect())
    assert lines == [
        '2026-06-01,false,2026-06-01 23:51:00,2026-06-01 23:51:00,1,"the ""first""","p1",rest\n',
        '2026-06-01,true,2026-06-01 23:51:00,2026-06-01 23:52:00,3,"the ""first""","p1",rest\n',
        '2026-06-02,true,2026-06-02 00:02:00,2026-06-02 00:02:00,1,"tomorrow","p1",rest\n',
    ]


def test_what_is_no_post_is_counted_and_not_staged(sighted: DataFrame) -> None:
    first, second = (row.asDict() for row in post_tables.ledger(sighted).orderBy("day").collect())
    assert (first["lake_rows"], first["parsed_rows"], first["distinct_posts"]) == (8, 6, 4)
    assert (second["lake_rows"], second["parsed_rows"], second["distinct_posts"]) == (1, 1, 1)
    assert post_tables.staged_lines(sighted).count() == 6


@pytest.mark.parametrize(("watched", "kept"), [([], {"waves"}), (["watched", "absent"], {"waves", "watched"})])
def test_a_post_counts_once_and_rare_keywords_are_dropped_unless_watched(
    sighted: DataFrame, watched: list[str], kept: set[str]
) -> None:
    new = post_tables.first_sightings(sighted).where("day = '2026-06-01'")
    rows = post_tables.daily_keyword_counts(new, watched, 2).collect()
    assert {row["keyword"] for row in rows} == kept
    assert sorted(
        (row["bucket_start"].astimezone(UTC), row["posts"], row["authors"]) for row in rows if row["keyword"] == "waves"
    ) == [(START, 3, 2), (START + timedelta(minutes=5), 1, 1)]
