from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.domain.suppression import (
    HOUR_SECONDS,
    Dismissal,
    SuppressionWindow,
    Told,
    hours_of,
    is_suppressed,
    taught_hours,
)

HOUR = HOUR_SECONDS


@pytest.mark.parametrize("make", [SuppressionWindow, Dismissal])
def test_a_keyword_is_quiet_from_the_first_moment_to_before_the_last(make: type[Told]) -> None:
    told = [make("launch", 100, 200)]
    assert [at for at in (99, 100, 199, 200) if is_suppressed("launch", at, told)] == [100, 199]
    assert not is_suppressed("other", 150, told)


def test_a_window_for_everything_holds_the_platform_too() -> None:
    holiday = [SuppressionWindow(None, 100, 200)]
    assert is_suppressed("anything", 150, holiday)
    assert is_suppressed(PLATFORM_KEYWORD, 150, holiday)
    assert not is_suppressed(PLATFORM_KEYWORD, 150, [SuppressionWindow("launch", 100, 200)])


def test_while_posts_of_the_event_are_among_those_judged_it_stays_quiet() -> None:
    told = [SuppressionWindow("launch", 100, 200)]
    assert is_suppressed("launch", 200 + 3599, told, trailing_seconds=3600)
    assert not is_suppressed("launch", 200 + 3600, told, trailing_seconds=3600)
    assert not is_suppressed("launch", 99, told, trailing_seconds=3600)


def test_nobody_told_anything_nobody_is_quiet() -> None:
    assert not is_suppressed("any", 0, [])


def test_an_hour_that_is_touched_counts_as_a_whole() -> None:
    window = SuppressionWindow(None, 10 * HOUR + 1799, 11 * HOUR + 1)
    assert list(hours_of(window, 0, 100)) == [10, 11]


@pytest.mark.parametrize("span", [(0, 10), (12, 20), (10, 10)])
def test_hours_outside_the_span_are_left_alone(span: tuple[int, int]) -> None:
    assert list(hours_of(SuppressionWindow(None, 10 * HOUR, 12 * HOUR), *span)) == []


def test_a_known_event_is_left_out_and_a_dismissed_alert_is_taken_whole() -> None:
    told = [SuppressionWindow("k", 2 * HOUR, 3 * HOUR), Dismissal("k", 5 * HOUR, 7 * HOUR)]
    said = taught_hours("k", told, 0, 8)
    assert said.left_out.nonzero()[0].tolist() == [2]
    assert said.taken_whole.nonzero()[0].tolist() == [5, 6]
    other = taught_hours("other", told, 0, 8)
    assert not other.left_out.any()
    assert not other.taken_whole.any()


WINDOWS = st.builds(
    lambda make, keyword, start, length: make(keyword or ("a" if make is Dismissal else None), start, start + length),
    st.sampled_from([SuppressionWindow, Dismissal]),
    st.sampled_from(["a", "b", None]),
    st.integers(0, 40 * HOUR),
    st.integers(1, 30 * HOUR),
)


@given(windows=st.lists(WINDOWS, max_size=6), first=st.integers(0, 20), length=st.integers(0, 40))
def test_masks_are_those_of_every_hour_looked_at_by_itself(windows: list[Told], first: int, length: int) -> None:
    said = taught_hours("a", windows, first, first + length)
    assert len(said.left_out) == len(said.taken_whole) == length
    for place in range(length):
        start_s = (first + place) * HOUR
        touching = {
            type(w) for w in windows if w.keyword in ("a", None) and w.starts_s < start_s + HOUR and w.ends_s > start_s
        }
        assert said.left_out[place] == (SuppressionWindow in touching)
        assert said.taken_whole[place] == (touching == {Dismissal})


def test_order_of_what_was_told_does_not_matter() -> None:
    told = [SuppressionWindow("k", 0, HOUR), Dismissal("k", 0, 2 * HOUR)]
    for first, second in product(told, told):
        if first is not second:
            assert taught_hours("k", [first, second], 0, 2).taken_whole.tolist() == [False, True]
