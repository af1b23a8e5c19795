"""From posts that were read to what the tables in Postgres hold, for one or more days at once."""

from collections.abc import Collection

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from groundswell.frames.buckets import bucket_start
from groundswell.frames.csv_lines import LINE, storable
from groundswell.frames.keywords import keyword_list
from groundswell.frames.post_lines import LINE_COLUMNS

_FIRST, _LAST = "is_first", "is_last"
STAGED_COLUMNS = ("day", "is_last", "first_seen_at", "last_seen_at", "sightings", "first_author", *LINE_COLUMNS)
"""What stands in a line of `staged_lines`, in this order."""


def sighted(read: DataFrame) -> DataFrame:
    """Say of each record which sighting of its post it is that day, by one shuffle and one sort.

    Parameters
    ----------
    read : DataFrame
        From `groundswell.frames.post_lines.read_posts`.

    Returns
    -------
    DataFrame
        Its columns with day date (UTC date of `seen_at`) and, where `post_id` isn't null: is_first and is_last
        boolean (of the day), is_last_of_moment boolean (no later record has the same `seen_at`), sightings bigint (so
        far), first_seen_at timestamp and first_author string (the day's first record's).
    """
    sightings = Window.partitionBy("day", "post_id").orderBy("seen_at", "partition", "offset")
    so_far = sightings.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    number, later = F.row_number().over(sightings), F.lead("seen_at").over(sightings)
    return read.withColumn("day", F.to_date("seen_at")).select(
        "*",
        (number == 1).alias(_FIRST),
        later.isNull().alias(_LAST),
        (later.isNull() | (later != F.col("seen_at"))).alias("is_last_of_moment"),
        number.cast("bigint").alias("sightings"),
        F.first("seen_at").over(so_far).alias("first_seen_at"),
        F.first("author").over(so_far).alias("first_author"),
    )


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


def staged_lines(sighted_posts: DataFrame) -> DataFrame:
    """Return one line per post and moment, the last record of it, as CSV with the columns `STAGED_COLUMNS`.

    Parameters
    ----------
    sighted_posts : DataFrame
        From `sighted`.
    """
    fields = (
        F.col("day").cast("string"),
        F.col(_LAST).cast("string"),
        F.col("first_seen_at").cast("string"),
        F.col("seen_at").cast("string"),
        F.col("sightings").cast("string"),
        _quoted(storable(F.col("first_author"))),
        F.col("line"),
    )
    kept = sighted_posts.where(F.col("post_id").isNotNull() & F.col("is_last_of_moment"))
    return kept.select(F.concat(F.concat_ws(",", *fields), F.lit("\n")).alias(LINE))


def _quoted(text: Column) -> Column:
    return F.concat(F.lit('"'), F.replace(text, F.lit('"'), F.lit('""')), F.lit('"'))


def first_sightings(sighted_posts: DataFrame) -> DataFrame:
    """Return the first record of each post on each day."""
    return sighted_posts.where(F.col("post_id").isNotNull() & F.col(_FIRST))


def daily_keyword_counts(first: DataFrame, watched: Collection[str], minimum_posts_per_day: int) -> DataFrame:
    """Count posts and authors per keyword and 5 minutes.

    Parameters
    ----------
    first : DataFrame
        Rows of `first_sightings`, each post on the day it was first seen only.
    watched : collection of str
        Keywords that are kept however rare.
    minimum_posts_per_day : int
        Other keywords with fewer posts on a day are dropped.

    Returns
    -------
    DataFrame
        day, keyword, bucket_start, posts, authors.
    """
    mentions = first.select(
        "day",
        F.unix_seconds(bucket_start(F.col("seen_at"))).alias("bucket"),
        # A number is quicker to tell apart than a text, and of 64 bits two authors don't share one.
        F.xxhash64("author").alias("author"),
        F.explode("keywords").alias("keyword"),
    )
    # One shuffle, for everything below is within a keyword's day.
    by_keyword = mentions.repartition("day", "keyword")
    buckets = by_keyword.groupBy("day", "keyword", "bucket").agg(
        F.count("*").alias("posts"), F.countDistinct("author").alias("authors")
    )
    of_day = buckets.withColumn("posts_of_day", F.sum("posts").over(Window.partitionBy("day", "keyword")))
    watch_list = keyword_list(first.sparkSession, watched).withColumn("is_watched", F.lit(True))
    marked = of_day.join(F.broadcast(watch_list), "keyword", "left") if watched else of_day
    kept = F.col("posts_of_day") >= minimum_posts_per_day
    kept = kept | F.col("is_watched").isNotNull() if watched else kept
    start = F.timestamp_seconds("bucket").alias("bucket_start")
    return marked.where(kept).select("day", "keyword", start, "posts", "authors")
