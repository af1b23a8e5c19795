import pytest

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.domain.suppression import (
    HOUR_SECONDS,
    Dismissal,
    SuppressionWindow,
    Told,
    hours_of,
    is_suppressed,
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
