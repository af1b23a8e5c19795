"""From the stream's posts to increments of the counts per keyword and bucket: each post once, late ones left out."""

from collections.abc import Collection
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.domain.record import FUTURE_ALLOWANCE_SECONDS
from groundswell.frames.csv_lines import storable
from groundswell.frames.keywords import hashtags, normal_form, phrases_in, word_run, words
from groundswell.frames.posts import parse_mentions
from groundswell.frames.spam import text_fingerprint

BUCKET_SECONDS = 300
KEPT_CHARACTERS = 500


def bucket_start(time: Column) -> Column:
    """Return the start of the bucket that a time lies in."""
    return F.timestamp_seconds(F.floor(F.unix_seconds(time) / BUCKET_SECONDS) * BUCKET_SECONDS)


def once_per_post(mentions: DataFrame, remembered_seconds: int) -> DataFrame:
    """Drop what is no post and every later record of a post id.

    Parameters
    ----------
    mentions : DataFrame
        Streaming, with post_id string and seen_at timestamp.
    remembered_seconds : int
        How long an id is remembered at least, in stream time; also the delay of the stream's watermark, before which
        Spark drops every record.
    """
    return (
        mentions.where(F.col("post_id").isNotNull())
        .withWatermark("seen_at", f"{remembered_seconds} seconds")
        .dropDuplicatesWithinWatermark(["post_id"])
    )


def posts_once(records: DataFrame, remembered_seconds: int) -> DataFrame:
    """Return the posts of the stream, each once, for output mode `append`.

    Parameters
    ----------
    records : DataFrame
        Streaming Kafka records with `partition`, `timestamp` and `value`.
    remembered_seconds : int
        See `once_per_post`.

    Returns
    -------
    DataFrame
        Columns of `groundswell.frames.posts.parse_mentions`.
    """
    return once_per_post(parse_mentions(records), remembered_seconds)


def with_mentions(posts: DataFrame, remembered_seconds: int, phrases: Collection[str] = ()) -> DataFrame:
    """Return all that is done with a post of a batch, worked out once.

    Parameters
    ----------
    posts : DataFrame
        A batch of `posts_once`.
    remembered_seconds : int
        The same as there.
    phrases : collection of str
        Those that are counted, as of `groundswell.domain.keywords.phrase_keyword`.

    Returns
    -------
    DataFrame
        partition int, post_id string, seen_at timestamp, author_id, author_name and text string (at most
        `KEPT_CHARACTERS`), engagement bigint, bucket_start timestamp, may_be_known boolean, keywords array<string>
        (`PLATFORM_KEYWORD` for every post, stopwords too), text_fingerprint bigint.
    """
    # Normal form and words are columns of their own so that they are worked out once and not in each expression.
    normal = posts.withColumn("normal_text", normal_form(F.col("text"))).withColumn(
        "run", word_run(F.col("normal_text"))
    )
    return normal.select(
        "partition",
        storable(F.col("post_id")).alias("post_id"),
        "seen_at",
        "author_id",
        "author_name",
        F.left(F.coalesce("text", F.lit("")), F.lit(KEPT_CHARACTERS)).alias("text"),
        "engagement",
        bucket_start(F.col("seen_at")).alias("bucket_start"),
        _may_be_known(remembered_seconds).alias("may_be_known"),
        _keywords(phrases).alias("keywords"),
        text_fingerprint(F.col("normal_text"), F.col("post_id")).alias("text_fingerprint"),
    )


def _keywords(phrases: Collection[str]) -> Column:
    return F.concat(
        F.array(F.lit(PLATFORM_KEYWORD)),
        hashtags(F.col("normal_text"), F.col("hashtag_names")),
        words(F.col("run")),
        phrases_in("run", phrases),
    )


def _may_be_known(remembered_seconds: int) -> Column:
    """Tell whether a post may be older in the stream than the stream remembers.

    A creation time may lie ahead of the clock by some hours and is believed all the same, so a post may have been seen
    by so much before it was made.
    """
    age_s = F.unix_seconds("seen_at") - F.unix_seconds("created_at")
    return F.coalesce(
        (age_s > remembered_seconds - FUTURE_ALLOWANCE_SECONDS) | (age_s < -FUTURE_ALLOWANCE_SECONDS), F.lit(True)
    )


def is_late(stream_time: datetime | None, lateness_seconds: int) -> Column:
    """Tell whether a post's bucket was over for too long when the post came.

    Parameters
    ----------
    stream_time : datetime or None
        How far the stream had come before the batch; None: it begins, and nothing is late.
    lateness_seconds : int
    """
    if stream_time is None:
        return F.lit(False)
    over_s = F.unix_seconds("bucket_start") + BUCKET_SECONDS
    return over_s + lateness_seconds < int(stream_time.timestamp())


def keyword_counts(posts: DataFrame, stopwords: DataFrame) -> DataFrame:
    """Count posts per keyword and bucket.

    Parameters
    ----------
    posts : DataFrame
        Of `with_mentions`, only those that count.
    stopwords : DataFrame
        Of `groundswell.frames.keywords.stopwords_frame`.

    Returns
    -------
    DataFrame
        keyword string (`PLATFORM_KEYWORD` counts every post), bucket_start timestamp, posts bigint.
    """
    mentioned = posts.select("bucket_start", F.explode("keywords").alias("keyword"))
    counted = mentioned.groupBy("keyword", "bucket_start").agg(F.count("*").alias("posts"))
    return counted.join(F.broadcast(stopwords), "keyword", "left_anti")
