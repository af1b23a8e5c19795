"""Every room replays the contracts' example records."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from groundswell.contracts.alerts import ALERT_COLUMNS, alert_record, episode_of
from groundswell.contracts.examples import (
    ExampleDeadLetter,
    ExamplePost,
    example_alerts,
    example_dead_letters,
    example_posts,
)
from groundswell.contracts.posts import RECORD_SCHEMA
from groundswell.domain.episodes import alert_id
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.domain.record import NotAPostError, splice_time_stamp
from groundswell.frames import post_tables
from groundswell.frames.mentions import Reading, mentions_of
from groundswell.frames.post_lines import (
    COUNTED_COLUMNS,
    KEYWORD_SEPARATOR,
    LINE_COLUMNS,
    READ_POSTS,
    read_batch,
    staged_lines,
)
from groundswell.frames.post_lines import Reading as BatchReading
from producer.line_check import check_line

POSTS, LETTERS, ALERTS = example_posts(), example_dead_letters(), example_alerts()
# Spark's JSON reader takes more than the producer (cut or garbled lines, an id that is a fraction): what the producer
# refuses never gets to the posts topic.
READABLE_LETTERS = [
    letter for letter in LETTERS if letter.reason not in ("bad_json", "bad_utf8") and b"e18" not in letter.line
]
LATEST = 1_700_000_000
SEEN_MS = 1_591_012_800_123
NOT_FIELDS = {"what", "hashtags", "words", "challenge_ids", "created_at"}
COLUMN_OF = {"author_name": "unique_name", "verified": "is_verified", "music_original": "is_original"}
FIELDS = [name for name in POSTS[0].expected if name not in NOT_FIELDS]


def named(example: ExamplePost) -> str:
    return example.expected["what"]


def created_seconds(post: ExamplePost) -> int:
    return int(datetime.fromisoformat(post.expected["created_at"]).timestamp())


def sent(post: ExamplePost) -> bytes:
    """The line as the producer sends it."""
    has_one, _, _ = check_line(post.line, LATEST)
    return splice_time_stamp(post.line, SEEN_MS, has_one)


@pytest.fixture(scope="module")
def records(spark: SparkSession) -> Iterator[DataFrame]:
    """The posts and, after them, readable lines that are no post, as Spark reads them from the topic or the lake."""
    seen_at = datetime.fromtimestamp(SEEN_MS / 1000, UTC)
    values = [sent(post) for post in POSTS] + [letter.line for letter in READABLE_LETTERS]
    rows = [("posts_v1", 0, offset, seen_at, b"key", value, []) for offset, value in enumerate(values)]
    frame = spark.createDataFrame(rows, RECORD_SCHEMA).persist()
    yield frame
    frame.unpersist()


@pytest.fixture(scope="module")
def batch_read() -> pa.RecordBatch:
    """What the batch reads of each record."""
    values = [sent(post) for post in POSTS] + [letter.line for letter in READABLE_LETTERS]
    columns = {
        "partition": pa.array([0] * len(values), pa.int32()),
        "offset": pa.array(range(len(values)), pa.int64()),
        "timestamp": pa.array([SEEN_MS * 1000] * len(values), READ_POSTS.field("seen_at").type),
        "value": pa.array(values, pa.binary()),
    }
    return read_batch(pa.RecordBatch.from_pydict(columns), BatchReading(frozenset()))


@pytest.fixture(scope="module")
def parsed(batch_read: pa.RecordBatch) -> list[dict[str, Any]]:
    return [{**row, **fields_of(row["line"])} for row in batch_read.to_pylist()]


def fields_of(line: str | None) -> dict[str, str | None]:
    """The columns of a line as Postgres reads them: an empty field that isn't quoted is NULL."""
    values = []
    for match in re.finditer(r'(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))', line or ""):
        quoted, bare = match.groups()
        values.append(bare or None if quoted is None else quoted.replace('""', '"'))
    return dict(zip(LINE_COLUMNS, values, strict=line is not None))


@pytest.mark.parametrize("post", POSTS, ids=named)
def test_the_producer_takes_each_post(post: ExamplePost) -> None:
    has_one, post_id, created = check_line(post.line, LATEST)
    assert (post_id.decode(), created) == (post.expected["post_id"], created_seconds(post))
    assert has_one is (b'"time_stamp"' in post.line)
    assert json.loads(sent(post)) == json.loads(post.line) | {"time_stamp": SEEN_MS}


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: f"{letter.reason}: {letter.line[:50]!r}")
def test_the_producer_refuses_each_bad_line_for_its_reason(letter: ExampleDeadLetter) -> None:
    with pytest.raises(NotAPostError) as caught:
        check_line(letter.line, LATEST)
    assert caught.value.reason == letter.reason


@pytest.mark.parametrize("number", range(len(POSTS)), ids=lambda number: named(POSTS[number]))
def test_the_batch_reads_each_post(parsed: list[dict[str, Any]], number: int) -> None:
    row, expected = parsed[number], POSTS[number].expected
    assert {name: row[COLUMN_OF.get(name, name)] for name in FIELDS} == {
        name: None if (value := expected[name]) is None else json.dumps(value).strip('"')
        if isinstance(value, bool | int) else value
        for name in FIELDS
    }  # fmt: skip
    assert datetime.fromisoformat(str(row["created_at"])) == datetime.fromisoformat(expected["created_at"])
    assert row["seen_at"] == datetime.fromtimestamp(SEEN_MS / 1000, UTC)
    assert str(row["challenge_ids"]).strip("{}").replace('"', "").split(",") == (expected["challenge_ids"] or [""])


def test_a_line_without_id_or_time_is_no_post_to_the_batch_either(parsed: list[dict[str, Any]]) -> None:
    assert [row["post_id"] for row in parsed[len(POSTS) :]] == [None] * len(READABLE_LETTERS)


def test_the_batch_finds_the_keywords_of_each_post(parsed: list[dict[str, Any]]) -> None:
    for post, row in zip(POSTS, parsed, strict=False):
        assert set(row["keywords"].split(KEYWORD_SEPARATOR)) - {""} == {
            *post.expected["hashtags"],
            *post.expected["words"],
        }
        hashtags = str(row["hashtags"]).strip("{}").replace('"', "").split(",")
        assert hashtags == (post.expected["hashtags"] or [""])


def test_the_stream_finds_the_keywords_of_each_post(spark: SparkSession, records: DataFrame) -> None:
    found = {
        row["post_id"]: {*row["keywords"]} - {PLATFORM_KEYWORD}
        for row in mentions_of(records, Reading(frozenset({"the"}), 3600)).collect()
    }
    for post in POSTS:
        assert found[post.expected["post_id"]] == {*post.expected["hashtags"], *post.expected["words"]} - {"the"}


def test_the_night_counts_each_post_once(spark: SparkSession, batch_read: pa.RecordBatch) -> None:
    read = spark.createDataFrame(pa.Table.from_batches([batch_read.select(COUNTED_COLUMNS)]))
    sighted = post_tables.sighted(read)
    (ledger,) = post_tables.ledger(sighted).collect()
    posts = {post.expected["post_id"] for post in POSTS}
    assert (ledger["lake_rows"], ledger["parsed_rows"]) == (len(POSTS) + len(READABLE_LETTERS), len(POSTS))
    assert ledger["distinct_posts"] == len(posts)
    assert (ledger["negative_counts"], ledger["unbelievable_times"]) == (0, 0)
    assert sorted(row["post_id"] for row in post_tables.first_sightings(sighted).collect()) == sorted(posts)


def test_the_night_stages_each_record_that_is_a_post(batch_read: pa.RecordBatch) -> None:
    staged = [line.split(",", 4) for line in staged_lines(batch_read).to_pylist()]
    assert [(day, int(offset)) for day, _, _, offset, _ in staged] == [("2020-06-01", n) for n in range(len(POSTS))]
    for post, (*_, line) in zip(POSTS, staged, strict=True):
        count = post.expected["digg_count"]
        assert fields_of(line.removesuffix("\n"))["digg_count"] == (None if count is None else str(count))


@pytest.mark.parametrize("value", ALERTS, ids=lambda value: "{keyword} {state}".format(**json.loads(value)))
def test_an_alert_is_the_same_bytes_after_reading_and_writing(value: bytes) -> None:
    record = json.loads(value)
    episode = episode_of(record)
    assert tuple(record) == ALERT_COLUMNS
    assert orjson.dumps(alert_record(episode)) == value
    assert episode.alert_id == alert_id(episode.keyword, episode.direction, episode.opened_at_s)


def test_the_alerts_show_every_state_mode_and_severity() -> None:
    records = [json.loads(value) for value in ALERTS]
    shown = {name: {record[name] for record in records} for name in ("state", "mode", "severity")}
    assert shown == {
        "state": {"opened", "updated", "closed"},
        "mode": {"discovery", "watchlist", "platform"},
        "severity": {"low", "medium", "high"},
    }
