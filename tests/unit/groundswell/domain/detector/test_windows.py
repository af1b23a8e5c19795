"""What is expected of a keyword in its trailing windows, and how much it may scatter."""

import numpy as np
import pytest

from groundswell.domain.detector.baseline import Baselines
from groundswell.domain.detector.windows import Ticks, Windows, judged_windows

HOUR = 12
BEFORE = 71
N = BEFORE + 3


def judged(
    counts: np.ndarray, exposure: np.ndarray, dispersion: float = 1.0, slot: int = 0, profile: np.ndarray | None = None
) -> Windows:
    """One keyword with 12 posts an hour."""
    pooled = np.ones(168)
    own = np.zeros((0, 168)) if profile is None else profile[None, :]
    rows = np.array([-1 if profile is None else 0])
    baselines = Baselines(np.array([12.0]), np.full((1, 2), dispersion), own, rows)
    return judged_windows(counts[None, :], baselines, pooled, Ticks(np.full(N, slot), exposure, BEFORE, 300))


def test_only_the_last_ticks_are_judged_each_by_its_quarter_its_hour_and_its_six_hours() -> None:
    counts = np.zeros(N)
    counts[[2, BEFORE - 11, BEFORE, BEFORE + 2]] = [16, 8, 1, 2]
    windows = judged(counts, np.ones(N))
    assert windows.observed[0].tolist() == [[1, 9, 25], [1, 1, 25], [3, 3, 27]]
    assert windows.expected[0] == pytest.approx(np.array([[3, 12, 72]] * 3))


@pytest.mark.parametrize("posts", [0.0, 5.0])
def test_in_an_outage_nothing_is_expected_and_nothing_surprises(posts: float) -> None:
    windows = judged(np.full(N, posts), np.zeros(N), dispersion=3.0)
    assert not windows.expected.any()
    assert not windows.z.any()


def test_after_an_outage_only_what_was_observed_counts() -> None:
    exposure = np.ones(N)
    exposure[-HOUR:] = 0
    exposure[-1] = 1
    windows = judged(np.where(exposure > 0, 1.0, 0.0), exposure)
    assert windows.expected[0, -1] == pytest.approx([1, 1, 61])
    assert windows.z[0, -1] == pytest.approx(0, abs=1e-9)


def test_a_platform_twice_as_large_expects_twice_as_much_of_each_keyword() -> None:
    windows = judged(np.full(N, 2.0), np.full(N, 2.0))
    assert windows.expected[0, 0] == pytest.approx([6, 24, 144])
    assert windows.z == pytest.approx(0, abs=1e-9)


def test_a_keyword_that_keeps_its_posts_while_others_lift_the_platform_has_not_dropped() -> None:
    windows = judged(np.ones(N), np.full(N, 2.0))
    assert windows.expected[0, 0] == pytest.approx([6, 24, 144])
    assert windows.least_expected[0, 0] == pytest.approx([3, 12, 72])
    assert not windows.z.any()


def test_one_that_has_fewer_than_on_a_usual_platform_has() -> None:
    low = judged(np.full(N, 0.25), np.full(N, 2.0)).z
    assert low == pytest.approx(judged(np.full(N, 0.25), np.ones(N)).z)
    assert (low[0, -1, 1:] < -2).all()


def test_on_a_smaller_platform_a_drop_is_measured_against_its_share() -> None:
    windows = judged(np.full(N, 0.5), np.full(N, 0.5))
    assert windows.least_expected.tolist() == windows.expected.tolist()
    assert windows.z == pytest.approx(0, abs=1e-9)


def test_what_is_beyond_poisson_grows_with_the_platform() -> None:
    exposure = np.ones(N)
    exposure[-HOUR:] = 4.0
    hour, six = judged(np.ones(N), exposure, dispersion=3.0).dispersions[0, -1]
    assert hour == pytest.approx(1 + 2 * 4)
    assert six == pytest.approx(1 + 2 * (60 * 1 + 12 * 4) / 72)


@pytest.mark.parametrize("exposure", [0.0, 0.3, 1.0])
def test_it_never_shrinks(exposure: float) -> None:
    assert judged(np.ones(N), np.full(N, exposure), dispersion=3.0).dispersions == pytest.approx(3.0)


def test_of_poisson_counts_there_is_nothing_to_grow() -> None:
    assert judged(np.ones(N), np.full(N, 9.0)).dispersions == pytest.approx(1.0)


def test_a_keyword_with_a_week_of_its_own_is_expected_by_it() -> None:
    own = np.ones(168)
    own[7] = 3.0
    assert judged(np.ones(N), np.ones(N), slot=7, profile=own).expected[0, 0] == pytest.approx([9, 36, 216])
    assert judged(np.ones(N), np.ones(N), slot=7).expected[0, 0] == pytest.approx([3, 12, 72])
