"""From posts that were read to what the tables in Postgres hold, for one or more days at once."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from groundswell.frames.buckets import bucket_start
from groundswell.frames.post_lines import KEYWORD_SEPARATOR

KEYWORD_COUNTS = pa.schema(
    {
        "day": pa.date32(),
        "keyword": pa.string(),
        "bucket_start": pa.timestamp("us", "UTC"),
        "posts": pa.int64(),
        "authors": pa.int64(),
    }
)
"""A keyword's posts in 5 minutes, see `daily_keyword_counts`."""

_FIRST = "is_first"
_DAY_SECONDS = 86_400
_MICROSECONDS = 1_000_000


def sighted(read: DataFrame) -> DataFrame:
    """Say of each record whether it is its post's first of the day, by one shuffle and one sort.

    Parameters
    ----------
    read : DataFrame
        Columns `groundswell.frames.post_lines.COUNTED_COLUMNS`.

    Returns
    -------
    DataFrame
        Its columns but `partition` and `offset`, with day date (UTC date of `seen_at`) and is_first boolean.
    """
    sightings = Window.partitionBy("day", "post_id").orderBy("seen_at", "partition", "offset")
    with_day = read.withColumn("day", F.to_date("seen_at"))
    return with_day.withColumn(_FIRST, F.row_number().over(sightings) == 1).drop("partition", "offset")


def ledger(sighted_posts: DataFrame) -> DataFrame:
    """Count per day what the lake holds and what may be wrong with it.

    Parameters
    ----------
    sighted_posts : DataFrame
        From `sighted`.

    Returns
    -------
    DataFrame
        day, lake_rows, parsed_rows, distinct_posts, negative_counts, unbelievable_times, without_author.
    """
    is_post = F.col("post_id").isNotNull()
    return sighted_posts.groupBy("day").agg(
        F.count("*").alias("lake_rows"),
        F.count("post_id").alias("parsed_rows"),
        F.count_if(is_post & F.col(_FIRST)).alias("distinct_posts"),
        F.count_if("has_negative").alias("negative_counts"),
        F.count_if("has_unbelievable_time").alias("unbelievable_times"),
        F.count_if(is_post & ~F.col("has_author")).alias("without_author"),
    )


def first_sightings(sighted_posts: DataFrame) -> DataFrame:
    """Return the first record of each post on each day."""
    return sighted_posts.where(F.col("post_id").isNotNull() & F.col(_FIRST))


def keyword_mentions(first: DataFrame, tasks: int) -> DataFrame:
    """Return a row for each post and keyword, all of a keyword in the same of so many tasks.

    Parameters
    ----------
    first : DataFrame
        Rows of `first_sightings`, each post on the day it was first seen only.
    tasks : int
        Each holds its mentions in memory, see `daily_keyword_counts`.

    Returns
    -------
    DataFrame
        bucket bigint (its start, in seconds), author bigint, keyword string.
    """
    mentions = first.where("keywords <> ''").select(
        F.unix_seconds(bucket_start(F.col("seen_at"))).alias("bucket"),
        # A number is quicker to tell apart than a text, and of 64 bits two authors don't share one.
        F.xxhash64("author").alias("author"),
        F.explode(F.split("keywords", KEYWORD_SEPARATOR)).alias("keyword"),
    )
    return mentions.repartition(tasks, "keyword")


def daily_keyword_counts(mentions: pa.Table, watched: Collection[str], minimum_posts_per_day: int) -> pa.Table:
    """Count posts and authors per keyword and 5 minutes.

    Parameters
    ----------
    mentions : Table
        Columns of `keyword_mentions`, one row at least.
    watched : collection of str
        Keywords that are kept however rare.
    minimum_posts_per_day : int
        Other keywords with fewer posts on a day are dropped.

    Returns
    -------
    Table
        Columns `KEYWORD_COUNTS`, in the order of keyword and time.
    """
    # Numbers are quicker to put in order than texts.
    names, keywords = _numbered(mentions.column("keyword").combine_chunks())
    buckets, authors = (mentions.column(name).to_numpy() for name in ("bucket", "author"))
    order = np.lexsort((authors, buckets, keywords))
    keywords, buckets, authors = keywords[order], buckets[order], authors[order]
    is_bucket = _differs(keywords) | _differs(buckets)
    at = np.flatnonzero(is_bucket)
    posts = np.diff(at, append=len(order))
    distinct = np.add.reduceat((is_bucket | _differs(authors)).astype(np.int64), at)
    keywords, buckets = keywords[at], buckets[at]
    days = buckets // _DAY_SECONDS
    is_day = _differs(keywords) | _differs(days)
    of_day = np.add.reduceat(posts, np.flatnonzero(is_day))[np.cumsum(is_day) - 1]
    is_watched = pc.is_in(names, pa.array(sorted(watched), pa.string())).to_numpy(zero_copy_only=False)
    kept = (of_day >= minimum_posts_per_day) | is_watched[keywords]
    columns = (days, names.take(pa.array(keywords[kept])), buckets * _MICROSECONDS, posts, distinct)
    arrays = [each if isinstance(each, pa.Array) else pa.array(each[kept]) for each in columns]
    arrays[0] = arrays[0].cast(pa.int32())
    return pa.table(
        [array.cast(field.type) for array, field in zip(arrays, KEYWORD_COUNTS, strict=True)], KEYWORD_COUNTS
    )


def _numbered(texts: pa.Array) -> tuple[pa.Array, "np.ndarray[Any, Any]"]:
    """Return the different texts in their order, and for each text which of them it is."""
    encoded = texts.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary)
    places = np.empty(len(order), np.int64)
    places[order.to_numpy()] = np.arange(len(order))
    return encoded.dictionary.take(order), places[encoded.indices.to_numpy()]


def _differs(values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Say of each value whether it differs from the one before it."""
    return np.concatenate(([True], values[1:] != values[:-1]))
