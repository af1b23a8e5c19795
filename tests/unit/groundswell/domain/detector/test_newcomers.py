"""Which keywords are new, and how large new ones become by themselves."""

import numpy as np
import pytest

from groundswell.domain.detector.baseline import HourlyCounts
from groundswell.domain.detector.newcomers import LEAST_PEAK, newcomer_peaks, newcomer_tail

HOURS = 28 * 24
WEEK = 7 * 24


def peaks(cells: list[tuple[int, int, int]], observed_from: int = 0) -> list[int]:
    """(keyword, hour, posts), in their order -> what is said of each keyword."""
    keyword, hour, posts = (np.array(column) for column in zip(*cells, strict=True))
    observed = np.arange(HOURS) >= observed_from
    return newcomer_peaks(HourlyCounts(keyword, hour, posts, int(keyword.max()) + 1), observed).tolist()


def test_a_new_keywords_peak_is_the_busiest_hour_of_its_first_day() -> None:
    first = WEEK + 50
    assert peaks([(0, first, 3), (0, first + 5, 9), (0, first + 23, 4), (0, first + 24, 70)]) == [9]


def test_what_was_there_in_the_first_week_is_not_new() -> None:
    assert peaks([(0, WEEK - 1, 9), (1, WEEK, 9)]) == [0, 9]


def test_of_a_history_that_begins_later_the_first_week_begins_later() -> None:
    begin = 10 * 24
    cells = [(0, begin, 9), (1, begin + WEEK - 1, 9), (2, begin + WEEK, 9)]
    assert peaks(cells, observed_from=begin) == [0, 0, 9]
    assert peaks(cells) == [9, 9, 9]


def test_a_keyword_whose_first_day_is_not_over_says_nothing_yet() -> None:
    assert peaks([(0, HOURS - 24, 9), (1, HOURS - 23, 9)]) == [9, 0]


def test_a_power_laws_tail_is_found_again_and_its_rate_errs_to_the_quiet_side() -> None:
    uniform = np.random.default_rng(5).uniform(size=20_000)
    counts = np.round((LEAST_PEAK - 0.5) * uniform ** (-1 / 1.8))
    found = newcomer_tail(len(counts), float(np.log(counts / LEAST_PEAK).sum()), HOURS)
    assert found.tail == pytest.approx(1.8, rel=0.05)
    assert found.per_day == pytest.approx(len(counts) / 20, rel=1e-3)  # a week and a day of 28 say nothing
    larger = float((counts >= 40).sum()) / 20
    assert larger < found.rate(40) < 1.5 * larger


def test_a_short_history_is_no_licence_to_ring() -> None:
    """Of a history without a settled day the few that were seen stand for one day, not for none."""
    assert newcomer_tail(3, 1.0, 24).per_day == newcomer_tail(3, 1.0, WEEK + 48).per_day == 3.5
