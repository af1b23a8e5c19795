"""A micro-batch as an Arrow table: when its posts were seen, which are left out, and what they add to the counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from groundswell.domain.keywords import phrases_in, words_of
from groundswell.frames.buckets import BUCKET_SECONDS
from streaming.live_counts import INCREMENTS

_MICROSECONDS = 1_000_000

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Arrived:
    """A batch before anything is left out: its size and its times.

    Attributes
    ----------
    posts : int
    oldest : datetime
    read_up_to : datetime
        Partitions are read at different speeds. The one furthest behind says how far the topic was read, so that in a
        replay of long ago no post is late only because another partition was read further.
    """

    posts: int
    oldest: datetime
    read_up_to: datetime


def arrived(posts: pa.Table) -> Arrived:
    """Return the size and times of a batch, of `groundswell.frames.mentions.MENTIONS`, that is not empty."""
    seen_at_us = pa.table({"partition": posts["partition"], "us": posts["seen_at"].cast(pa.int64())})
    of_partition = seen_at_us.group_by("partition").aggregate([("us", "min"), ("us", "max")])
    oldest, read_up_to = pc.min(of_partition["us_min"]).as_py(), pc.min(of_partition["us_max"]).as_py()
    return Arrived(posts.num_rows, _time(oldest), _time(read_up_to))


def without(posts: pa.Table, known: Collection[str]) -> pa.Table:
    """Leave out the posts with these ids."""
    if not known:
        return posts
    return posts.filter(pc.invert(pc.is_in(posts["post_id"], pa.array(list(known), pa.string()))))


def in_time(posts: pa.Table, stream_time: datetime | None, lateness_seconds: int) -> pa.Table:
    """Leave out the posts whose bucket was over for longer than the lateness when they came.

    Parameters
    ----------
    posts : pyarrow.Table
    stream_time : datetime or None
        How far the stream had come before the batch; None: it begins, and nothing is late.
    lateness_seconds : int
    """
    if stream_time is None:
        return posts
    over_s = _buckets_s(posts) + BUCKET_SECONDS
    return posts.filter(pa.array(over_s + lateness_seconds >= int(stream_time.timestamp())))


def with_phrases(posts: pa.Table, phrases: Collection[str], stopwords: Collection[str]) -> pa.Table:
    """Return the posts with those of the phrases that are in their texts among their keywords.

    Parameters
    ----------
    posts : pyarrow.Table
    phrases : collection of str
        As of `groundswell.domain.keywords.phrase_keyword`.
    stopwords : collection of str
        What is no keyword.
    """
    marks = [max(words_of(phrase, stopwords), key=len, default=None) for phrase in phrases]
    rows = range(posts.num_rows) if None in marks else _mentioning(posts, marks)
    texts = posts["text"].take(pa.array(rows, pa.int64())).to_pylist()
    found = {row: phrases_in(text, phrases) for row, text in zip(rows, texts, strict=True)}
    if not any(found.values()):
        return posts
    keywords = posts["keywords"].to_pylist()
    for row, hits in found.items():
        keywords[row] += sorted(hits)
    at = posts.schema.get_field_index("keywords")
    return posts.set_column(at, posts.schema.field(at), pa.array(keywords, pa.list_(pa.string())))


def _mentioning(posts: pa.Table, words: Collection[str | None]) -> list[int]:
    """Return the rows that have any of the words among their keywords: nobody else can have the phrase."""
    keywords = posts["keywords"].combine_chunks()
    has = pc.is_in(pc.list_flatten(keywords), pa.array(words, pa.string()))
    rows: list[int] = pc.list_parent_indices(keywords).filter(has).unique().to_pylist()
    return rows


@dataclass(frozen=True)
class Mentions:
    """The mentions of a batch, each distinct keyword numbered once, and what they add to the counts.

    Attributes
    ----------
    keywords : pyarrow.StringArray
        Each once.
    numbers : array (m,) of int
        Place in `keywords` of each mention, one post's after the other's.
    counted_numbers, starts_s, posts : array (c,) of int
        Posts per keyword and bucket, whose start is in epoch seconds; in the order of the buckets.
    """

    keywords: pa.StringArray
    numbers: Integers
    counted_numbers: Integers
    starts_s: Integers
    posts: Integers

    @classmethod
    def of(cls, posts: pa.Table) -> "Mentions":
        """Count posts of `groundswell.frames.mentions.MENTIONS`."""
        keywords = posts["keywords"].combine_chunks()
        coded = pc.list_flatten(keywords).dictionary_encode()
        numbers = coded.indices.to_numpy().astype(np.int64)
        starts_s, buckets = np.unique(_buckets_s(posts), return_inverse=True)
        distinct = max(len(coded.dictionary), 1)
        lengths = pc.list_value_length(keywords).to_numpy()
        cells, counts = np.unique(np.repeat(buckets, lengths) * distinct + numbers, return_counts=True)
        return cls(coded.dictionary, numbers, cells % distinct, starts_s[cells // distinct], counts)

    def increments(self) -> pa.Table:
        """Return what they add to the counts, of `streaming.live_counts.INCREMENTS`: each keyword and bucket once."""
        keywords = self.keywords.take(pa.array(self.counted_numbers))
        return pa.table([keywords, self.starts_s, self.posts], schema=INCREMENTS)


def _buckets_s(posts: pa.Table) -> Integers:
    seen_at_s = posts["seen_at"].cast(pa.int64()).to_numpy() // _MICROSECONDS
    starts_s: Integers = seen_at_s - seen_at_s % BUCKET_SECONDS
    return starts_s


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / _MICROSECONDS, UTC)
