"""The picture of the planted-burst benchmark."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks.detection.bursts_report import Outcome, Planted, volume_names
from benchmarks.detection.suite_generator import SIZES

# The same picture from the same numbers, byte for byte.
STEADY: dict[Any, Any] = {
    "svg.hashsalt": "groundswell",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
}


def draw_bursts(path: Path, planted: Planted, outcomes: list[Outcome]) -> None:
    """Draw the shipped detector's recall by size and volume, and everybody's recall at the same false alerts."""
    with mpl.rc_context(STEADY):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), width_ratios=[1.25, 1], layout="constrained")
        _by_volume(left, planted, outcomes[0])
        _by_contestant(right, planted, outcomes)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def _by_volume(axes: Axes, planted: Planted, shipped: Outcome) -> None:
    names = volume_names()
    colours = mpl.colormaps["viridis_r"]
    for number, name in enumerate(names):
        there = planted.volume == number
        recalls = [100 * planted.recall(shipped.own, there & (planted.factor == size)) for size in SIZES]
        axes.plot(SIZES, recalls, "o-", color=colours(0.15 + 0.85 * number / (len(names) - 1)), label=name)
    axes.set_xscale("log")
    axes.set_xticks(SIZES, [f"{size:g}×" for size in SIZES], minor=False)
    axes.minorticks_off()
    axes.set(xlabel="size of the burst", ylabel="caught, %", ylim=(-3, 103), title="Shipped, at its own threshold")
    axes.legend(title="expected posts/h", fontsize=7, title_fontsize=7, loc="upper left", framealpha=0.6)
    axes.grid(alpha=0.3)


def _by_contestant(axes: Axes, planted: Planted, outcomes: list[Outcome]) -> None:
    groups = {"all bursts": planted.planted, "≥ 5×, ≥ 1 h, ≥ 5 posts/h": planted.goal}
    height = 0.38
    for number, (label, mask) in enumerate(groups.items()):
        recalls = [100 * planted.recall(outcome.matched, mask) for outcome in outcomes]
        places = [row + (number - 0.5) * height for row in range(len(outcomes))]
        bars = axes.barh(places, recalls, height, label=label, color=("#8fb8de", "#27548a")[number])
        axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=7)
    axes.set_yticks(range(len(outcomes)), [outcome.name for outcome in outcomes])
    axes.invert_yaxis()
    most = outcomes[0].matched.false
    axes.set(xlim=(0, 109), xlabel="caught, %", title=f"Everybody at no more than {most} false alerts")
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, frameon=False)
