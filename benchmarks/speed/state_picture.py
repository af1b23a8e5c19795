"""The picture of the state benchmark: rate and memory by the number of keywords."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.detection.bursts_picture import STEADY
from benchmarks.speed.rounds import Spread

_SHIPPED, _LIMIT = "#27548a", "#c0392b"


def draw_state(path: Path, rates: Mapping[int, Spread], peak_bytes: Mapping[int, Spread], most_bytes: int) -> None:
    """Draw both side by side, from zero, each with its smallest and largest turn.

    Parameters
    ----------
    path : Path
        SVG to write.
    rates, peak_bytes : mapping
        Number of keywords -> posts/s; bytes of the whole job at its peak.
    most_bytes : int
        The goal of the memory, a line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STEADY):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.2), layout="constrained")
        for axes, spreads, unit in ((left, rates, 1.0), (right, peak_bytes, 1e9)):
            middles = [spread.median / unit for spread in spreads.values()]
            around = [
                [(spread.median - spread.low) / unit for spread in spreads.values()],
                [(spread.high - spread.median) / unit for spread in spreads.values()],
            ]
            axes.errorbar(list(spreads), middles, yerr=around, fmt="o-", ms=4, lw=1, capsize=3, color=_SHIPPED)
            axes.set(xscale="log", ylim=(0, None), xlabel="distinct keywords")
            axes.spines[["top", "right"]].set_visible(False)
        right.axhline(most_bytes / 1e9, color=_LIMIT, lw=0.8, ls="--", zorder=0)
        left.set_ylabel("posts/s")
        right.set_ylabel("GB (line: the goal at a million)")
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
