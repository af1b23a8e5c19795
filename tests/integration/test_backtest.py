"""`groundswell backtest --from-postgres`: keywords' own histories, judged by their share, outages left out."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from psycopg2.extras import execute_values

from groundswell.adapters.postgres import connect, transaction

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS, PER_DAY, PER_HOUR = 21, 288, 12
LAST_DAY = (DAYS - 1) * PER_DAY
BURST = slice(LAST_DAY + 150, LAST_DAY + 162)
OUTAGE = slice((DAYS - 3) * PER_DAY + 96, (DAYS - 3) * PER_DAY + 168)
DOUBLED = slice((DAYS - 2) * PER_DAY, (DAYS - 1) * PER_DAY)


def histories() -> dict[str, np.ndarray]:
    """Return posts per bucket; '' is the platform."""
    rhythm = 1 + 0.5 * np.sin(2 * np.pi * np.arange(DAYS * PER_DAY) / PER_DAY)
    rhythm[DOUBLED] *= 2
    rhythm[OUTAGE] = 0
    make = np.random.default_rng(1)
    counts = {keyword: make.poisson(level * rhythm) for keyword, level in (("#wave", 2), ("calm", 3), ("", 200))}
    counts["#wave"][BURST] += 20
    return counts


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any]) -> Any:
    """A pipeline whose tables hold three weeks of counts."""
    pipeline = make_pipeline("backtest")
    rows: dict[str, list[tuple[Any, ...]]] = {"keyword_counts": [], "platform_counts": [], "lake_days": []}
    for keyword, counts in histories().items():
        for bucket in np.flatnonzero(counts).tolist():
            moment, posts = START + bucket * timedelta(minutes=5), int(counts[bucket])
            if keyword:
                rows["keyword_counts"].append((moment.date(), keyword, moment, posts, posts))
            else:
                rows["platform_counts"].append((moment, moment.date(), posts, posts))
    for day in range(DAYS):
        rows["lake_days"].append((START.date() + timedelta(days=day), 1, 1, 0, 1, 0, 1, 1))
    with transaction(connect(pipeline.settings)) as connection, connection.cursor() as cursor:
        for table, values in rows.items():
            columns = " (day, lake_rows, parsed_rows, unparsable, distinct_posts, repeated, new_posts, keywords)"
            execute_values(cursor, f"INSERT INTO {table}{columns if table == 'lake_days' else ''} VALUES %s", values)
    return pipeline


def backtest(pipeline: Any, out: Path, *arguments: object) -> list[dict[str, Any]]:
    options = ("--from-postgres", "--no-pictures", "--json", "--out", out)
    return [json.loads(line) for line in pipeline.cold("backtest", *options, *arguments).splitlines()]


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bucket_of(line: dict[str, str]) -> int:
    return (datetime.fromisoformat(line["timestamp"]) - START) // timedelta(minutes=5)


@pytest.fixture(scope="module")
def told(pipeline: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Summaries and lines of a week of both keywords, as a person writes them, and of the platform."""
    out = tmp_path_factory.mktemp("told")
    summaries = backtest(pipeline, out, "--keyword", "＃Wave", "--keyword", "CALM", "--platform", "--days", 7)
    files = {"#wave": "hashtag_wave", "calm": "word_calm", "the whole platform": "platform"}
    return {one["series"]: (one, lines_of(out / f"{files[one['series']]}.csv")) for one in summaries}


def test_every_observed_bucket_of_the_days_asked_for_has_a_line_with_its_count(told: dict[str, Any]) -> None:
    counts = histories()
    for keyword in ("#wave", "calm"):
        _, lines = told[keyword]
        buckets = [bucket_of(line) for line in lines]
        silent = set(range(OUTAGE.start, OUTAGE.stop))
        assert buckets == [bucket for bucket in range((DAYS - 7) * PER_DAY, DAYS * PER_DAY) if bucket not in silent]
        assert [int(line["value"]) for line in lines] == counts[keyword][buckets].tolist()


def test_what_came_before_is_learned_from_so_that_the_first_line_is_judged(told: dict[str, Any]) -> None:
    summary, lines = told["calm"]
    assert summary["judged"] == summary["rows"] == len(lines)
    assert float(lines[0]["lower"]) <= float(lines[0]["expected"]) <= float(lines[0]["upper"])


def test_the_burst_rings_once_and_neither_the_doubling_nor_the_outage_rings(told: dict[str, Any]) -> None:
    rang = [bucket_of(line) for line in told["#wave"][1] if line["alert"] == "1"]
    assert len(rang) == 1
    assert BURST.start <= rang[0] < BURST.start + 3
    assert "1" not in {line["alert"] for line in told["calm"][1]}
    assert told["calm"][0]["repairs"] == ["6 h without any post of the platform: not judged"]


def test_both_ring_once_for_the_platform_itself(told: dict[str, Any]) -> None:
    summary, lines = told["the whole platform"]
    rang = [bucket_of(line) for line in lines if line["alert"] == "1"]
    assert len(lines) == 7 * PER_DAY
    assert len([bucket for bucket in rang if OUTAGE.start <= bucket < OUTAGE.stop]) == 1
    assert len([bucket for bucket in rang if DOUBLED.start <= bucket < DOUBLED.stop]) == 1
    assert summary["repairs"] == ["6 h without any post of the platform: counted as zero"]


def test_a_threshold_can_be_tried(pipeline: Any, tmp_path: Path) -> None:
    (summary,) = backtest(pipeline, tmp_path, "--keyword", "#wave", "--days", 7, "--threshold", 40)
    assert summary["alerts"] == 0


def test_an_earlier_end_can_be_chosen_and_days_before_the_first_are_told_as_far_as_they_go(
    pipeline: Any, tmp_path: Path
) -> None:
    (summary,) = backtest(pipeline, tmp_path, "--keyword", "#wave", "--days", 9, "--until", f"{START.date()}T06:00")
    assert (summary["rows"], summary["judged"]) == (6 * PER_HOUR, 0)
    assert summary["repairs"] == [f"counts begin at {START:%Y-%m-%d} 00:00 UTC: the first rows have no baseline"]


def test_a_picture_is_written_too(pipeline: Any, tmp_path: Path) -> None:
    table = pipeline.cold("backtest", "--from-postgres", "--keyword", "#wave", "--days", 2, "--out", tmp_path)
    assert "#wave" in table
    assert (tmp_path / "hashtag_wave.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("keyword", "reason"),
    [
        ("wave", "there are counts of '#wave'"),
        ("#calm", "there are counts of 'calm'"),
        ("zwinkflip", "fewer than 2 posts in a day is not counted unless it is watched"),
        ("never watched", "`groundswell watchlist add 'never watched'`"),
        ("the", "'the' is on the stopword list"),
        ("", "'' is no keyword"),
    ],
)
def test_a_keyword_without_counts_is_refused_with_the_way_out(
    pipeline: Any, tmp_path: Path, keyword: str, reason: str
) -> None:
    said = pipeline.cold("backtest", "--from-postgres", "--keyword", keyword, "--out", tmp_path, exit_code=2)
    assert reason in said
    assert not list(tmp_path.iterdir())


def test_a_time_without_counts_names_the_parsed_days(pipeline: Any, tmp_path: Path) -> None:
    options = ("--keyword", "calm", "--until", "2020-01-01", "--out", tmp_path)
    said = pipeline.cold("backtest", "--from-postgres", *options, exit_code=2)
    assert f"days from {START.date()} to {START.date() + timedelta(days=DAYS - 1)} are parsed" in said


def test_before_any_day_is_parsed_that_is_said(make_pipeline: Callable[..., Any], tmp_path: Path) -> None:
    said = make_pipeline("nothing").cold("backtest", "--from-postgres", "--platform", "--out", tmp_path, exit_code=2)
    assert "no day has been parsed" in said
