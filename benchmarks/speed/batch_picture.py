"""The picture of the batch benchmark: seconds by size, with the straight lines through them."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks.detection.bursts_picture import STEADY
from benchmarks.speed.batch_measured import Measured
from benchmarks.speed.batch_report import Line, copy_line, parse_line, statistics_line

_SHIPPED, _LIMIT = "#27548a", "#c0392b"


def draw_batch(path: Path, measured: Measured) -> None:
    """Draw both jobs side by side, from zero, so that a curve would show."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STEADY):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
        posts = [each.facts.posts for each in measured.parsed]
        medians = [each.seconds.median for each in measured.parsed]
        _series(left, posts, medians, parse_line(measured.parsed), "parse-lake", _SHIPPED)
        copies = [each.copy_seconds.median for each in measured.parsed]
        _series(left, posts, copies, copy_line(measured.parsed), "bare COPY of its rows", _LIMIT)
        left.set(xlabel="thousand posts", ylabel="seconds (without Spark's start)")
        left.legend(frameon=False)
        keywords = [each.history.keywords for each in measured.fitted]
        seconds = [each.run.seconds for each in measured.fitted]
        _series(right, keywords, seconds, statistics_line(measured.fitted), "statistics, 8 weeks", _SHIPPED)
        right.set(xlabel="thousand keywords", ylabel="seconds")
        right.legend(frameon=False)
        for axes in (left, right):
            axes.set(xlim=(0, None), ylim=(0, None))
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def _series(
    axes: Axes, numbers: Sequence[float], seconds: Sequence[float], through: Line, label: str, colour: str
) -> None:
    thousands = [number / 1000 for number in numbers]
    axes.plot(thousands, seconds, "o", color=colour, label=label)
    ends = [0, max(numbers)]
    axes.plot(
        [end / 1000 for end in ends], [through.start + through.each * end for end in ends], "--", lw=0.8, color=colour
    )
