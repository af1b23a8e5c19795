"""From parsed posts to what the tables in Postgres hold, for one or more days at once."""

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain.keywords import keyword_kind
from groundswell.domain.record import EARLIEST_CREATION_SECONDS, FUTURE_ALLOWANCE_SECONDS
from groundswell.frames.buckets import bucket_start
from groundswell.frames.keywords import hashtags, keyword_list, normal_form, with_keywords

COUNTS = ("digg_count", "comment_count", "share_count", "play_count")


def with_day(parsed: DataFrame) -> DataFrame:
    """Add `day`, the UTC date of `seen_at`, and set negative counts to null, saying so in `has_negative`."""
    negative = F.lit(False)
    for name in COUNTS:
        negative = negative | F.coalesce(F.col(name) < 0, F.lit(False))
    counts = {name: F.when(F.col(name) >= 0, F.col(name)) for name in COUNTS}
    return parsed.withColumns({"day": F.to_date("seen_at"), "has_negative": negative}).withColumns(counts)


def ledger(days: DataFrame) -> DataFrame:
    """Count per day what the lake holds and what may be wrong with it.

    Parameters
    ----------
    days : DataFrame
        From `with_day`.

    Returns
    -------
    DataFrame
        day, lake_rows, parsed_rows, distinct_posts, negative_counts, unbelievable_times, without_author.
    """
    is_post = F.col("post_id").isNotNull()
    latest = F.unix_seconds("seen_at") + FUTURE_ALLOWANCE_SECONDS
    unbelievable = ~F.unix_seconds("created_at").between(F.lit(EARLIEST_CREATION_SECONDS), latest)
    return days.groupBy("day").agg(
        F.count("*").alias("lake_rows"),
        F.count("post_id").alias("parsed_rows"),
        F.countDistinct("post_id").alias("distinct_posts"),
        F.count_if(is_post & F.col("has_negative")).alias("negative_counts"),
        F.count_if(is_post & unbelievable).alias("unbelievable_times"),
        F.count_if(is_post & F.col("author_id").isNull()).alias("without_author"),
    )


def sightings(days: DataFrame) -> DataFrame:
    """Return post_id, seen_at and counts: one row per post and moment, the last record of it."""
    values = F.struct(*COUNTS)
    return (
        days.where(F.col("post_id").isNotNull())
        .groupBy("post_id", "seen_at")
        .agg(F.max_by(values, F.struct("partition", "offset")).alias("last"))
        .select("post_id", "seen_at", "last.*")
    )


def daily_posts(days: DataFrame) -> DataFrame:
    """Return one row per post and day: as last seen that day, and the text as first seen.

    Parameters
    ----------
    days : DataFrame
        From `with_day`.

    Returns
    -------
    DataFrame
        All columns of the parsed posts as of the day's last record, with day, first_seen_at, last_seen_at,
        sightings, first_text, first_hashtag_names, first_author.
    """
    order = F.struct("seen_at", "partition", "offset")
    carried = [name for name in days.columns if name not in ("day", "post_id", "partition", "offset")]
    first = F.struct("text", "hashtag_names", "author_id")
    grouped = days.where(F.col("post_id").isNotNull()).groupBy("day", "post_id")
    return grouped.agg(
        F.max_by(F.struct(*carried), order).alias("last"),
        F.min_by(first, order).alias("first"),
        F.min("seen_at").alias("first_seen_at"),
        F.max("seen_at").alias("last_seen_at"),
        F.count("*").alias("sightings"),
    ).select(
        "day",
        "post_id",
        "last.*",
        "first_seen_at",
        "last_seen_at",
        "sightings",
        F.col("first.text").alias("first_text"),
        F.col("first.hashtag_names").alias("first_hashtag_names"),
        F.coalesce("first.author_id", "post_id").alias("first_author"),
    )


def staged_posts(posts: DataFrame) -> DataFrame:
    """Return the columns of the staging table, in its names, from `daily_posts`."""
    return posts.select(
        "day",
        "post_id",
        "form",
        "text",
        "author_id",
        "music_id",
        "created_at",
        "first_seen_at",
        "last_seen_at",
        *COUNTS,
        F.col("duration_seconds").cast("double"),
        hashtags(normal_form(F.col("text")), F.col("hashtag_names")).alias("hashtags"),
        "sightings",
        "first_author",
        F.col("author_name").alias("unique_name"),
        "nickname",
        "signature",
        F.col("verified").alias("is_verified"),
        "follower_count",
        "following_count",
        "music_title",
        "music_author",
        F.col("music_original").alias("is_original"),
        F.transform("challenges", lambda challenge: challenge.challenge_id).alias("challenge_ids"),
        F.transform("challenges", lambda challenge: challenge.getField("name")).alias("challenge_names"),
    )


def daily_keyword_counts(
    posts: DataFrame, stopwords: DataFrame, watched: Collection[str], minimum_posts_per_day: int
) -> DataFrame:
    """Count posts and authors per keyword and 5 minutes.

    Parameters
    ----------
    posts : DataFrame
        Rows of `daily_posts`, each post on the day it was first seen only.
    stopwords : DataFrame
        One column `keyword`: words that are dropped. A join, for a filter on thousands of literals takes Spark
        seconds to plan.
    watched : collection of str
        Keywords that are kept however rare; the phrases among them are looked for.
    minimum_posts_per_day : int
        Other keywords with fewer posts on a day are dropped.

    Returns
    -------
    DataFrame
        day, keyword, bucket_start, posts, authors.
    """
    first = posts.select(
        "day",
        bucket_start(F.col("first_seen_at")).alias("bucket_start"),
        F.col("first_author").alias("author"),
        F.col("first_text").alias("text"),
        F.col("first_hashtag_names").alias("hashtag_names"),
    )
    phrases = [keyword for keyword in watched if keyword_kind(keyword) == "phrase"]
    mentions = with_keywords(first, stopwords, ("day", "bucket_start", "author"), phrases=phrases)
    buckets = mentions.groupBy("day", "keyword", "bucket_start").agg(
        F.count("*").alias("posts"), F.countDistinct("author").alias("authors")
    )
    kept = (F.col("posts_of_day") >= minimum_posts_per_day) | F.col("is_watched").isNotNull()
    watch_list = keyword_list(posts.sparkSession, watched).withColumn("is_watched", F.lit(True))
    cells = F.collect_list(F.struct("bucket_start", "posts", "authors"))
    by_day = buckets.groupBy("day", "keyword").agg(F.sum("posts").alias("posts_of_day"), cells.alias("cells"))
    marked = by_day.join(F.broadcast(watch_list), "keyword", "left")
    return marked.where(kept).select("day", "keyword", F.inline("cells"))
