"""The counting of the stream, with files in place of Kafka and the state in a checkpoint."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.keyword_counts import keyword_counts
from groundswell.frames.keywords import stopwords_frame

START = datetime(2026, 6, 1, tzinfo=UTC)
Counts = dict[tuple[str, int], int]


class Feed:
    """Micro-batches of posts, and the newest count of each keyword and bucket (in minutes from the start)."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self._spark, self._folder, self._files = spark, folder, 0
        (folder / "in").mkdir()
        self.counts: Counts = {}

    def post(self, minutes: float, post_id: str, text: str) -> dict[str, str]:
        value = json.dumps({"id": post_id, "desc": text, "createTime": 1})
        return {"timestamp": (START + timedelta(minutes=minutes)).isoformat(), "value": value}

    def batch(self, *records: dict[str, str]) -> None:
        lines = "\n".join(json.dumps(record) for record in records)
        (self._folder / "in" / f"{self._files:03}.json").write_text(lines, encoding="utf-8")
        self._files += 1
        source = (
            self._spark.readStream.schema("timestamp TIMESTAMP, value STRING")
            .option("maxFilesPerTrigger", 1)
            .json(str(self._folder / "in"))
        )
        stopwords = stopwords_frame(self._spark, {"the"})
        counted = keyword_counts(source, stopwords, remembered_seconds=24 * 3600, lateness_seconds=900)
        query = (
            counted.writeStream.outputMode("update")
            .foreachBatch(self._take)
            .option("checkpointLocation", str(self._folder / "checkpoint"))
            .trigger(availableNow=True)
            .start()
        )
        query.awaitTermination()

    def _take(self, batch: DataFrame, _: int) -> None:
        for row in batch.collect():
            minutes = int((row["bucket_start"].astimezone(UTC) - START).total_seconds() // 60)
            self.counts[row["keyword"], minutes] = row["posts"]

    def of(self, keyword: str) -> dict[int, int]:
        return {minutes: posts for (name, minutes), posts in self.counts.items() if name == keyword}


@pytest.fixture
def feed(spark: SparkSession, tmp_path: Path) -> Feed:
    return Feed(spark, tmp_path)


Make = Callable[..., dict[str, str]]


def test_a_post_counts_once_per_keyword_however_often_it_is_replayed(feed: Feed) -> None:
    once = [feed.post(1, "a", "#dance the Dance"), feed.post(1, "a", "#dance the Dance")]
    feed.batch(*once)
    feed.batch(*once, feed.post(300, "a", "#dance"), feed.post(301, "b", "#dance"))
    feed.batch(feed.post(20 * 60, "a", "#dance"), feed.post(20 * 60, "b", "#dance"))
    assert feed.of("#dance") == {0: 1, 300: 1}
    assert feed.of("dance") == {0: 1}
    assert feed.of("the") == {}
    assert feed.of(PLATFORM_KEYWORD) == {0: 1, 300: 1}


def test_counts_are_whole_in_every_update_of_a_bucket(feed: Feed) -> None:
    feed.batch(feed.post(0, "a", "#xx"), feed.post(4.9, "b", "#xx"))
    feed.batch(feed.post(4.99, "c", "#xx"), feed.post(5, "d", "#xx"))
    assert feed.of("#xx") == {0: 3, 5: 1}


def test_a_late_post_counts_within_the_lateness_and_not_after(feed: Feed) -> None:
    feed.batch(feed.post(120, "a", "#xx"))
    feed.batch(feed.post(110, "b", "#late"), feed.post(60, "c", "#toolate"))
    assert feed.of("#late") == {110: 1}
    assert feed.of("#toolate") == {}


def test_what_is_no_post_is_not_counted_and_stops_nothing(feed: Feed) -> None:
    at = feed.post(0, "a", "")["timestamp"]
    broken = [
        {"timestamp": at, "value": value} for value in ("", "no json", "[1]", "{}", '{"id":""}', '{"itemInfos":3}')
    ]
    feed.batch(*broken, feed.post(0, "a", ""), feed.post(0, "b", "#fine"))
    assert feed.counts == {("#fine", 0): 1, (PLATFORM_KEYWORD, 0): 2}
