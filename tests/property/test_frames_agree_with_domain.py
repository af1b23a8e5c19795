"""The Spark expressions against the plain-Python oracle, on whatever Hypothesis comes up with.

Each example is a batch of rows, because one Spark job costs as much as a thousand rows.
"""

import unicodedata
from functools import cache

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark import SparkContext
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from groundswell.domain.keywords import keywords_of, phrase_keyword
from groundswell.frames.keywords import stopwords_frame, with_keywords

# Without shrinking: each step of it is a Spark job, and the failing texts are shown anyway.
FEW = settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

ASSIGNED = st.characters(exclude_categories=["Cs", "Cn", "Co"], max_codepoint=0x1F9FF)
PIECES = st.sampled_from(
    [
        "#",
        "＃",
        "@",
        "#Dance",
        " ",
        "\n",
        "soooo",
        "http://a.b/c",
        "www.x",
        "น้ำ",
        "猫ー",
        "❤️",
        "’s",
        "İ",
        "ΟΔΟΣ",
        "ß",
        "ﬁ",
        "é",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(ASSIGNED, max_size=8)), max_size=10).map("".join)
POSTS = st.lists(st.tuples(TEXTS, st.lists(st.one_of(PIECES, st.text(ASSIGNED, max_size=6)), max_size=3)), min_size=60)


@cache
def is_known_to_java(character: str) -> bool:
    java = SparkContext._jvm
    assert java is not None
    return bool(java.java.lang.Character.isDefined(ord(character)))


def without_newer(text: str) -> str:
    """Leave out characters too new for this Java: it, Python and `regex` know different editions of Unicode."""
    return "".join(filter(is_known_to_java, text))


@FEW
@given(posts=POSTS)
def test_keywords(spark: SparkSession, posts: list[tuple[str, list[str]]]) -> None:
    stopwords = {"soo", "the"}
    rows = [(i, without_newer(text), [without_newer(name) for name in names]) for i, (text, names) in enumerate(posts)]
    frame = spark.createDataFrame(rows, "row INT, text STRING, hashtag_names ARRAY<STRING>")
    got: dict[int, list[str]] = {}
    for row in with_keywords(frame, stopwords_frame(spark, stopwords), ("row",)).collect():
        got.setdefault(row["row"], []).append(row["keyword"])
    for i, text, names in rows:
        assert sorted(got.get(i, [])) == sorted(keywords_of(text, names, stopwords)), (text, names)


# Few words, so that they meet again; stopwords, numbers, single letters and what is taken out are among them.
SAID = st.sampled_from(["air", "Max", "maax", "95", "the", "THE", "a", "#air", "@max", "www.x", "猫", "don’t", "soooo"])
GAPS = st.sampled_from([" ", "  ", "-", ", ", "\n", "#", "'", ""])
CHATTER = st.lists(st.tuples(SAID, GAPS), max_size=12).map(lambda parts: "".join(map("".join, parts)))


@FEW
@given(
    posts=st.lists(st.one_of(CHATTER, TEXTS), min_size=60),
    entries=st.lists(st.lists(SAID, min_size=2, max_size=5).map(" ".join), min_size=1, max_size=30),
)
def test_phrases(spark: SparkSession, posts: list[str], entries: list[str]) -> None:
    stopwords = {"the", "soo"}
    phrases = sorted({"air max", "max 95", "the air", *filter(None, map(phrase_keyword, entries))})
    posts = [without_newer(text) for text in posts]
    frame = spark.createDataFrame(list(enumerate(posts)), "row INT, text STRING").withColumn(
        "hashtag_names", F.array().cast("array<string>")
    )
    got: dict[int, list[str]] = {}
    counted = with_keywords(frame, stopwords_frame(spark, stopwords), ("row",), every_post_as="", phrases=phrases)
    for row in counted.collect():
        got.setdefault(row["row"], []).append(row["keyword"])
    for i, text in enumerate(posts):
        assert sorted(got[i]) == sorted({"", *keywords_of(text, (), stopwords, phrases)}), (text, phrases)


def test_the_oracle_and_spark_agree_on_characters_nfkc_takes_apart(spark: SparkSession) -> None:
    odd = [c for c in map(chr, range(0x1F000)) if unicodedata.decomposition(c) and without_newer(c)]
    rows = [(i, f"a{c}b #{c}x") for i, c in enumerate(odd)]
    frame = spark.createDataFrame(rows, "row INT, text STRING").withColumn(
        "hashtag_names", F.array().cast("array<string>")
    )
    got: dict[int, set[str]] = {}
    for row in with_keywords(frame, stopwords_frame(spark, ()), ("row",)).collect():
        got.setdefault(row["row"], set()).add(row["keyword"])
    differing = [text for i, text in rows if got.get(i, set()) != keywords_of(text)]
    assert differing == []
