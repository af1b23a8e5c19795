"""From the lake's records to lines for Postgres, whole Arrow batches at a time; the rules are those of the domain.

A post's line is made once, here, and travels as one column: Spark only finds out which of a post's records are its
first and last of a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame

from groundswell.contracts.post_forms import post_of
from groundswell.contracts.whole_posts import read_whole_post
from groundswell.domain.keywords import bare_text, hashtags_in, normal_form, phrases_in, words_in
from groundswell.domain.post import Post
from groundswell.domain.record import EARLIEST_CREATION_SECONDS, FUTURE_ALLOWANCE_SECONDS
from groundswell.frames.csv_fields import array, flag, number, quoted
from groundswell.frames.python_workers import remember_archives

COUNTS = ("digg_count", "comment_count", "share_count", "play_count")
LINE_COLUMNS = (
    "post_id",
    "form",
    "text",
    "author_id",
    "music_id",
    "created_at",
    *COUNTS,
    "duration_seconds",
    "hashtags",
    "unique_name",
    "nickname",
    "signature",
    "is_verified",
    "follower_count",
    "following_count",
    "music_title",
    "music_author",
    "is_original",
    "challenge_ids",
    "challenge_names",
)
"""What stands in a post's line, in this order."""

READ_POSTS = pa.schema(
    {
        "partition": pa.int32(),
        "offset": pa.int64(),
        "seen_at": pa.timestamp("us", "UTC"),
        "post_id": pa.string(),
        "author": pa.string(),
        "line": pa.string(),
        "keywords": pa.list_(pa.string()),
        "has_negative": pa.bool_(),
        "has_unbelievable_time": pa.bool_(),
        "has_author": pa.bool_(),
    }
)
"""A record that was read, see `read_posts`."""

_SPARK_SCHEMA = (
    "partition INT, offset BIGINT, seen_at TIMESTAMP, post_id STRING, author STRING, line STRING,"
    " keywords ARRAY<STRING>, has_negative BOOLEAN, has_unbelievable_time BOOLEAN, has_author BOOLEAN"
)
_RECORD_COLUMNS = ("partition", "offset", "timestamp", "value")
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Reading:
    """What keywords are.

    Attributes
    ----------
    stopwords : frozenset of str
        Words that are no keywords; hashtags always are.
    phrases : tuple of str
        Phrases to look for, as of `groundswell.domain.keywords.phrase_keyword`.
    """

    stopwords: frozenset[str]
    phrases: tuple[str, ...] = ()


class _Read(NamedTuple):
    """A row of `READ_POSTS` from `post_id` on."""

    post_id: str | None = None
    author: str | None = None
    line: str | None = None
    keywords: list[str] | None = None
    has_negative: bool = False
    has_unbelievable_time: bool = False
    has_author: bool = False


_NO_POST = _Read()


def read_posts(records: DataFrame, reading: Reading) -> DataFrame:
    """Return one row per record.

    Parameters
    ----------
    records : DataFrame
        Columns of `groundswell.contracts.posts.RECORD_SCHEMA`.
    reading : Reading

    Returns
    -------
    DataFrame
        partition int, offset bigint, seen_at timestamp (the record's, which equals `time_stamp`), post_id string (null:
        not a post, which holds too where the creation time is missing or after 2100), author string (the post's id
        where it has none), line string (`LINE_COLUMNS` as CSV that Postgres reads, without the newline), keywords
        array<string>, has_negative (a count was, and is null in the line), has_unbelievable_time and has_author
        boolean.
    """

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        remember_archives()
        for batch in batches:
            yield read_batch(batch, reading)

    return records.select(*_RECORD_COLUMNS).mapInArrow(read, _SPARK_SCHEMA)  # type: ignore[arg-type]


def read_batch(records: pa.RecordBatch, reading: Reading) -> pa.RecordBatch:
    """Return a row for each record of a batch, columns as of `read_posts`."""
    partitions, offsets, times, values = (records.column(name) for name in _RECORD_COLUMNS)
    rows = []
    for value, seen_at_us in zip(values.to_pylist(), times.cast(pa.int64()).to_pylist(), strict=True):
        whole = None if value is None else read_whole_post(value)
        post = None if whole is None else post_of(whole)
        rows.append(_NO_POST if post is None else _read(post, seen_at_us // _MICROSECONDS, reading))
    columns = zip(*rows, strict=True) if rows else [()] * len(_Read._fields)
    arrays = [
        pa.array(column, READ_POSTS.field(name).type) for name, column in zip(_Read._fields, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays([partitions, offsets, times, *arrays], schema=READ_POSTS)


def _read(post: Post, seen_at_s: int, reading: Reading) -> _Read:
    normal = normal_form(post.text)
    hashtags = hashtags_in(normal, post.hashtag_names)
    keywords = hashtags | words_in(bare_text(normal), reading.stopwords)
    if reading.phrases:
        keywords |= phrases_in(post.text, reading.phrases)
    counts = (post.digg_count, post.comment_count, post.share_count, post.play_count)
    fields = (
        quoted(post.post_id),
        post.form,
        quoted(post.text),
        quoted(post.author_id),
        quoted(post.music_id),
        datetime.fromtimestamp(post.created_s, UTC).isoformat(),
        *(number(count if count is None or count >= 0 else None) for count in counts),
        number(post.duration_seconds),
        array(sorted(hashtags)),
        quoted(post.unique_name),
        quoted(post.nickname),
        quoted(post.signature),
        flag(post.is_verified),
        number(post.follower_count),
        number(post.following_count),
        quoted(post.music_title),
        quoted(post.music_author),
        flag(post.is_original),
        array([challenge_id for challenge_id, _ in post.challenges]),
        array([name for _, name in post.challenges]),
    )
    line = ",".join(fields)
    return _Read(
        post.post_id,
        post.author_id or post.post_id,
        line.replace("\0", "") if "\0" in line else line,
        list(keywords),
        any(count is not None and count < 0 for count in counts),
        not EARLIEST_CREATION_SECONDS <= post.created_s <= seen_at_s + FUTURE_ALLOWANCE_SECONDS,
        post.author_id is not None,
    )
