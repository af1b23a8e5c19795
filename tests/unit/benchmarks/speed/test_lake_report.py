"""The lake's section: goals are what was measured."""

from dataclasses import replace
from pathlib import Path

from benchmarks.speed.data import Facts
from benchmarks.speed.lake_layouts import LAYOUTS, SHIPPED, STREAMED
from benchmarks.speed.lake_picture import draw_lake
from benchmarks.speed.lake_report import Measured, Query, Sizes, document, goals
from groundswell.adapters.lake import PARQUET, STREAM_COMPRESSION_LEVEL

FACTS = Facts(posts=1_000, data_bytes=3_000_000, compression=3.2, keywords=700, windows=24)
DUCKDB = Query([["waves", 7]], {"imports": 0.5, "reading and query": 1.0})
SPARK = Query([["waves", 7]], {"Spark's start": 7.0, "reading and query": 2.0})


def _sizes(file_bytes: list[int]) -> Sizes:
    return Sizes(file_bytes, 1_000, 10_000, 2_000_000, "2026-06-01", 600)


def _measured(last_bytes: int = 1_000_000) -> Measured:
    found = {"files_compacted": 4, "bytes_compacted": 1_040_000, "files_written": 1}
    upkeep = {"found": found, "seconds": 2.0, "spark_seconds": 7.0, "peak_bytes": 900_000_000}
    layouts = {
        layout.name: {"bytes": 1e6, "seconds": 2.0, "cpu_seconds": 2.5, "reading_seconds": 0.5} for layout in LAYOUTS
    }
    turns = [(DUCKDB, SPARK)]
    streamed, compacted = _sizes([261_000] * 4), _sizes([last_bytes])
    return Measured(FACTS, "2 cores", 20.0, streamed, compacted, upkeep, turns, turns, layouts)


def _met(text: str) -> list[str]:
    return [line.split("|")[-2].strip() for line in text.splitlines()[2:]]


def test_goals_are_met_or_missed_by_what_was_measured() -> None:
    assert _met(goals(_measured())) == ["**no**", "yes", "yes"]
    assert _met(goals(_measured(1_041_000))) == ["**no**", "**no**", "yes"]
    other = replace(_measured(), after=[(replace(DUCKDB, answer=[["waves", 8]]), SPARK)])
    assert _met(goals(other))[-1] == "**no**"


def test_the_section_shows_sizes_answer_engines_and_layouts(tmp_path: Path) -> None:
    text = document(_measured())
    for expected in ("## Lake", "| waves ", "| DuckDB + PyIceberg ", "performance/lake.svg", f"**{SHIPPED.name}**"):
        assert expected in text
    draw_lake(tmp_path / "performance" / "lake.svg", _measured())
    assert "after the stream" in (tmp_path / "performance" / "lake.svg").read_text()


def test_what_ships_is_among_the_layouts_that_are_measured() -> None:
    assert {SHIPPED, STREAMED} <= set(LAYOUTS)
    assert PARQUET.items() <= SHIPPED.properties.items()
    assert STREAMED.properties == SHIPPED.properties | {
        "write.parquet.compression-level": str(STREAM_COMPRESSION_LEVEL)
    }
