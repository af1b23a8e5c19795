"""The posts of the stream and their counts, with files in place of Kafka and the state in a checkpoint."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.mentions import Reading, mentions_of, posts_once
from streaming import tally

START = datetime(2026, 6, 1, tzinfo=UTC)
READING = Reading(frozenset({"the"}), remembered_seconds=36 * 3600)
RECORD = "partition INT, timestamp TIMESTAMP, value STRING"
Record = dict[str, object]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def post(minutes: float, post_id: str, text: str, created_minutes: float | None = None) -> Record:
    created = at(minutes if created_minutes is None else created_minutes)
    value = json.dumps({"id": post_id, "desc": text, "createTime": int(created.timestamp())})
    return {"partition": 0, "timestamp": at(minutes).isoformat(), "value": value}


def as_bytes(records: DataFrame) -> DataFrame:
    return records.withColumn("value", records.value.cast("binary"))


class Feed:
    """Micro-batches of records, and what the batch function was given of each: ids, and increments of the counts."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self._spark, self._folder, self._files = spark, folder, 0
        (folder / "in").mkdir()
        self.ids: list[str] = []
        self.counts: Counter[tuple[str, int]] = Counter()

    def batch(self, *records: Record) -> list[str]:
        """Send the records; return the ids of the posts that came through."""
        lines = "\n".join(json.dumps(record) for record in records)
        (self._folder / "in" / f"{self._files:03}.json").write_text(lines, encoding="utf-8")
        self._files += 1
        source = self._spark.readStream.schema(RECORD).option("maxFilesPerTrigger", 1).json(str(self._folder / "in"))
        self.ids = []
        query = (
            posts_once(as_bytes(source), READING)
            .writeStream.outputMode("append")
            .foreachBatch(self._take)
            .option("checkpointLocation", str(self._folder / "checkpoint"))
            .trigger(availableNow=True)
            .start()
        )
        query.awaitTermination()
        return sorted(self.ids)

    def _take(self, batch: DataFrame, _: int) -> None:
        posts = batch.toArrow()
        self.ids += posts["post_id"].to_pylist()
        for row in tally.Mentions.of(posts).increments().to_pylist():
            minutes = (row["bucket_start_s"] - int(START.timestamp())) // 60
            self.counts[row["keyword"], minutes] += row["posts"]

    def of(self, keyword: str) -> dict[int, int]:
        return {minutes: posts for (name, minutes), posts in self.counts.items() if name == keyword}


@pytest.fixture
def feed(spark: SparkSession, tmp_path: Path) -> Feed:
    return Feed(spark, tmp_path)


def test_a_post_counts_once_per_keyword_however_often_it_is_sent_again(feed: Feed) -> None:
    once = [post(1, "a", "#dance the Dance"), post(1, "a", "#dance the Dance")]
    assert feed.batch(*once) == ["a"]
    assert feed.batch(*once, post(300, "a", "#dance"), post(301, "b", "#dance")) == ["b"]
    assert feed.batch(post(35 * 60, "a", "#dance"), post(35 * 60, "b", "#dance")) == []
    assert feed.of("#dance") == {0: 1, 300: 1}
    assert feed.of("dance") == {0: 1}
    assert feed.of("the") == {}
    assert feed.of(PLATFORM_KEYWORD) == {0: 1, 300: 1}


def test_posts_come_through_in_the_batch_they_came_in(feed: Feed) -> None:
    assert feed.batch(post(0, "a", "#xx"), post(4.9, "b", "#xx")) == ["a", "b"]
    assert feed.batch(post(4.99, "c", "#xx"), post(5, "d", "#xx")) == ["c", "d"]
    assert feed.of("#xx") == {0: 3, 5: 1}


def test_a_late_post_comes_through_so_that_it_can_be_accounted_for(feed: Feed) -> None:
    feed.batch(post(30 * 60, "a", "#xx"))
    assert feed.batch(post(60, "b", "#late")) == ["b"]


def test_what_is_no_post_is_not_counted_and_stops_nothing(feed: Feed) -> None:
    record = post(0, "a", "")
    broken = [record | {"value": value} for value in ("", "no json", "[1]", "{}", '{"id":""}', '{"itemInfos":3}')]
    assert feed.batch(*broken, record, post(0, "b", "#fine")) == ["a", "b"]
    assert feed.counts == {("#fine", 0): 1, (PLATFORM_KEYWORD, 0): 2}


Read = Callable[..., list[Row]]


@pytest.fixture
def mentions(spark: SparkSession) -> Read:
    """Records, read as one batch of the stream."""

    def read(*records: Record) -> list[Row]:
        rows = [(0, datetime.fromisoformat(str(r["timestamp"])), r["value"]) for r in records]
        return mentions_of(as_bytes(spark.createDataFrame(rows, RECORD)), READING).collect()

    return read


@pytest.mark.parametrize(
    ("age_hours", "looked_up"),
    [(0, False), (11.9, False), (12.1, True), (24 * 365, True), (-23, False), (-25, True), (24 * 365 * 60, True)],
)
def test_only_posts_old_enough_to_be_forgotten_are_looked_up(mentions: Read, age_hours: float, looked_up: bool) -> None:
    """A creation time up to a day ahead of the clock is believed: 36 hours remembered, less 24."""
    (row,) = mentions(post(0, "a", "", created_minutes=-60 * age_hours))
    assert row["may_be_known"] is looked_up


@pytest.mark.parametrize("created", [None, "soon", 0, 10**14])
def test_a_post_without_a_believable_creation_time_is_looked_up(mentions: Read, created: object) -> None:
    value = json.dumps({"id": "a", "createTime": created})
    (row,) = mentions(post(0, "a", "") | {"value": value})
    assert row["may_be_known"]


def test_copies_of_a_text_share_a_fingerprint_and_short_captions_never_do(mentions: Read) -> None:
    spam = "Win a thousand new followers today, follow and like {} #free"
    rows = mentions(
        post(0, "a", spam.format("@one https://x.y/1 17")),
        post(0, "b", spam.format("@two")),
        post(0, "c", "#free #fyp #foryou #foryoupage #viral"),
        post(0, "d", "#free #fyp #foryou #foryoupage #viral"),
    )
    prints = [row["text_fingerprint"] for row in rows]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_what_postgres_cannot_hold_is_taken_out_of_ids(mentions: Read) -> None:
    (row,) = mentions(post(0, "a\0b", ""))
    assert row["post_id"] == "ab"


def nested(**item: object) -> str:
    return json.dumps({"itemInfos": {"id": "a", "text": "x", **item}})


@pytest.mark.parametrize(
    ("value", "author_id", "author_name", "engagement"),
    [
        (nested(authorId="7", diggCount="5", shareCount=2, commentCount=3, playCount=99), "7", None, 10),
        (nested(diggCount="many", shareCount=-2), None, None, 0),
        (nested(diggCount=9 * 10**18, shareCount=9 * 10**18, commentCount=1), None, None, 1),
        ('{"id":"a","author":{"id":"7","uniqueId":"ana"},"stats":{"diggCount":5}}', "7", "ana", 5),
        ('{"id":"a","author":"ana","authorId":"7","stats":{"diggCount":5},"statsV2":{"diggCount":"6"}}', "7", "ana", 6),
        ('{"itemInfos":{"id":"a"},"authorInfos":{"userId":"7","uniqueId":"ana"}}', "7", "ana", 0),
    ],
)
def test_author_and_engagement_are_read_from_both_forms(
    mentions: Read, value: str, author_id: str, author_name: str, engagement: int
) -> None:
    (row,) = mentions(post(0, "a", "") | {"value": value})
    assert (row["author_id"], row["author_name"], row["engagement"]) == (author_id, author_name, engagement)
