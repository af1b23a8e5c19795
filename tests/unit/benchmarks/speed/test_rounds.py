"""Repeats are interleaved and compared within their round."""

import pytest

from benchmarks.speed.rounds import Spread, ratios, turns


def test_everybody_has_a_turn_in_every_round_and_another_one_begins_each_time() -> None:
    order = [(turn.round_number, turn.contestant) for turn in turns(["a", "b", "c"], 3)]

    assert [who for _, who in order] == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert [number for number, _ in order] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_turns_are_numbered_over_all_rounds() -> None:
    assert [(turn.number, turn.of) for turn in turns(["a", "b"], 2)] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_ratio_is_taken_within_the_round_so_that_a_slow_minute_hurts_both() -> None:
    rates = {"ours": [100.0, 10.0, 100.0], "theirs": [50.0, 5.0, 100.0]}

    assert ratios(rates, "ours", "theirs") == Spread(median=2.0, low=1.0, high=2.0)


def test_a_missing_turn_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratios({"ours": [1.0, 2.0], "theirs": [1.0]}, "ours", "theirs")


def test_a_single_measurement_shows_no_spread() -> None:
    assert Spread.of([1234.5]).text() == "1,234"
