"""Words in their order as Spark expressions; the rules and their reasons stand in `groundswell.domain.keywords`."""

from collections.abc import Collection

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain import keywords as rules


def normal_form(text: Column) -> Column:
    """Return NFKC, lower case and one kind of apostrophe; null gives the empty string.

    Spark has no NFKC of its own, but ships ICU, whose static method is called without leaving the JVM.
    """
    composed = F.reflect(
        F.lit("com.ibm.icu.text.Normalizer"), F.lit("compose"), F.coalesce(text, F.lit("")), F.lit(True)
    )
    return F.replace(F.lower(composed), F.lit("’"), F.lit("'"))


def word_run(normal_text: Column) -> Column:
    """Return all words in their order, see `groundswell.domain.keywords.word_run`."""
    bare = normal_text
    for pattern in (
        rules.URL_PATTERN,
        rules.MENTION_PATTERN,
        rules.HASHTAG_REMAINS_PATTERN,
        rules.WITHOUT_SPACES_PATTERN,
    ):
        bare = F.regexp_replace(bare, pattern, " ")
    bare = F.regexp_replace(bare, rules.ELONGATION_PATTERN, "$1$1")
    return F.regexp_extract_all(bare, F.lit(rules.WORD_PATTERN), F.lit(1))


def stopwords_frame(spark: SparkSession, stopwords: Collection[str]) -> DataFrame:
    """Return stopwords as a table of one column `keyword`, to be joined."""
    return keyword_list(spark, stopwords)


def keyword_list(spark: SparkSession, keywords: Collection[str]) -> DataFrame:
    """Return keywords as a table of one column `keyword`, to be joined.

    A filter on thousands of literals would take Spark seconds to plan, for each micro-batch anew.
    """
    return spark.createDataFrame(pa.table({"keyword": pa.array(sorted(keywords), pa.string())}))
