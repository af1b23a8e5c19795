from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from groundswell.domain.keywords import keywords_of
from producer.synthesize.bursts import DAY_SECONDS, plan_bursts
from producer.synthesize.plan import Plan


def test_eight_bursts_are_of_all_shapes_and_kinds():
    bursts = plan_bursts(8, seed=7, posts_per_day=5000)
    assert {burst.shape for burst in bursts} == {"pulse", "ramp", "level"}
    assert {burst.keyword.is_hashtag for burst in bursts} == {True, False}
    assert sum(burst.is_new for burst in bursts) == 1
    assert any(not burst.keyword.text.isascii() for burst in bursts)


@pytest.mark.parametrize("seed", range(20))
def test_bursts_that_end_do_not_overlap_and_the_level_shift_lasts_to_midnight(seed):
    bursts = plan_bursts(8, seed, posts_per_day=5000)
    windows = sorted((burst.start_second, burst.end_second) for burst in bursts)
    assert all(end <= start for (_, end), (start, _) in pairwise(windows))
    assert [burst.end_second for burst in bursts if burst.shape == "level"] == [DAY_SECONDS]


def test_any_number_of_bursts_has_different_keywords_within_the_day():
    bursts = plan_bursts(60, seed=1, posts_per_day=5000)
    assert len({burst.keyword.text for burst in bursts}) == 60
    assert all(0 <= burst.start_second < burst.end_second <= DAY_SECONDS for burst in bursts)


@pytest.mark.parametrize("posts_per_day", [300, 5000, 100_000])
def test_peak_hour_is_unmistakable_at_any_volume(posts_per_day):
    plan = Plan(posts_per_day=posts_per_day)
    for number, burst in enumerate(plan.planted):
        seconds = plan.planted_seconds(number)
        fullest = max(int(((seconds >= at) & (seconds < at + 3600)).sum()) for at in range(0, DAY_SECONDS, 300))
        assert fullest >= max(25, 6 * plan.expected_in_burst(burst)), burst
        assert fullest >= 60 or not burst.is_new


def test_ramp_rises_and_pulse_does_not():
    plan = Plan()
    for number, burst in enumerate(plan.planted):
        seconds = plan.planted_seconds(number)
        late_share = float(np.mean(seconds >= (burst.start_second + burst.end_second) / 2))
        assert (late_share > 0.65) if burst.shape == "ramp" else (0.3 < late_share < 0.7), burst


def test_planted_keywords_are_in_no_vocabulary():
    plan = Plan(start=date(2026, 6, 1))
    for keyword in plan.specials:
        found = keywords_of(keyword.text)
        assert len(found) == 1, keyword
