"""CSV as Postgres reads it: empty is NULL, quoted is text."""

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import SparkSession

from groundswell.frames.csv_lines import csv_lines


@pytest.mark.parametrize(
    ("kind", "value", "line"),
    [
        ("string", None, ""),
        ("string", "", '""'),
        ("string", 'say "hi", you', '"say ""hi"", you"'),
        ("string", "two\nlines\r\n", '"two\nlines\r\n"'),
        ("string", "\\.", '"\\."'),
        ("string", " kept ", '" kept "'),
        ("string", "a\0b", '"ab"'),
        ("string", "猫 🌊", '"猫 🌊"'),
        ("bigint", 2**62, str(2**62)),
        ("bigint", None, ""),
        ("boolean", True, "true"),
        ("date", date(2026, 1, 2), '"2026-01-02"'),
        ("timestamp", datetime(2026, 1, 2, 3, 4, 5, 678000, UTC), '"2026-01-02 03:04:05.678"'),
        ("array<string>", ["a", 'b"c', "d\\e", ""], '"{""a"",""b\\""c"",""d\\\\e"",""""}"'),
        ("array<string>", [], '"{}"'),
        ("array<string>", [None], '"{NULL}"'),
        ("array<string>", None, ""),
        ("array<float>", [1.5, 2.0], '"{1.5,2.0}"'),
    ],
)
def test_a_value_becomes_a_field(spark: SparkSession, kind: str, value: object, line: str) -> None:
    rows = spark.createDataFrame([(value, 7)], f"v {kind}, n int")
    assert [row["line"] for row in csv_lines(rows).collect()] == [f"{line},7\n"]


def test_bytes_that_are_no_utf8_are_replaced(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(b"a\xffb",)], "v binary").selectExpr("cast(v as string) v")
    assert csv_lines(rows).first()["line"] == '"a\ufffdb"\n'
