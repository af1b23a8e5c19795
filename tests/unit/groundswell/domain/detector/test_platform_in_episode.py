"""While the platform has an episode all keywords share its cause: discovery asks for more, and still sees bursts."""

import numpy as np
import pytest

from groundswell.domain.detector.episode_ticks import EpisodeTicks, discover
from groundswell.domain.detector.score import (
    LOOKS_PER_DAY,
    Thresholds,
    critical_z,
    discovery_z,
    least_posts,
    p_value,
    q_value,
)

THRESHOLDS = Thresholds()
KEYWORDS = 10_000


@pytest.mark.parametrize("platform_in_episode", [False, True])
@pytest.mark.parametrize(("keywords", "recent_alerts"), [(50, 0), (10_000, 3), (1_000_000, 60)])
def test_at_the_critical_z_the_q_value_is_the_false_discovery_rate(
    keywords: int, recent_alerts: int, platform_in_episode: bool
) -> None:
    critical = critical_z(keywords, recent_alerts, THRESHOLDS, platform_in_episode)
    q = q_value(p_value(critical), keywords, recent_alerts, platform_in_episode)
    assert q == pytest.approx(THRESHOLDS.false_discovery_rate, rel=1e-6)


def test_the_rate_is_divided_by_the_harmonic_number_of_the_days_tests() -> None:
    harmonic = sum(1 / test for test in range(1, LOOKS_PER_DAY * 100 + 1))
    calm, shared = (p_value(critical_z(100, 2, THRESHOLDS, state)) for state in (False, True))
    assert calm / shared == pytest.approx(harmonic, rel=1e-4)


def scores(z: list[float], platform_in_episode: list[bool] | None) -> np.ndarray:
    """Return the scores of the first keyword, tick by tick; nothing happens to the others."""
    every = np.zeros((KEYWORDS, len(z)))
    every[0] = z
    state = None if platform_in_episode is None else np.array(platform_in_episode)
    ticks = discover(EpisodeTicks(KEYWORDS, 300), 0, every, np.ones(every.shape, bool), THRESHOLDS, state)
    return np.array([found[0] for _, found, _ in ticks])


def test_what_would_just_ring_on_a_calm_platform_does_not_while_it_has_an_episode() -> None:
    z = critical_z(KEYWORDS, 0, THRESHOLDS) + 0.1
    assert scores([z], None)[0] > 1
    assert scores([z], [False])[0] > 1
    assert scores([z], [True])[0] < 1


def test_each_tick_is_judged_by_the_platforms_state_at_that_tick() -> None:
    z = critical_z(KEYWORDS, 0, THRESHOLDS) + 0.1
    assert (scores([z, z, z], [True, True, False]) > 1).tolist() == [False, False, True]


def test_a_large_burst_rings_all_the_same() -> None:
    assert scores([8.0], [True])[0] > 1.3


@pytest.mark.parametrize(
    ("volume", "posts", "may"), [(1.0, 7, False), (1.0, 8, True), (2.0, 15, False), (2.0, 16, True)]
)
def test_on_a_platform_of_twice_the_posts_a_look_takes_twice_as_many(volume: float, posts: int, may: bool) -> None:
    observed, expected = np.array([[posts, posts, posts]], float), np.full((1, 3), 0.5)
    least = least_posts(THRESHOLDS, 1000 * volume, 1000)
    assert discovery_z(np.full((1, 3), 9.0), observed, expected, 0.0, THRESHOLDS, least)[1] == [may]


def test_a_smaller_platform_asks_for_no_fewer_posts() -> None:
    assert least_posts(THRESHOLDS, 200, 1000) == THRESHOLDS.minimum_posts
