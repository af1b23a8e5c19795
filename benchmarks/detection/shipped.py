"""The shipped detector, made to fit the benchmarks: the one place where they touch it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.contestants import Contestant, RollingPoisson, ScoreBlock
from benchmarks.detection.suite import Suite


@dataclass(frozen=True)
class StandIn:
    """Takes the place of the shipped detector until it is there: the Poisson rule with its threshold at 1."""

    name: str = "stand-in"
    own_threshold: float = 1.0

    def scores(self, suite: Suite) -> Iterator[ScoreBlock]:
        """See `Contestant`."""
        for first, scores in RollingPoisson().scores(suite):
            yield first, scores / np.float32(12.0)


def shipped_detector() -> Contestant:
    """Return the detector with the shipped configuration."""
    return StandIn()


def backtest_series(timestamps: NDArray[np.datetime64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score one series as `groundswell backtest` does; above 1 is anomalous.

    Parameters
    ----------
    timestamps : array of datetime64
        Start of each interval.
    values : array of float
        Count in each.

    Returns
    -------
    array of float
        One score a row, each from rows up to its own only.
    """
    root = np.sqrt(values + 0.375)
    mean, deviation, scores = float(root[0]), 0.5, np.zeros(len(root))
    for row, y in enumerate(root):
        scores[row] = (y - mean) / max(deviation, 0.5) / 6.0
        mean += 0.002 * (y - mean)
        deviation += 0.002 * (abs(y - mean) - deviation)
    return scores
