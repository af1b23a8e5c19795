"""From the lake's records to lines for Postgres, whole Arrow batches at a time; the rules are those of the domain.

A post's line goes to Postgres from the very process that made it. To Spark goes the little that keywords are counted
by.
"""

import gc
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from groundswell.contracts.post_forms import post_of
from groundswell.contracts.whole_posts import read_whole_post
from groundswell.domain.keywords import bare_text, hashtags_in, normal_form, phrases_in, words_in
from groundswell.domain.post import Post
from groundswell.domain.record import EARLIEST_CREATION_SECONDS, FUTURE_ALLOWANCE_SECONDS
from groundswell.frames.csv_fields import array, flag, number, quoted

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
STAGED_COLUMNS = ("day", "seen_at", "partition", "offset", *LINE_COLUMNS)
"""What stands in a line of `staged_lines`, in this order."""

READ_POSTS = pa.schema(
    {
        "partition": pa.int32(),
        "offset": pa.int64(),
        "seen_at": pa.timestamp("us", "UTC"),
        "post_id": pa.string(),
        "author": pa.string(),
        "line": pa.string(),
        "keywords": pa.string(),
        "has_negative": pa.bool_(),
        "has_unbelievable_time": pa.bool_(),
        "has_author": pa.bool_(),
    }
)
"""A record that was read, see `read_batch`."""
COUNTED_COLUMNS = tuple(name for name in READ_POSTS.names if name != "line")
COUNTED_SCHEMA = (
    "partition INT, offset BIGINT, seen_at TIMESTAMP, post_id STRING, author STRING, keywords STRING,"
    " has_negative BOOLEAN, has_unbelievable_time BOOLEAN, has_author BOOLEAN"
)
"""Those columns of `READ_POSTS` that Spark gets, see `groundswell.frames.post_tables`."""
RECORD_COLUMNS = ("partition", "offset", "timestamp", "value")
"""What is read of the lake's records."""
KEYWORD_SEPARATOR = "\n"
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
    keywords: str | None = None
    has_negative: bool = False
    has_unbelievable_time: bool = False
    has_author: bool = False


_NO_POST = _Read()


def read_batch(records: pa.RecordBatch, reading: Reading) -> pa.RecordBatch:
    """Return one row per record.

    Parameters
    ----------
    records : RecordBatch
        Columns `RECORD_COLUMNS` of `groundswell.contracts.posts.RECORD_SCHEMA`.
    reading : Reading

    Returns
    -------
    RecordBatch
        partition int, offset bigint, seen_at timestamp (the record's, which equals `time_stamp`), post_id string (null:
        not a post, which holds too where the creation time is missing or after 2100), author string (the post's id
        where it has none), line string (`LINE_COLUMNS` as CSV that Postgres reads, without the newline), keywords
        string (with `KEYWORD_SEPARATOR` between them), has_negative (a count was, and is null in the line),
        has_unbelievable_time and has_author boolean.
    """
    partitions, offsets, times, values = (records.column(name) for name in RECORD_COLUMNS)
    # None of the many objects of a batch is in a cycle: to look for some would only take time.
    gc.disable()
    try:
        rows = _rows(values.to_pylist(), times.cast(pa.int64()).to_pylist(), reading)
        columns = zip(*rows, strict=True) if rows else [()] * len(_Read._fields)
        arrays = [
            pa.array(column, READ_POSTS.field(name).type) for name, column in zip(_Read._fields, columns, strict=True)
        ]
    finally:
        gc.enable()
    return pa.RecordBatch.from_arrays([partitions, offsets, times, *arrays], schema=READ_POSTS)


def staged_lines(read: pa.RecordBatch) -> pa.Array:
    """Return a line of CSV, with its newline, for each post of a batch from `read_batch`; columns `STAGED_COLUMNS`."""
    posts = read.filter(pc.is_valid(read.column("post_id")))
    # Arrow writes the zone as Z, which Postgres reads.
    moments = [posts.column("seen_at").cast(kind) for kind in (pa.date32(), pa.timestamp("us", "UTC"))]
    numbers = [posts.column(name) for name in ("partition", "offset")]
    fields = [column.cast(pa.large_string()) for column in (*moments, *numbers, posts.column("line"))]
    nothing, comma, newline = (pa.scalar(text, pa.large_string()) for text in ("", ",", "\n"))
    return pc.binary_join_element_wise(pc.binary_join_element_wise(*fields, comma), newline, nothing)


def _rows(values: list[bytes | None], seen_at_us: list[int], reading: Reading) -> list["_Read"]:
    rows = []
    for value, microseconds in zip(values, seen_at_us, strict=True):
        whole = None if value is None else read_whole_post(value)
        post = None if whole is None else post_of(whole)
        rows.append(_NO_POST if post is None else _read(post, microseconds // _MICROSECONDS, reading))
    return rows


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
        KEYWORD_SEPARATOR.join(keywords),
        any(count is not None and count < 0 for count in counts),
        not EARLIEST_CREATION_SECONDS <= post.created_s <= seen_at_s + FUTURE_ALLOWANCE_SECONDS,
        post.author_id is not None,
    )
