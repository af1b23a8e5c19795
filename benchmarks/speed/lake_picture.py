"""The picture of the lake benchmark."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.detection.bursts_picture import STEADY
from benchmarks.speed.lake_report import SHARE, Measured


def draw_lake(path: Path, measured: Measured) -> None:
    """Draw bytes per post of the source and of the lake, with the goal as a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bars = {
        "ndjson": measured.source_bytes,
        "ndjson, zstd 1": measured.source_bytes / measured.facts.compression,
        "lake, after the stream": measured.streamed.bytes_per_post,
        "lake, after maintain-lake": measured.compacted.bytes_per_post,
    }
    bars |= {f"written as {name}": found["bytes"] / measured.facts.posts for name, found in measured.layouts.items()}
    with mpl.rc_context(STEADY):
        figure, axes = plt.subplots(figsize=(9.5, 0.36 * len(bars) + 1.2), layout="constrained")
        colours = ["#27548a" if name.startswith("lake") else "#b9c7d6" for name in bars]
        axes.barh(list(bars), list(bars.values()), color=colours)
        axes.axvline(SHARE * measured.source_bytes, color="#c0392b", lw=0.8, ls="--", zorder=3)
        axes.invert_yaxis()
        axes.set(xlabel=f"bytes per post (line: the goal, {SHARE:g} of the source)")
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
