"""The picture of the replay benchmark."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.detection.bursts_picture import STEADY
from benchmarks.speed.replay_contestants import BARE, SHIPPED
from benchmarks.speed.replay_report import Measured
from benchmarks.speed.rounds import Spread


def draw_replay(path: Path, measured: Measured) -> None:
    """Draw every contestant's rate with its spread, the slowest at the bottom."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {name: Spread.of(measured.rates(name)) for name in measured.runs}
    names = sorted(found, key=lambda name: -found[name].median)
    medians = [found[name].median / 1000 for name in names]
    below = [(found[name].median - found[name].low) / 1000 for name in names]
    above = [(found[name].high - found[name].median) / 1000 for name in names]
    with mpl.rc_context(STEADY):
        figure, axes = plt.subplots(figsize=(9.5, 0.36 * len(names) + 1.2), layout="constrained")
        colours = ["#27548a" if name.startswith(SHIPPED) else "#b9c7d6" for name in names]
        axes.barh(names, medians, xerr=[below, above], color=colours, ecolor="#555555", capsize=2)
        axes.axvline(found[BARE].median / 1000, color="#c0392b", lw=0.8, ls="--", zorder=0)
        axes.invert_yaxis()
        axes.set(xlabel="thousand posts a second (line: the bare loop; whiskers: slowest and fastest round)")
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
