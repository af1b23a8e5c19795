"""Streaming counts of posts per keyword and bucket, each post once."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.keywords import with_keywords
from groundswell.frames.posts import parse_mentions

BUCKET_SECONDS = 300
_WATERMARK_METADATA = "spark.watermarkDelayMs"


def once_per_post(mentions: DataFrame, remembered_seconds: int) -> DataFrame:
    """Drop what is no post and every later record of a post id.

    Parameters
    ----------
    mentions : DataFrame
        Streaming, with post_id string and seen_at timestamp.
    remembered_seconds : int
        How long an id is remembered, in stream time; also the delay of the stream's watermark.
    """
    return (
        mentions.where(F.col("post_id").isNotNull())
        .withWatermark("seen_at", f"{remembered_seconds} seconds")
        .dropDuplicatesWithinWatermark(["post_id"])
    )


def _bucket_time(remembered_seconds: int, lateness_seconds: int) -> tuple[Column, Column]:
    """Return the shifted event time, and the interval by which it was shifted.

    A query has one watermark, and ids must be remembered for much longer than buckets stay open. So the buckets are
    counted on an event time moved back by the difference: the same watermark then closes them after
    `lateness_seconds`. Only the metadata tells Spark that the moved column is the event time.
    """
    shift = F.make_dt_interval(secs=F.lit(remembered_seconds - lateness_seconds))
    moved = (F.col("seen_at") - shift).alias("moved_at", metadata={_WATERMARK_METADATA: remembered_seconds * 1000})
    return moved, shift


def keyword_counts(
    records: DataFrame, stopwords: DataFrame, remembered_seconds: int, lateness_seconds: int
) -> DataFrame:
    """Count posts per keyword and 5 minutes, for output mode `update`.

    Parameters
    ----------
    records : DataFrame
        Streaming Kafka records with `timestamp` and `value`.
    stopwords : DataFrame
        Of `groundswell.frames.keywords.stopwords_frame`.
    remembered_seconds : int
        How long a post id is remembered: within it a post counts once, however often it comes.
    lateness_seconds : int
        How late a post may be and still be counted in its bucket; less than `remembered_seconds`.

    Returns
    -------
    DataFrame
        keyword string (`PLATFORM_KEYWORD` counts every post), bucket_start timestamp, posts bigint: the whole count of
        each bucket that changed.
    """
    posts = once_per_post(parse_mentions(records), remembered_seconds)
    moved, shift = _bucket_time(remembered_seconds, lateness_seconds)
    placed = posts.select(moved, "text", "hashtag_names")
    mentioned = with_keywords(placed, stopwords, ("moved_at",), every_post_as=PLATFORM_KEYWORD)
    counted = mentioned.groupBy(F.window("moved_at", f"{BUCKET_SECONDS} seconds"), "keyword").agg(
        F.count("*").alias("posts")
    )
    return counted.select("keyword", (F.col("window.start") + shift).alias("bucket_start"), "posts")
