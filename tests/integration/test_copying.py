"""Rows of a DataFrame in a table of Postgres: exactly those, also where a task ran twice."""

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch.copying import copy_frame
from groundswell.errors import DataCheckError


@pytest.fixture
def pipeline(make_pipeline: Callable[..., Any]) -> Any:
    pipeline = make_pipeline("copying")
    pipeline.query("CREATE TABLE staged (post_id text)")
    return pipeline


def test_rows_of_a_task_that_ran_twice_are_sent_again(spark: SparkSession, pipeline: Any) -> None:
    rows = spark.range(100, numPartitions=2).selectExpr("'p' || id AS post_id")
    # What the first run of a task leaves whose executor is lost before it can say so.
    pipeline.query("INSERT INTO staged SELECT 'p' || id FROM generate_series(0, 49) AS id")
    assert copy_frame(rows, pipeline.settings, "staged") == 100
    assert sorted(pipeline.query("SELECT post_id FROM staged")) == sorted((f"p{n}",) for n in range(100))


def test_a_table_that_never_holds_what_was_sent_is_an_error(spark: SparkSession, pipeline: Any) -> None:
    pipeline.query(
        "CREATE FUNCTION double() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF pg_trigger_depth() = 1 THEN"
        " INSERT INTO staged VALUES (NEW.post_id); END IF; RETURN NULL; END'"
    )
    pipeline.query("CREATE TRIGGER double AFTER INSERT ON staged FOR EACH ROW EXECUTE FUNCTION double()")
    with pytest.raises(DataCheckError, match="staged held 20 rows, 10 were sent"):
        copy_frame(spark.range(10).selectExpr("'p' || id AS post_id"), pipeline.settings, "staged")
