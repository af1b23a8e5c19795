"""The planted-burst suite: what is promised of it."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.detection.ordinary_life import draw_life, zipf_mandelbrot
from benchmarks.detection.suite import TICKS_PER_DAY, TICKS_PER_HOUR, Suite
from benchmarks.detection.suite_generator import DURATIONS_MINUTES, SHAPES, SIZES, Plan, make_suite, shape_of

PLAN = Plan(seed=3, keywords=1_000)


@pytest.fixture(scope="module")
def suite() -> Suite:
    return make_suite(PLAN)


def test_the_seed_decides_everything(suite: Suite):
    again = make_suite(PLAN)
    assert np.array_equal(suite.counts, again.counts) and suite.bursts == again.bursts
    assert not np.array_equal(suite.counts, make_suite(replace(PLAN, seed=4)).counts)


def test_it_begins_on_a_monday_at_midnight(suite: Suite):
    start = datetime.fromtimestamp(suite.start_epoch_s, UTC)
    assert (start.weekday(), start.hour, start.minute) == (0, 0, 0)


def test_volumes_are_zipf_like_from_500_to_a_fiftieth_and_7_percent_expect_5():
    for keywords in (1_000, 10_000):
        volumes = zipf_mandelbrot(keywords)
        assert (volumes[0], volumes[-1]) == (pytest.approx(500), pytest.approx(0.02))
        assert np.mean(volumes >= 5) == pytest.approx(0.07, abs=0.01)


def test_all_sizes_durations_and_shapes_are_planted_equally_often(suite: Suite):
    bursts = [b for b in suite.bursts if b.shape != "new"]
    assert {(b.factor, b.minutes, b.shape) for b in bursts} == {
        (size, minutes, shape) for size in SIZES for minutes in DURATIONS_MINUTES for shape in SHAPES
    }
    assert len(bursts) == len(SIZES) * len(DURATIONS_MINUTES) * len(SHAPES)
    assert len({b.keyword for b in suite.bursts}) == len(suite.bursts)
    assert all(suite.history_ticks <= b.start_tick < b.end_tick <= suite.ticks for b in suite.bursts)


def test_bursts_are_at_all_volumes(suite: Suite):
    expected = np.array([b.expected_per_hour for b in suite.bursts if b.shape != "new"])
    assert (expected < 0.2).sum() >= 3 and (expected > 100).sum() >= 3


def test_the_size_is_the_multiple_of_what_was_expected(suite: Suite):
    large = [b for b in suite.bursts if b.expected_per_hour * b.minutes / 60 > 30]
    assert len(large) > 10
    for shape in SHAPES:
        chosen = [b for b in large if b.shape == shape]
        found = sum(int(suite.counts[b.keyword, b.start_tick : b.end_tick].sum()) for b in chosen)
        assert found == pytest.approx(sum(b.expected_per_hour * b.minutes / 60 * b.factor for b in chosen), rel=0.1)


def test_shapes_differ_and_have_the_same_total():
    pulse, ramp, level = (shape_of(shape, 12) for shape in SHAPES)
    assert [excess.mean() for excess in (pulse, ramp, level)] == pytest.approx([1, 1, 1])
    assert np.all(np.diff(pulse) < 0) and np.all(np.diff(ramp) > 0) and np.all(level == 1)


def test_memes_were_never_seen_before_and_are_excused_later(suite: Suite):
    memes = [b for b in suite.bursts if b.shape == "new"]
    assert len(memes) == 5
    for meme in memes:
        assert suite.counts[meme.keyword, : meme.start_tick].sum() == 0
        assert suite.counts[meme.keyword, meme.start_tick : meme.end_tick].sum() > 60
    assert {b.keyword for b in memes} == {e.keyword for e in suite.excuses if e.reason == "meme"}


def test_days_and_weeks_recur_and_the_platform_grows():
    life = draw_life(np.random.default_rng(1), 1_000, 35 * TICKS_PER_DAY, 28 * TICKS_PER_DAY)
    week = life.week(slice(0, 1_000))
    assert np.allclose(week.mean(axis=1), 1.0)
    daily = week.reshape(1_000, 7, 24, TICKS_PER_HOUR).mean(axis=(1, 3))
    assert np.all(daily.max(axis=1) > 1.8 * daily.min(axis=1))
    peak_hours = {int(np.median(daily[life.groups == group].argmax(axis=1))) for group in range(6)}
    assert len(peak_hours) >= 5
    platform = life.rates(slice(0, 1_000)).sum(axis=0).reshape(5, 7, TICKS_PER_DAY).sum(axis=(1, 2))
    assert platform[3] / platform[0] == pytest.approx(1.01**21, rel=0.1)


def test_half_of_the_keywords_vary_more_than_chance(suite: Suite):
    life = draw_life(np.random.default_rng(PLAN.seed).spawn(4)[0], 1_000, suite.ticks, suite.history_ticks)
    rates = life.rates(slice(0, 20))[:, : 2 * TICKS_PER_DAY]
    squares = (suite.counts[:20, : 2 * TICKS_PER_DAY] - rates) ** 2
    ratio = squares.sum(axis=1) / rates.sum(axis=1)
    assert np.all(ratio[~life.clumped[:20]] < 1.2) and np.all(ratio[life.clumped[:20]] > 1.3)


def test_a_doubled_platform_is_the_same_suite_with_a_day_of_twice_the_posts():
    calm = make_suite(replace(PLAN, with_bursts=False))
    doubled = make_suite(replace(PLAN, with_bursts=False, event="doubled"))
    event = doubled.event
    assert event is not None and event.end_tick - event.start_tick == TICKS_PER_DAY
    # Over before the holiday of the fourth judged day begins.
    assert event.end_tick + 6 * TICKS_PER_HOUR < doubled.history_ticks + 3 * TICKS_PER_DAY
    there = slice(event.start_tick, event.end_tick)
    for calm_counts, counts in ((calm.counts, doubled.counts), (calm.platform[None], doubled.platform[None])):
        assert counts[:, there].sum() == pytest.approx(2 * calm_counts[:, there].sum(), rel=0.02)
    assert np.array_equal(np.delete(calm.counts, np.r_[there], axis=1), np.delete(doubled.counts, np.r_[there], axis=1))


def test_an_outage_is_six_hours_without_any_post():
    outage = make_suite(replace(PLAN, with_bursts=False, event="outage"))
    event = outage.event
    assert event is not None and event.end_tick - event.start_tick == 6 * TICKS_PER_HOUR
    there = slice(event.start_tick, event.end_tick)
    assert outage.counts[:, there].sum() == 0 and outage.platform[there].sum() == 0
    assert outage.platform[event.end_tick] > 0 and not outage.bursts
