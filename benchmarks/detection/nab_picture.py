"""The picture of the Numenta Anomaly Benchmark."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from benchmarks.detection.bursts_picture import STEADY
from benchmarks.detection.nab_data import NabSeries

_POINTS_IN_ALL = 3_500
_MOST_SERIES = 12


def draw_nab(path: Path, series: list[NabSeries], scores: Mapping[str, NDArray[np.float64]], threshold: float) -> None:
    """Draw the first series with their windows and the rows that alert."""
    shown = series[:_MOST_SERIES]
    with mpl.rc_context(STEADY):
        figure, axes = plt.subplots(len(shown), 1, figsize=(9.5, 1.35 * len(shown) + 0.6), squeeze=False)
        for one, place in zip(shown, axes[:, 0], strict=True):
            _draw_series(place, one, scores[one.name], threshold, _POINTS_IN_ALL // len(shown))
        figure.suptitle("Labelled windows (shaded), alerts (red ticks), probation (grey)", fontsize=9)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def _draw_series(axes: Axes, series: NabSeries, scores: NDArray[np.float64], threshold: float, points: int) -> None:
    # The largest of several rows, so that no peak is lost and the picture stays small.
    step = max(len(series.values) // points, 1)
    starts = np.arange(0, len(series.values), step)
    days = (series.timestamps - np.datetime64(0, "s")) / np.timedelta64(1, "D")
    axes.plot(days[starts], np.sqrt(np.maximum.reduceat(series.values, starts).clip(0)), lw=0.6, color="#27548a")
    for first, last in series.windows:
        axes.axvspan(days[first], days[last], color="#f4c542", alpha=0.35, lw=0)
    axes.axvspan(days[0], days[series.labels.probation_rows], color="#bbbbbb", alpha=0.4, lw=0)
    alerts = np.unique(np.flatnonzero(scores >= threshold) // step)
    axes.plot(
        days[alerts * step], np.full(len(alerts), 1.0), "|", color="#c0392b", ms=7, transform=axes.get_xaxis_transform()
    )
    axes.set_title(Path(series.name).stem, fontsize=8, loc="left", pad=2)
    axes.set_ylabel("√ count", fontsize=7)
    axes.xaxis_date()
    axes.tick_params(labelsize=7)
    axes.margins(x=0)
