"""Rows of a DataFrame in a table of Postgres: exactly those, also where a task ran twice."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from batch import staging
from batch.copying import copy_frame, loaded_once
from batch.load_counts import packs_of, place_counts
from groundswell.adapters.postgres import connect, transaction
from groundswell.errors import DataCheckError
from groundswell.frames.post_tables import KEYWORD_COUNTS


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


@pytest.fixture
def staged(pipeline: Any) -> Any:
    connection = connect(pipeline.settings)
    with staging.staging_tables(connection):
        yield connection
    connection.close()


def test_a_task_that_is_done_again_loads_nothing(pipeline: Any, staged: Any) -> None:
    columns = ("day", "post_id")
    with pytest.raises(ZeroDivisionError), loaded_once(pipeline.settings, staging.KNOWN, columns) as copy:
        copy(b"2026-06-01,lost\n")
        _ = 1 / 0
    for _ in range(2):
        with loaded_once(pipeline.settings, staging.KNOWN, columns) as copy:
            copy(b"2026-06-01,p1\n")
            copy(b"2026-06-01,p2\n")
    assert sorted(pipeline.query(f"SELECT post_id FROM {staging.KNOWN}")) == [("p1",), ("p2",)]


def test_packed_counts_go_to_their_place_by_day(monkeypatch: pytest.MonkeyPatch, pipeline: Any, staged: Any) -> None:
    monkeypatch.setattr("batch.load_counts._ROWS_OF_A_PACK", 2)
    first, second = date(2026, 6, 1), date(2026, 6, 2)
    rows = [(first, f"#t\u00e4g{number}", datetime(2026, 6, 1, 12, tzinfo=UTC), 3, 2) for number in range(5)]
    rows.append((second, "it's", datetime(2026, 6, 2, tzinfo=UTC), 1, 1))
    counts = pa.Table.from_pylist([dict(zip(KEYWORD_COUNTS.names, row, strict=True)) for row in rows], KEYWORD_COUNTS)
    packs = list(packs_of(counts))
    assert len(packs) == 4
    with loaded_once(pipeline.settings, staging.COUNTS, ("day", "lines")) as copy:
        for pack in packs:
            copy(pack)
    with transaction(staged), staged.cursor() as cursor:
        assert (place_counts(cursor, first), place_counts(cursor, second)) == (5, 1)
    assert sorted(pipeline.query("SELECT * FROM keyword_counts")) == sorted(rows)
