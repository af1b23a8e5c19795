"""Trailing counts, the statistics join and the score as Spark expressions.

The formulas and their reasons stand in `groundswell.domain.score` and `groundswell.domain.baseline`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain.score import ANSCOMBE, HIGHEST_GATED_SCORE, TRAILING_SECONDS, Thresholds

_HOUR_SECONDS = 3600
_WEEK_HOURS = 168
_THURSDAY_HOURS = 72  # the epoch began on a Thursday, the week begins on Monday


@dataclass(frozen=True)
class VersionFacts:
    """What a statistics version says of keywords that have no row, or no profile, of their own.

    Attributes
    ----------
    version : int
    unseen_level : float
        Posts per hour expected of a keyword without statistics.
    unseen_scale : float
        Its scale.
    pooled_profile : sequence of 168 floats
        Factor per hour of the week, Monday 00:00 UTC first, mean 1.
    """

    version: int
    unseen_level: float
    unseen_scale: float
    pooled_profile: Sequence[float]


def with_trailing_hour(updates: DataFrame, recent: DataFrame, bucket_seconds: int) -> DataFrame:
    """Add the posts of the trailing hour to each updated bucket.

    Parameters
    ----------
    updates : DataFrame
        keyword string, bucket_start timestamp, posts bigint: buckets whose count changed, with their whole count.
    recent : DataFrame
        The same columns for buckets of the hour before; where both have a bucket, `updates` holds.
    bucket_seconds : int

    Returns
    -------
    DataFrame
        `updates` with `observed` bigint: posts in the hour that ends with the bucket, that bucket included.
    """
    older = recent.join(updates, ["keyword", "bucket_start"], "left_anti")
    both = updates.withColumn("is_update", F.lit(True)).unionByName(older.withColumn("is_update", F.lit(False)))
    trailing = (
        Window.partitionBy("keyword").orderBy("bucket_epoch_s").rangeBetween(bucket_seconds - TRAILING_SECONDS, 0)
    )
    return (
        both.withColumn("bucket_epoch_s", F.unix_timestamp("bucket_start"))
        .withColumn("observed", F.sum("posts").over(trailing))
        .where("is_update")
        .drop("is_update", "bucket_epoch_s")
    )


def with_statistics(counts: DataFrame, statistics: DataFrame, facts: VersionFacts) -> DataFrame:
    """Join each keyword's statistics; a keyword without any gets those of unseen keywords, and never vanishes.

    Parameters
    ----------
    counts : DataFrame
        With column keyword.
    statistics : DataFrame
        keyword string, level float, scale float, profile array<float> or null, document_frequency float: the rows of
        one version.
    facts : VersionFacts
        Of the same version.

    Returns
    -------
    DataFrame
        `counts` with level, scale, document_frequency double, profile array<float>, statistics_version int.
    """
    joined = counts.join(
        statistics.select("keyword", "level", "scale", "profile", "document_frequency"), "keyword", "left"
    )
    pooled = F.lit([float(factor) for factor in facts.pooled_profile]).cast("array<float>")
    return joined.withColumns(
        {
            "level": F.coalesce(F.col("level").cast("double"), F.lit(float(facts.unseen_level))),
            "scale": F.coalesce(F.col("scale").cast("double"), F.lit(float(facts.unseen_scale))),
            "profile": F.coalesce(F.col("profile").cast("array<float>"), pooled),
            "document_frequency": F.coalesce(F.col("document_frequency").cast("double"), F.lit(0.0)),
            "statistics_version": F.lit(facts.version),
        }
    )


def expected_in_trailing_hour(level: Column, profile: Column, bucket_epoch_s: Column, bucket_seconds: int) -> Column:
    """Return the posts expected in the hour that ends with a bucket.

    Parameters
    ----------
    level : Column of double
        Posts per hour, mean over the week.
    profile : Column of array<float>
        168 factors by hour of the week.
    bucket_epoch_s : Column of bigint
        Start of the bucket.
    bucket_seconds : int

    Returns
    -------
    Column of double
        The trailing hour lies in two hours of the week; each counts by its share.
    """
    hour = F.floor(bucket_epoch_s / _HOUR_SECONDS)
    in_this_hour = (bucket_epoch_s - hour * _HOUR_SECONDS + bucket_seconds) / F.lit(float(TRAILING_SECONDS))

    def factor(hours: Column) -> Column:
        slot = F.pmod(hours + _THURSDAY_HOURS, F.lit(_WEEK_HOURS)).cast("int")
        return F.get(profile, slot).cast("double")

    return level * (in_this_hour * factor(hour) + (1 - in_this_hour) * factor(hour - 1))


def with_score(judged: DataFrame, watched: Collection[str], thresholds: Thresholds, bucket_seconds: int) -> DataFrame:
    """Judge each trailing hour for a rise, as `groundswell.domain.score.judge` does.

    Parameters
    ----------
    judged : DataFrame
        What `with_statistics` returns, with keyword, bucket_start and observed.
    watched : collection of str
        The watch list.
    thresholds : Thresholds
    bucket_seconds : int

    Returns
    -------
    DataFrame
        `judged` with watched boolean, and expected, lower, upper, z, score double.
    """
    is_watched = F.col("keyword").isin(*sorted(watched)) if watched else F.lit(False)
    threshold = F.when(F.col("watched"), F.lit(thresholds.watchlist_z)).otherwise(F.lit(thresholds.discovery_z))
    expected = expected_in_trailing_hour(
        F.col("level"), F.col("profile"), F.unix_timestamp("bucket_start"), bucket_seconds
    )
    root_expected = F.sqrt(F.col("expected") + ANSCOMBE)
    reach = F.col("threshold") * F.col("scale")
    raw_score = F.greatest(F.col("z"), F.lit(0.0)) / F.col("threshold")
    quiet = ~F.col("watched") & (
        (F.col("observed") < thresholds.minimum_posts)
        | (F.col("observed") < F.lit(thresholds.minimum_lift) * F.col("expected"))
    )
    says_nothing = F.col("document_frequency") > thresholds.maximum_document_frequency
    return (
        judged.withColumns({"watched": is_watched, "expected": expected})
        .withColumn("threshold", threshold)
        .withColumns(
            {
                "z": (F.sqrt(F.col("observed") + ANSCOMBE) - root_expected) / F.col("scale"),
                "lower": F.greatest(F.pow(F.greatest(root_expected - reach, F.lit(0.0)), 2) - ANSCOMBE, F.lit(0.0)),
                "upper": F.pow(root_expected + reach, 2) - ANSCOMBE,
            }
        )
        .withColumn(
            "score",
            F.when(quiet | says_nothing, F.least(raw_score, F.lit(HIGHEST_GATED_SCORE))).otherwise(raw_score),
        )
        .drop("threshold")
    )
