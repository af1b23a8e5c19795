"""The picture of the soak: memory, open files, state and lag by the minute."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.detection.bursts_picture import STEADY

_LINES = (
    ("memory, MB", 1e6, {"jvm_bytes": "JVM", "python_bytes": "Python"}),
    ("open files", 1, {"open_files": ""}),
    ("MB", 1e6, {"state_bytes": "remembered ids", "table_bytes": "live tables"}),
    ("lag, records", 1, {"lag_records": ""}),
)
_COLOURS = ("#27548a", "#c0392b")


def draw_soak(path: Path, samples: Sequence[Mapping[str, float]]) -> None:
    """Draw four panels, each from zero, so that growth would show.

    Parameters
    ----------
    path : Path
    samples : sequence of mapping
        Fields of `benchmarks.speed.soak.Sample`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STEADY):
        figure, panels = plt.subplots(2, 2, figsize=(9.5, 5.4), layout="constrained", sharex=True)
        for axes, (label, unit, lines) in zip(panels.flat, _LINES, strict=True):
            for colour, (name, legend) in zip(_COLOURS, lines.items(), strict=False):
                axes.plot(
                    [each["minute"] for each in samples], [each[name] / unit for each in samples],
                    color=colour, lw=1, label=legend,
                )  # fmt: skip
            axes.set(ylabel=label, ylim=(0, None), xlim=(0, None))
            axes.spines[["top", "right"]].set_visible(False)
            if len(lines) > 1:
                axes.legend(frameon=False)
        for axes in panels[1]:
            axes.set_xlabel("minutes")
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
