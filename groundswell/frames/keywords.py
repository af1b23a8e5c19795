"""Keywords as Spark expressions; the rules and their reasons stand in `groundswell.domain.keywords`."""

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


def _length_within(text: Column, lengths: tuple[int, int]) -> Column:
    return F.length(text).between(*lengths)


def hashtags(normal_text: Column, names: Column) -> Column:
    """Return the distinct hashtag keywords.

    Parameters
    ----------
    normal_text : Column of string
        The text in its normal form.
    names : Column of array<string>
        Names of `textExtra` and challenges as written; null counts as empty.

    Returns
    -------
    Column of array<string>
    """
    in_text = F.regexp_extract_all(normal_text, F.lit(rules.HASHTAG_PATTERN), F.lit(1))
    no_names = F.array().cast("array<string>")
    found = F.concat(in_text, F.transform(F.coalesce(names, no_names), normal_form))
    tags = F.transform(found, lambda name: F.regexp_replace(name, rules.NOT_IN_HASHTAG_PATTERN, ""))
    usable = F.filter(
        tags,
        lambda tag: _length_within(tag, rules.HASHTAG_LENGTHS) & tag.rlike(rules.LETTER_OR_DIGIT_PATTERN),
    )
    return F.array_distinct(F.transform(usable, lambda tag: F.concat(F.lit("#"), tag)))


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


def words(run: Column) -> Column:
    """Return the distinct word keywords of a `word_run`, stopwords still among them (see `with_keywords`)."""
    usable = F.filter(run, lambda word: _length_within(word, rules.WORD_LENGTHS) & word.rlike(rules.LETTER_PATTERN))
    return F.array_distinct(usable)


def phrases_in(run: str, phrases: Collection[str]) -> Column:
    """Return those of the phrases that are in a post, each once.

    Parameters
    ----------
    run : str
        Name of a column made by `word_run`; an expression would be worked out anew for each word.
    phrases : collection of str
        As of `groundswell.domain.keywords.phrase_keyword`. They are handed to Spark as text: made one by one, thousands
        of literals take seconds, for each micro-batch anew.

    Returns
    -------
    Column of array<string>
    """
    if not phrases:
        return F.array().cast("array<string>")
    lengths = sorted({phrase.count(" ") + 1 for phrase in phrases})
    groups = ", ".join(f"transform({run}, (w, i) -> array_join(slice({run}, i + 1, {n}), ' '))" for n in lengths)
    wanted = ", ".join("'" + phrase.replace("\\", r"\\").replace("'", r"\'") + "'" for phrase in sorted(set(phrases)))
    return F.expr(f"filter(array_distinct(concat({groups})), g -> g IN ({wanted}))")


def stopwords_frame(spark: SparkSession, stopwords: Collection[str]) -> DataFrame:
    """Return stopwords as a table of one column `keyword`, to be joined."""
    return keyword_list(spark, stopwords)


def keyword_list(spark: SparkSession, keywords: Collection[str]) -> DataFrame:
    """Return keywords as a table of one column `keyword`, to be joined.

    A filter on thousands of literals would take Spark seconds to plan, for each micro-batch anew.
    """
    return spark.createDataFrame(pa.table({"keyword": pa.array(sorted(keywords), pa.string())}))


def with_keywords(
    posts: DataFrame,
    stopwords: DataFrame,
    keep: tuple[str, ...],
    every_post_as: str | None = None,
    phrases: Collection[str] = (),
) -> DataFrame:
    """Return one row per post and keyword.

    Parameters
    ----------
    posts : DataFrame
        With columns `text` (string) and `hashtag_names` (array<string>), see `groundswell.frames.posts`.
    stopwords : DataFrame
        Of `stopwords_frame`: words that are dropped; hashtags never are.
    keep : tuple of str
        Columns of `posts` to carry along.
    every_post_as : str, optional
        A name that every post gets as a keyword, so that posts are counted in the same pass.
    phrases : collection of str
        Phrases to look for, see `phrases_in`.

    Returns
    -------
    DataFrame
        Columns `keep` and `keyword`; without `every_post_as`, a post without keywords gives no row.
    """
    # Normal form and words are columns of their own so that they are worked out once and not in each expression.
    normal = posts.select(*keep, "hashtag_names", normal_form(F.col("text")).alias("normal_text"))
    read = normal.withColumn("run", word_run(F.col("normal_text")))
    found = [hashtags(F.col("normal_text"), F.col("hashtag_names")), words(F.col("run")), phrases_in("run", phrases)]
    if every_post_as is not None:
        found.append(F.array(F.lit(every_post_as)))
    exploded = read.select(*keep, F.explode(F.concat(*found)).alias("keyword"))
    return exploded.join(F.broadcast(stopwords), "keyword", "left_anti").select(*keep, "keyword")
