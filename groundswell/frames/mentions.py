"""From Kafka records to posts and their keywords, whole Arrow batches at a time; the rules are those of the domain.

Spark's own JSON and regular expressions take longer for the same (docs/decisions/0005).
"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from groundswell.contracts.mentions import Item, Mentioning, NestedAuthor, WebAuthor, read_mentioning
from groundswell.contracts.scalars import Scalar, count_of, filled, first_count, text_of
from groundswell.domain.record import FUTURE_ALLOWANCE_SECONDS
from groundswell.frames.keyword_batches import found_in
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
_ROW_COLUMNS = ("post_id", "may_be_known", "author_id", "author_name", "text", "engagement")
_RECORD_COLUMNS = ("partition", "timestamp", "value")
_LATEST_BELIEVABLE_EPOCH_S = 4_102_444_800  # the year 2100
_HIGHEST_BELIEVABLE_COUNT = 10**15
_MICROSECONDS = 1_000_000
_COUNTS = ("diggCount", "commentCount", "shareCount")
_NO_ITEM, _NO_NESTED_AUTHOR = Item(), NestedAuthor()


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
    posts = _posts(values)
    places = pa.array([place for place, _, _ in posts], pa.int64())
    seen_at = times.take(places)
    rows = [
        (post_id, *_row(post, microseconds // _MICROSECONDS, reading.remembered_seconds))
        for (_, post_id, post), microseconds in zip(posts, seen_at.cast(pa.int64()).to_pylist(), strict=True)
    ]
    ids, *others, texts, engagements = zip(*rows, strict=True) if rows else [()] * len(_ROW_COLUMNS)
    found = found_in(texts, *_hashtag_names([post for _, _, post in posts]), reading.stopwords)
    columns = (ids, *others, texts, engagements)
    arrays = [pa.array(column, MENTIONS.field(name).type) for name, column in zip(_ROW_COLUMNS, columns, strict=True)]
    arrays += [found.keywords, _fingerprints(found.copied_text_keys, ids)]
    return pa.RecordBatch.from_arrays([partitions.take(places), seen_at, *arrays], schema=MENTIONS)


def _posts(values: pa.Array) -> list[tuple[int, str, Mentioning]]:
    """Return place, id and fields of each record that is a post."""
    posts = []
    for place, value in enumerate(_bytes_of(values)):
        post = None if value is None else read_mentioning(value)
        if post is not None:
            post_id = filled((post.itemInfos or _NO_ITEM).id, post.id)
            if post_id and "\0" in post_id:
                post_id = post_id.replace("\0", "")
            if post_id:
                posts.append((place, post_id, post))
    return posts


def _bytes_of(values: pa.Array) -> Iterator[bytes | None]:
    """Yield each value when it is asked for; a copy of all of them would drive each other out of the processor."""
    values = values.cast(pa.large_binary())
    _, offsets, data = values.buffers()
    data = memoryview(data or b"")
    ends = np.frombuffer(offsets, np.int64)[values.offset : values.offset + len(values) + 1].tolist()
    for is_valid, start, end in zip(values.is_valid().to_pylist(), ends[:-1], ends[1:], strict=True):
        yield bytes(data[start:end]) if is_valid else None


def _row(post: Mentioning, seen_at_s: int, remembered_seconds: int) -> tuple[Any, ...]:
    """Return the columns `_ROW_COLUMNS` from the second on."""
    item = post.itemInfos or _NO_ITEM
    return (
        _may_be_known(post, seen_at_s, remembered_seconds),
        *_author(post),
        text_of(post.desc if item.text is None else item.text) or "",
        _engagement(post),
    )


def _hashtag_names(posts: list[Mentioning]) -> tuple[list[str], list[int]]:
    """Return the names that posts give beside their texts, and the number of each one's post."""
    names: list[Scalar] = []
    numbers: list[int] = []
    for number, post in enumerate(posts):
        before = len(names)
        if post.textExtra:
            names += [extra.HashtagName or extra.hashtagName for extra in post.textExtra]
        if post.challengeInfoList:
            names += [challenge.challengeName for challenge in post.challengeInfoList]
        if post.challenges:
            names += [challenge.title for challenge in post.challenges]
        numbers += [number] * (len(names) - before)
    return [name if type(name) is str else "" if name is None else str(name) for name in names], numbers


def _may_be_known(post: Mentioning, seen_at_s: int, remembered_seconds: int) -> bool:
    """Tell whether a post may be older in the stream than the stream remembers.

    A creation time may lie ahead of the clock by some hours and is believed all the same, so a post may have been seen
    by so much before it was made.
    """
    created_s = count_of((post.itemInfos or _NO_ITEM).createTime)
    if created_s is None:
        created_s = count_of(post.createTime)
    if created_s is None or not 1 <= created_s <= _LATEST_BELIEVABLE_EPOCH_S:
        return True
    age_s = seen_at_s - created_s
    return age_s > remembered_seconds - FUTURE_ALLOWANCE_SECONDS or age_s < -FUTURE_ALLOWANCE_SECONDS


def _author(post: Mentioning) -> tuple[str | None, str | None]:
    """Return id and name."""
    item, nested, web = post.itemInfos or _NO_ITEM, post.authorInfos or _NO_NESTED_AUTHOR, post.author
    if web is None:
        return filled(item.authorId, nested.userId, post.authorId), filled(nested.uniqueId)
    if isinstance(web, WebAuthor):
        return filled(item.authorId, nested.userId, web.id, post.authorId), filled(nested.uniqueId, web.uniqueId)
    return filled(item.authorId, nested.userId, post.authorId), filled(nested.uniqueId, web)


def _engagement(post: Mentioning) -> int:
    item, exact, stats = post.itemInfos or _NO_ITEM, post.statsV2, post.stats
    told: Sequence[Scalar]
    if exact is None and stats is None:
        told = item.diggCount, item.commentCount, item.shareCount
    else:
        sources = [source for source in (item, exact, stats) if source is not None]
        told = [first_count(*[getattr(source, name) for source in sources]) for name in _COUNTS]
    total = 0
    for value in told:
        count = value if type(value) is int else count_of(value)
        if count is not None and 0 <= count <= _HIGHEST_BELIEVABLE_COUNT:
            total += count
    return total


def _fingerprints(keys: list[str | None], ids: Sequence[str]) -> pa.Array:
    """Return numbers that the same text has on every machine, in the range of a bigint."""
    digests = [
        blake2b((key or f"\0{post_id}").encode(), digest_size=8).digest()
        for key, post_id in zip(keys, ids, strict=True)
    ]
    return pa.array(np.frombuffer(b"".join(digests), ">i8").astype(np.int64))
