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

from groundswell.domain.keywords import word_run as domain_run
from groundswell.frames.keywords import normal_form, word_run

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
POSTS = st.lists(TEXTS, min_size=60)


@cache
def is_known_to_java(character: str) -> bool:
    java = SparkContext._jvm
    assert java is not None
    return bool(java.java.lang.Character.isDefined(ord(character)))


def without_newer(text: str) -> str:
    """Leave out characters too new for this Java: it, Python and `regex` know different editions of Unicode."""
    return "".join(filter(is_known_to_java, text))


def runs(spark: SparkSession, texts: list[str]) -> list[list[str]]:
    frame = spark.createDataFrame(list(enumerate(texts)), "row INT, text STRING")
    rows = frame.select("row", word_run(normal_form(F.col("text"))).alias("run")).collect()
    return [row["run"] for row in sorted(rows, key=lambda row: row["row"])]


@FEW
@given(posts=POSTS)
def test_words_in_their_order(spark: SparkSession, posts: list[str]) -> None:
    texts = list(map(without_newer, posts))
    for text, run in zip(texts, runs(spark, texts), strict=True):
        assert run == domain_run(text), text


def test_the_oracle_and_spark_agree_on_characters_nfkc_takes_apart(spark: SparkSession) -> None:
    odd = [c for c in map(chr, range(0x1F000)) if unicodedata.decomposition(c) and without_newer(c)]
    texts = [f"a{c}b #{c}x" for c in odd]
    differing = [text for text, run in zip(texts, runs(spark, texts), strict=True) if run != domain_run(text)]
    assert differing == []
