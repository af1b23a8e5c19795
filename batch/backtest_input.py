"""What a backtest is made of, wherever it was read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.domain.detector.backtest import Series


@dataclass(frozen=True)
class BacktestInput:
    """A series and the rows that are to be told about; m rows, n ticks.

    Attributes
    ----------
    name : str
        What the output files are called, without suffix.
    title : str
        What a person calls the series.
    series : Series
        Of one keyword.
    ticks : array (m,) of int
        The tick of each row, ascending.
    timestamps, values : list of str
        Both columns of each row as they were written.
    repairs : tuple of str
        What was changed or left out, for a person to read.
    first_judged_tick : int
        Ticks before it are history only.
    minimum_posts_per_day : int
        Days with fewer posts are not in the counts.
    """

    name: str
    title: str
    series: Series
    ticks: NDArray[np.int64]
    timestamps: list[str]
    values: list[str]
    repairs: tuple[str, ...] = ()
    first_judged_tick: int = 0
    minimum_posts_per_day: int = 1
