"""What copies of a text have in common: the Spark expression against plain Python."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from groundswell.domain.spam import copied_text_key
from groundswell.frames import spam

# Python, `regex` and the JVM know different editions of Unicode: what is rare is left out.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn", "Co"], max_codepoint=0x86F)
SENTENCES = ["follow me for more and like this", "#Dance", "#", "@ana.b", "https://a.b/c?d", "www.x", "❤️", "猫"]
PIECES = st.sampled_from([*SENTENCES, "17", "½", "\u3000", "\n", "\t"])
TEXTS = st.lists(st.one_of(PIECES, st.text(CHARACTERS, max_size=12)), max_size=8).map("".join)


@settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(texts=st.lists(TEXTS, min_size=80))
def test_copied_texts(spark: SparkSession, texts: list[str]) -> None:
    frame = spark.createDataFrame(list(enumerate(texts)), "row INT, text STRING")
    for row in frame.select("row", spam.copied_text_key(F.col("text")).alias("key")).collect():
        assert row["key"] == copied_text_key(texts[row["row"]]), texts[row["row"]]
