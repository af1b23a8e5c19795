"""The picture of the stream benchmark."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.detection.bursts_picture import STEADY
from benchmarks.speed.rounds import Spread
from benchmarks.speed.stream_contestants import ALERTS, BOTH, CONSUMER, LAKE, NOOP, PYTHON, TUNED
from benchmarks.speed.stream_report import Measured

_COLOURS = dict.fromkeys((ALERTS, LAKE, BOTH), "#27548a") | dict.fromkeys((CONSUMER, NOOP, TUNED), "#e3e8ee")
_OTHERS = "#9fb3c8"


def draw_stream(path: Path, measured: Measured) -> None:
    """Draw every contestant's rate with its spread, the slowest at the bottom; limits are pale."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {name: Spread.of(measured.rates(name)) for name in measured.runs}
    names = sorted(found, key=lambda name: -found[name].median)
    medians = [found[name].median / 1000 for name in names]
    below = [(found[name].median - found[name].low) / 1000 for name in names]
    above = [(found[name].high - found[name].median) / 1000 for name in names]
    with mpl.rc_context(STEADY):
        figure, axes = plt.subplots(figsize=(9.5, 0.36 * len(names) + 1.2), layout="constrained")
        colours = [_COLOURS.get(name, _OTHERS) for name in names]
        axes.barh(names, medians, xerr=[below, above], color=colours, ecolor="#555555", capsize=2)
        axes.axvline(found[PYTHON].median / 1000, color="#c0392b", lw=0.8, ls="--", zorder=0)
        axes.invert_yaxis()
        axes.set(
            xscale="log",
            xlabel="thousand posts a second, log scale (line: one Python thread; pale: reading only; whiskers: rounds)",
        )
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
