"""The picture of the delay benchmark: each burst's delay in their order, so that a lag that grows would show."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.detection.bursts_picture import STEADY

_COLOURS = ("#b9c7d6", "#27548a", "#d98032")


def draw_delay(path: Path, judged: Mapping[str, Mapping[str, Sequence[float]]], goal_seconds: float) -> None:
    """Draw a panel for what runs, and in it a line per load.

    Parameters
    ----------
    path : Path
        SVG to write.
    judged : mapping
        What runs -> load -> seconds from the end of a burst's bucket to its alert, in the buckets' order.
    goal_seconds : float
        Wanted median, a line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STEADY):
        figure, panels = plt.subplots(
            1, len(judged), figsize=(9.5, 3.2), layout="constrained", sharey=True, squeeze=False
        )
        for axes, (way, loads) in zip(panels[0], judged.items(), strict=True):
            for (load, seconds), colour in zip(loads.items(), _COLOURS, strict=True):
                axes.plot(range(1, len(seconds) + 1), seconds, "o-", ms=3, lw=1, color=colour, label=load)
            axes.axhline(goal_seconds, color="#c0392b", lw=0.8, ls="--", zorder=0)
            axes.set(title=way, xlabel="burst (line: the median's goal)", ylim=(0, None))
            axes.legend(frameon=False)
            axes.spines[["top", "right"]].set_visible(False)
        panels[0][0].set_ylabel("seconds to its alert")
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
