"""What the baseline must and must not learn."""

import numpy as np
import pytest

from groundswell.domain.baseline import (
    HOURS_PER_WEEK,
    History,
    HourlyCounts,
    Parameters,
    expected_in_trailing_hour,
    unseen_level,
)
from groundswell.domain.baseline_fit import fit_keywords, fit_platform

WEEKS = 8
HOURS = WEEKS * HOURS_PER_WEEK
MONDAY = 4 * 24  # 1970-01-05, in hours since the epoch
ALL_OBSERVED = History(MONDAY, np.ones(HOURS, bool))
FLAT = np.ones(HOURS_PER_WEEK)


def fit(posts, history=ALL_OBSERVED, pooled=FLAT, smallest=0.001, **options):
    """Fit keywords given as dense rows."""
    rows = np.atleast_2d(posts)
    keyword, hour = np.nonzero(rows)
    counts = HourlyCounts(keyword, hour, rows[keyword, hour], len(rows))
    return fit_keywords(counts, history, pooled, smallest, **options)


def poisson(mean, seed=1):
    return np.random.default_rng(seed).poisson(mean, HOURS)


def daily(strength):
    hours = np.arange(HOURS_PER_WEEK)
    return 1 + strength * np.sin(2 * np.pi * hours / 24)


def test_a_steady_keyword_has_its_mean_as_level_a_flat_profile_and_the_scale_of_a_poisson_count():
    fitted = fit(poisson(20.0))
    assert fitted.levels[0] == pytest.approx(20, rel=0.03)
    assert fitted.profiles[0] == pytest.approx(1.0, abs=0.25)
    assert fitted.scales[0] == pytest.approx(0.5, abs=0.06)


def test_a_daily_rhythm_is_learned():
    shape = daily(0.8)
    fitted = fit(poisson(np.tile(20 * shape, WEEKS)))
    assert fitted.levels[0] == pytest.approx(20, rel=0.03)
    assert fitted.profiles[0] == pytest.approx(shape, abs=0.35)
    assert fitted.profiles[0].mean() == pytest.approx(1)
    assert np.corrcoef(fitted.profiles[0], shape)[0, 1] > 0.97


@pytest.mark.parametrize("hours_ago", [24, 24 * 8])
@pytest.mark.parametrize("length_hours", [1, 6])
def test_a_past_burst_teaches_nothing(hours_ago, length_hours):
    quiet = poisson(10.0)
    burst = quiet.copy()
    start = HOURS - hours_ago
    burst[start : start + length_hours] += 1000
    before, after = fit(quiet), fit(burst)
    assert after.levels[0] == pytest.approx(before.levels[0], rel=0.06)
    assert after.profiles[0].max() < 1.6
    assert after.scales[0] == pytest.approx(before.scales[0], rel=0.1)


def test_without_winsorising_the_same_burst_would_have_taught():
    burst = poisson(10.0)
    burst[-24:-18] += 1000
    assert fit(burst, parameters=Parameters(winsor_width=1e9)).levels[0] > 20


def test_a_peak_that_comes_back_every_week_is_learned():
    posts = poisson(5.0).reshape(WEEKS, HOURS_PER_WEEK)
    posts[:, 100:103] += 60
    fitted = fit(posts.ravel())
    assert fitted.levels[0] * fitted.profiles[0][101] > 35


def test_hours_of_outage_are_unobserved_and_not_zero():
    posts = poisson(12.0)
    observed = np.ones(HOURS, bool)
    observed[-60:-12] = False
    fitted = fit(posts * observed, History(MONDAY, observed))
    taken_for_zero = fit(posts * observed)
    assert fitted.levels[0] == pytest.approx(12, rel=0.05)
    assert taken_for_zero.levels[0] < 11.5


def test_an_outage_that_spares_some_hours_of_the_week_does_not_bend_the_level():
    shape = daily(0.9)
    observed = np.tile(shape > 1, WEEKS)
    fitted = fit(poisson(np.tile(20 * shape, WEEKS)) * observed, History(MONDAY, observed), pooled=shape)
    assert fitted.levels[0] == pytest.approx(20, rel=0.06)


def test_a_rare_keyword_takes_the_platforms_profile_and_the_default_scale():
    posts = np.zeros(HOURS)
    posts[[5, 500, 900]] = 1
    fitted = fit(posts, pooled=daily(0.5))
    assert fitted.profile_rows[0] == -1
    assert len(fitted.profiles) == 0
    assert fitted.scales[0] == Parameters().default_scale


def test_the_fewer_the_posts_the_closer_the_profile_is_to_the_platforms():
    own, pooled = daily(0.8), daily(-0.8)
    distances = []
    for level in (200.0, 20.0, 2.0):
        fitted = fit(np.tile(level * own, WEEKS), pooled=pooled)
        distances.append(np.abs(fitted.profiles[0] - pooled).mean())
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 0.9
    assert distances[2] < 0.6


def test_an_overdispersed_keyword_gets_a_larger_scale():
    generator = np.random.default_rng(3)
    fitted = fit(np.array([generator.poisson(20.0, HOURS), generator.negative_binomial(2, 2 / 22, HOURS)]))
    assert fitted.scales[1] > 2 * fitted.scales[0]


def test_newer_hours_count_more():
    posts = np.full(HOURS, 5.0)
    posts[HOURS // 2 :] = 10
    assert 8.5 < fit(posts).levels[0] < 9.5


def test_no_level_is_below_that_of_an_unseen_keyword():
    posts = np.zeros(HOURS)
    posts[3] = 1
    assert fit(posts, smallest=unseen_level(2, HOURS)).levels[0] == pytest.approx(1 / 24)


def test_a_history_without_any_observed_hour_gives_the_unseen_level():
    fitted = fit(np.zeros(HOURS), History(MONDAY, np.zeros(HOURS, bool)), smallest=0.25)
    assert fitted.levels.tolist() == [0.25]
    assert fitted.scales.tolist() == [Parameters().default_scale]


def test_kept_profiles_stay_while_level_and_scale_are_refreshed():
    first = fit(poisson(np.tile(20 * daily(0.8), WEEKS)))
    doubled = fit(poisson(np.tile(40 * daily(0.8), WEEKS)), kept_profiles=(first.profiles, first.profile_rows))
    assert doubled.profiles == pytest.approx(first.profiles)
    assert doubled.levels[0] == pytest.approx(40, rel=0.03)


def test_the_platforms_profile_is_positive_with_mean_one_even_where_no_post_ever_came():
    shape = np.where(np.arange(HOURS_PER_WEEK) % 24 < 6, 0.0, 1.0)
    fitted = fit_platform(np.tile(5000 * shape, WEEKS), ALL_OBSERVED)
    assert fitted.profiles.shape == (1, HOURS_PER_WEEK)
    assert fitted.profiles.min() > 0
    assert fitted.profiles.mean() == pytest.approx(1)


def test_the_trailing_hour_blends_the_two_clock_hours_it_touches():
    profile = [0.0] * HOURS_PER_WEEK
    profile[10], profile[11] = 1.0, 3.0
    start = (MONDAY + 11) * 3600
    expectations = [expected_in_trailing_hour(12, profile, start + bucket * 300) for bucket in range(12)]
    assert expectations[0] == pytest.approx(12 * (3 / 12 + 11 / 12))
    assert expectations[11] == pytest.approx(36)
    assert expectations == sorted(expectations)


def test_the_trailing_hour_wraps_round_the_week():
    profile = [1.0] * 167 + [5.0]
    assert expected_in_trailing_hour(1, profile, MONDAY * 3600) == pytest.approx(1 / 12 + 5 * 11 / 12)


def test_a_kept_platform_profile_comes_back_bit_by_bit():
    kept = daily(0.3)
    fitted = fit_platform(np.full(HOURS, 100.0), ALL_OBSERVED, kept_profile=kept)
    assert fitted.profiles[0].tolist() == kept.tolist()
    assert fitted.levels[0] == pytest.approx(100, rel=0.01)
