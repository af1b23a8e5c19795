"""Counts of words that stand next to each other, of which `groundswell.domain.collocations` proposes phrases."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain import keywords as rules
from groundswell.frames.keywords import normal_form, word_run


def word_groups(posts: DataFrame, length: int) -> DataFrame:
    """Return each group of `length` words that stand next to each other, once per post.

    Parameters
    ----------
    posts : DataFrame
        With columns `text` and `author`, strings.
    length : int
        2 or more.

    Returns
    -------
    DataFrame
        author string, copied_text bigint (equal for texts of the same words), w1, w2, ... string.
    """
    run = posts.select("author", word_run(normal_form(F.col("text"))).alias("run"))
    groups = F.transform("run", lambda _, place: F.slice(F.col("run"), place + 1, length))
    whole = F.array_distinct(F.filter(groups, lambda group: F.size(group) == length))
    exploded = run.select("author", F.xxhash64("run").alias("copied_text"), F.explode(whole).alias("group"))
    return exploded.select("author", "copied_text", *(F.col("group")[n].alias(f"w{n + 1}") for n in range(length)))


def counted_groups(groups: DataFrame, length: int) -> DataFrame:
    """Count posts, authors and different texts of each group of `word_groups`."""
    return groups.groupBy(*_names(1, length)).agg(
        F.count("*").alias("posts"),
        F.countDistinct("author").alias("authors"),
        F.countDistinct("copied_text").alias("texts"),
    )


def candidates(counted: DataFrame, stopwords: DataFrame, length: int, minimum_authors: int, most: int) -> DataFrame:
    """Return the groups that may be phrases, with the counts of their parts.

    Parameters
    ----------
    counted : DataFrame
        Of `counted_groups`, kept: it is read several times.
    stopwords : DataFrame
        Of `groundswell.frames.keywords.stopwords_frame`: no phrase begins or ends with one.
    length : int
        Words of a group.
    minimum_authors : int
        Different authors, and different texts too, below which a group is none: one author's habit, or one text that
        many copied.
    most : int
        Only so many are returned, those in most posts.

    Returns
    -------
    DataFrame
        phrase string, posts, authors bigint, cuts array<struct<left, right bigint>>.
    """
    kept = counted.where((F.col("authors") >= minimum_authors) & (F.col("texts") >= minimum_authors))
    kept = kept.where(
        _begins_well(F.col("w1")) & _ends_well(F.col(f"w{length}")) & (F.col("w1") != F.col(f"w{length}"))
    )
    for end in ("w1", f"w{length}"):
        kept = kept.join(F.broadcast(stopwords.withColumnRenamed("keyword", end)), end, "left_anti")
    kept = kept.orderBy(F.desc("posts"), *_names(1, length)).limit(most)
    cuts = []
    for cut in range(1, length):
        for side, names in ((f"left{cut}", _names(1, cut)), (f"right{cut}", _names(cut + 1, length))):
            of_part = counted.groupBy(*names).agg(F.sum("posts").alias(side))
            kept = kept.join(of_part, list(names))
        cuts.append(F.struct(F.col(f"left{cut}").alias("left"), F.col(f"right{cut}").alias("right")))
    return kept.select(
        F.concat_ws(" ", *_names(1, length)).alias("phrase"), "posts", "authors", F.array(*cuts).alias("cuts")
    )


def _names(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"w{n}" for n in range(first, last + 1))


def _begins_well(word: Column) -> Column:
    lengths = F.length(word).between(*rules.WORD_LENGTHS)
    return lengths & word.rlike(rules.LETTER_PATTERN)


def _ends_well(word: Column) -> Column:
    return _begins_well(word) | word.rlike(r"^\p{N}{1,4}$")
