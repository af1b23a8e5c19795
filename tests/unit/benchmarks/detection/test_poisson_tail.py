"""The upper tail of the Poisson distribution."""

from math import exp, factorial, log10

import numpy as np
import pytest

from benchmarks.detection.poisson_tail import surprise


@pytest.mark.parametrize(("count", "mean"), [(1, 0.01), (6, 1.0), (30, 10.0), (60, 25.0)])
def test_it_is_the_sum_of_the_probabilities(count: int, mean: float):
    tail = sum(exp(-mean) * mean**k / factorial(k) for k in range(count, count + 100))
    found = surprise(np.array([[count]]), np.array([[mean]]))
    assert found[0, 0] == pytest.approx(-log10(tail), rel=1e-5)


def test_ordinary_counts_surprise_nobody():
    assert surprise(np.array([[10, 12, 0]]), np.array([[10.0]])).tolist() == [[0.0, 0.0, 0.0]]


def test_large_means_converge():
    # Five standard deviations above 10,000: the normal tail is 2.87e-7, the Poisson tail a little heavier.
    assert surprise(np.array([[10_500]]), np.array([[10_000.0]]))[0, 0] == pytest.approx(6.45, abs=0.1)
