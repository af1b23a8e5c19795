"""Rows are put onto a regular grid; each repair is stated, and what can't be repaired is refused."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch.backtest_csv import Row, epoch_seconds
from batch.backtest_grid import on_grid
from groundswell.errors import InputError

START = 1_767_571_207  # not on a full minute: nor are real series


def row(line: int, epoch_s: int, value: float = 1.0) -> Row:
    return Row(line, f"{datetime.fromtimestamp(epoch_s, UTC):%Y-%m-%d %H:%M:%S}", f"{value:g}", epoch_s, value)


def rows_at(*ticks: float, interval: int = 300) -> list[Row]:
    return [row(line, START + round(tick * interval), line) for line, tick in enumerate(ticks, start=2)]


def refused(rows: list[Row], **options) -> str:
    with pytest.raises(InputError) as error:
        on_grid("x", "dir/x.csv", rows, **options)
    assert error.value.message.startswith("dir/x.csv")
    assert error.value.way_out
    return error.value.message


@pytest.mark.parametrize("interval", [60, 90, 300, 420, 3600, 18_000, 86_400])
def test_a_regular_series_is_taken_as_it_is(interval: int) -> None:
    read = on_grid("x", "x", rows_at(*range(50), interval=interval))
    assert read.repairs == ()
    assert (read.series.interval_seconds, read.series.start_epoch_s) == (interval, START)
    assert read.series.counts[0].tolist() == list(range(2, 52))
    assert read.series.observed.all()


@given(st.permutations(range(40)), st.sets(st.integers(1, 38), max_size=10))
def test_whatever_the_order_of_the_rows_the_series_is_the_same(order: list[int], missing: set[int]) -> None:
    rows = rows_at(*(tick for tick in range(40) if tick not in missing))
    shuffled = [rows[place] for place in order if place < len(rows)]
    straight, mended = on_grid("x", "x", rows), on_grid("x", "x", shuffled)
    assert mended.timestamps == straight.timestamps
    assert (mended.series.counts == straight.series.counts).all()
    assert [epoch_seconds(text) for text in mended.timestamps] == sorted(row.epoch_s for row in rows)
    assert any("sorted by time" in repair for repair in mended.repairs) == (shuffled != rows)


def test_a_gap_is_unobserved_and_told() -> None:
    read = on_grid("x", "x", rows_at(0, 1, 2, 5, 6, 7, 9))
    assert read.series.observed.tolist() == [True] * 3 + [False] * 2 + [True] * 3 + [False, True]
    assert read.ticks.tolist() == [0, 1, 2, 5, 6, 7, 9]
    assert read.repairs == ("3 intervals missing in 2 gaps: taken for unobserved, not for zero",)


def test_of_equal_rows_one_is_kept() -> None:
    rows = rows_at(0, 1, 2, 3)
    read = on_grid("x", "x", [*rows, rows[1]])
    assert len(read.timestamps) == 4
    assert "1 row left out that said the same as another" in read.repairs


def test_different_values_of_one_time_are_refused_unless_the_person_says_what_they_mean() -> None:
    rows = [*rows_at(0, 1, 2), row(9, START + 300, 40), row(10, START + 300, 40)]
    said = refused(rows)
    assert "lines 3 and 9" in said
    summed, last = (on_grid("x", "x", rows, duplicates=how) for how in ("sum", "last"))
    assert summed.series.counts[0].tolist() == [2, 83, 4]
    assert summed.values == ["2", "83", "4"]
    assert "2 rows of the same time added to another" in summed.repairs
    assert last.values == ["2", "40", "4"]
    assert "2 rows of the same time left out for a later one" in last.repairs


def test_rows_somewhat_off_the_grid_are_taken_to_the_nearest() -> None:
    read = on_grid("x", "x", rows_at(0, 1, 2.1, 3, 3.95, 5))
    assert read.ticks.tolist() == [0, 1, 2, 3, 4, 5]
    assert read.repairs == ("2 rows up to 30 s off the regular 5 min: taken to the nearest",)


def test_a_clock_that_trembles_does_not_drift() -> None:
    late = np.random.default_rng(0).integers(0, 9, 2000)
    read = on_grid("x", "x", [row(n, START + 300 * n + int(late[n])) for n in range(2000)])
    assert read.series.interval_seconds == 300
    assert read.ticks.tolist() == list(range(2000))


def test_a_series_without_its_zeros_has_the_interval_of_its_shortest_steps() -> None:
    there = np.flatnonzero(np.random.default_rng(1).random(400) < 0.3)
    assert on_grid("x", "x", rows_at(*there)).series.interval_seconds == 300


def test_a_row_between_two_others_is_refused_with_both_lines() -> None:
    said = refused(rows_at(0, 1, 1.4, *range(2, 30)))
    assert "lines 3 and 4" in said
    assert "the same interval of 5 min" in said


@pytest.mark.parametrize(
    ("interval", "reason"), [(30, "shorter than a minute"), (59, "shorter"), (86_401, "longer than a day")]
)
def test_an_interval_below_a_minute_or_above_a_day_is_refused(interval: int, reason: str) -> None:
    assert reason in refused(rows_at(*range(20), interval=interval))


def test_irregular_rows_are_refused() -> None:
    times = np.sort(np.random.default_rng(2).integers(0, 10**6, 200))
    assert "no regular interval" in refused([row(n, int(time)) for n, time in enumerate(times)])


def test_one_time_alone_has_no_interval() -> None:
    assert "one time only" in refused(rows_at(0))


def test_one_wrong_timestamp_makes_no_series_of_centuries() -> None:
    said = refused([row(2, 0), *rows_at(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)])
    assert "line 2 (1970-01-01 00:00:00)" in said
