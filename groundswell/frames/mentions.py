"""From Kafka records to posts and their keywords, whole Arrow batches at a time; the rules are those of the domain.

Spark's own JSON and regular expressions take longer for the same (docs/decisions/0005).
"""

import gc
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from groundswell.contracts.mentions import Item, Mentioning, NestedAuthor, WebAuthor, read_mentioning
from groundswell.contracts.scalars import Scalar, count_of, filled, first_count, text_of
from groundswell.domain.keywords import PLATFORM_KEYWORD, bare_text, hashtags_in, normal_form, words_in
from groundswell.domain.record import FUTURE_ALLOWANCE_SECONDS
from groundswell.domain.spam import copied_text_key
from groundswell.frames.python_workers import remember_archives

MENTIONS = pa.schema(
    {
        "partition": pa.int32(),
        "seen_at": pa.timestamp("us", "UTC"),
        "post_id": pa.string(),
        "may_be_known": pa.bool_(),
        "author_id": pa.string(),
        "author_name": pa.string(),
        "text": pa.string(),
        "engagement": pa.int64(),
        "keywords": pa.list_(pa.string()),
        "text_fingerprint": pa.int64(),
    }
)
"""A post as the stream goes on with it, see `mentions_of`."""

_SPARK_SCHEMA = (
    "partition INT, seen_at TIMESTAMP, post_id STRING, may_be_known BOOLEAN, author_id STRING, author_name STRING, "
    "text STRING, engagement BIGINT, keywords ARRAY<STRING>, text_fingerprint BIGINT"
)
_RECORD_COLUMNS = ("partition", "timestamp", "value")
_LATEST_BELIEVABLE_EPOCH_S = 4_102_444_800  # the year 2100
_HIGHEST_BELIEVABLE_COUNT = 10**15
_MICROSECONDS = 1_000_000
_COUNTS = ("diggCount", "commentCount", "shareCount")
_NO_ITEM, _NO_NESTED_AUTHOR, _NO_WEB_AUTHOR = Item(), NestedAuthor(), WebAuthor()


@dataclass(frozen=True)
class Reading:
    """How posts are read.

    Attributes
    ----------
    stopwords : frozenset of str
        Words that are no keywords; hashtags always are.
    remembered_seconds : int
        How long the stream remembers a post's id.
    """

    stopwords: frozenset[str]
    remembered_seconds: int


def mentions_of(records: DataFrame, reading: Reading) -> DataFrame:
    """Return one row per record that is a post.

    Parameters
    ----------
    records : DataFrame
        At least `partition`, `timestamp` and `value` of `groundswell.contracts.posts.RECORD_SCHEMA`.
    reading : Reading

    Returns
    -------
    DataFrame
        partition int, seen_at timestamp (the record's, which equals `time_stamp`), post_id string, may_be_known
        boolean (it may be older in the stream than the stream remembers), author_id, author_name and text string,
        engagement bigint (likes + comments + shares, those not told taken for 0), keywords array<string>
        (`PLATFORM_KEYWORD` for every post; phrases are not among them), text_fingerprint bigint.
    """

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        remember_archives()
        for batch in batches:
            # None of the many objects of a batch is in a cycle: to look for some would only take time.
            gc.disable()
            try:
                read_posts = mention_batch(batch, reading)
            finally:
                gc.enable()
            yield read_posts

    return records.select(*_RECORD_COLUMNS).mapInArrow(read, _SPARK_SCHEMA)


def posts_once(records: DataFrame, reading: Reading) -> DataFrame:
    """Return the posts of the stream, each once, for output mode `append`.

    Parameters
    ----------
    records : DataFrame
        Streaming Kafka records with `partition`, `timestamp` and `value`.
    reading : Reading
        An id is remembered for `remembered_seconds` of stream time at least; by so much the stream's watermark is
        behind, before which Spark drops every record.

    Returns
    -------
    DataFrame
        Columns of `groundswell.frames.mentions.mentions_of`.
    """
    return (
        mentions_of(records, reading)
        .withWatermark("seen_at", f"{reading.remembered_seconds} seconds")
        .dropDuplicatesWithinWatermark(["post_id"])
    )


def mention_batch(records: pa.RecordBatch, reading: Reading) -> pa.RecordBatch:
    """Return the posts of a batch of records; columns as of `mentions_of`."""
    partitions, times, values = (records.column(name) for name in _RECORD_COLUMNS)
    rows = []
    seen_at_us = times.cast(pa.int64()).to_pylist()
    for number, value in enumerate(values.to_pylist()):
        post = None if value is None else read_mentioning(value)
        row = None if post is None else _row(post, seen_at_us[number] // _MICROSECONDS, reading)
        if row is not None:
            rows.append((number, *row))
    numbers, *columns = zip(*rows, strict=True) if rows else [()] * (len(MENTIONS) - 1)
    places = pa.array(numbers, pa.int64())
    arrays = [partitions.take(places), times.take(places)]
    arrays += [pa.array(column, field.type) for column, field in zip(columns, list(MENTIONS)[2:], strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=MENTIONS)


def _row(post: Mentioning, seen_at_s: int, reading: Reading) -> tuple[Any, ...] | None:
    item = post.itemInfos or _NO_ITEM
    post_id = (filled(item.id, post.id) or "").replace("\0", "")
    if not post_id:
        return None
    text = text_of(post.desc if item.text is None else item.text) or ""
    normal = normal_form(text)
    bare = bare_text(normal)
    keywords = hashtags_in(normal, _hashtag_names(post)) | words_in(bare, reading.stopwords)
    return (
        post_id,
        _may_be_known(post, seen_at_s, reading.remembered_seconds),
        *_author(post),
        text,
        _engagement(post),
        [PLATFORM_KEYWORD, *keywords],
        _fingerprint(copied_text_key(bare) or f"\0{post_id}"),
    )


def _hashtag_names(post: Mentioning) -> set[str]:
    names: set[Scalar] = set()
    if post.textExtra:
        names.update([extra.HashtagName or extra.hashtagName for extra in post.textExtra])
    if post.challengeInfoList:
        names.update([challenge.challengeName for challenge in post.challengeInfoList])
    if post.challenges:
        names.update([challenge.title for challenge in post.challenges])
    return {name if type(name) is str else str(name) for name in names if name}


def _may_be_known(post: Mentioning, seen_at_s: int, remembered_seconds: int) -> bool:
    """Tell whether a post may be older in the stream than the stream remembers.

    A creation time may lie ahead of the clock by some hours and is believed all the same, so a post may have been seen
    by so much before it was made.
    """
    created_s = first_count((post.itemInfos or _NO_ITEM).createTime, post.createTime)
    if created_s is None or not 1 <= created_s <= _LATEST_BELIEVABLE_EPOCH_S:
        return True
    age_s = seen_at_s - created_s
    return age_s > remembered_seconds - FUTURE_ALLOWANCE_SECONDS or age_s < -FUTURE_ALLOWANCE_SECONDS


def _author(post: Mentioning) -> tuple[str | None, str | None]:
    """Return id and name."""
    item, nested = post.itemInfos or _NO_ITEM, post.authorInfos or _NO_NESTED_AUTHOR
    web = post.author if isinstance(post.author, WebAuthor) else _NO_WEB_AUTHOR
    bare_name = None if web is post.author else post.author
    return (
        filled(item.authorId, nested.userId, web.id, post.authorId),
        filled(nested.uniqueId, web.uniqueId, bare_name),
    )


def _engagement(post: Mentioning) -> int:
    item, exact, stats = post.itemInfos or _NO_ITEM, post.statsV2, post.stats
    if exact is None and stats is None:
        told = [count_of(item.diggCount), count_of(item.commentCount), count_of(item.shareCount)]
    else:
        sources = [source for source in (item, exact, stats) if source is not None]
        told = [first_count(*[getattr(source, name) for source in sources]) for name in _COUNTS]
    return sum(count for count in told if count is not None and 0 <= count <= _HIGHEST_BELIEVABLE_COUNT)


def _fingerprint(text: str) -> int:
    """Return a number that the same text has on every machine, in the range of a bigint."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
