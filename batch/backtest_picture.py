"""The picture of a backtest: counts, expectation, band and alerts; below them the score."""

import logging
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.font_manager import get_font_names
from numpy.typing import NDArray

from batch.backtest_grid import interval_name
from batch.backtest_input import BacktestInput
from batch.backtest_output import replaced
from groundswell.domain.detector.one_series import JudgedSeries

_OBSERVED, _BAND, _RISE, _DROP = "#27548a", "#f4c542", "#c0392b", "#7d3c98"
_STYLE: dict[Any, Any] = {"font.size": 9, "agg.path.chunksize": 20_000, "axes.spines.top": False}
_HIGHEST_SCORE = 5.0
# For letters that matplotlib's own font lacks, where they are installed.
_FURTHER_FONTS = (
    "Noto Sans CJK JP", "Noto Sans Thai", "Noto Sans Arabic", "Noto Sans Devanagari", "Arial Unicode MS",
    "Hiragino Sans", "Microsoft YaHei", "Leelawadee UI", "Noto Emoji",
)  # fmt: skip


def draw(path: Path, backtest: BacktestInput, judged: JudgedSeries) -> None:
    """Draw a backtest as PNG, from the first judged tick on.

    Parameters
    ----------
    path : Path
        Is replaced.
    backtest, judged : BacktestInput, JudgedSeries
        The series and what was said of it.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    fonts = ["DejaVu Sans", *(name for name in _FURTHER_FONTS if name in set(get_font_names()))]
    with mpl.rc_context(_STYLE | {"font.family": fonts}), warnings.catch_warnings():
        # A letter that no font here has becomes a box; the file's name shows it.
        warnings.filterwarnings("ignore", message="Glyph")
        figure, (counts, scores) = plt.subplots(
            2, 1, figsize=(14, 6.5), height_ratios=[3, 1], sharex=True, layout="constrained"
        )
        shown = slice(int(backtest.ticks[0]), int(backtest.ticks[-1]) + 1)
        times = backtest.series.tick_epoch_s[shown].astype("datetime64[s]")
        _draw_counts(counts, backtest, judged, shown, times)
        _draw_scores(scores, judged, shown, times)
        alerts = int(judged.alert[shown].sum())
        name = f"{backtest.title}: {alerts:,} alert{'' if alerts == 1 else 's'}"
        figure.suptitle(name, parse_math=False, fontsize=11)
        with replaced(path) as part:
            figure.savefig(part, format="png", dpi=110, metadata={"Software": None})
        plt.close(figure)


def _draw_counts(
    axes: Axes, backtest: BacktestInput, judged: JudgedSeries, shown: slice, times: NDArray[np.datetime64]
) -> None:
    series = backtest.series
    counts = np.where(series.observed, series.counts[0], np.nan)[shown]
    lower, upper = judged.lower_in_tick[shown], judged.upper_in_tick[shown]
    axes.fill_between(times, lower, upper, color=_BAND, alpha=0.5, lw=0, label="band")
    # A lone row between gaps has no line; its dot shows it.
    few = len(counts) <= 400
    axes.plot(times, counts, lw=0.7, marker="." if few else "", ms=3, color=_OBSERVED, label="observed")
    axes.plot(times, judged.expected_in_tick[shown], lw=0.9, color="#444444", label="expected")
    for sign, marker, colour, name in ((1, "^", _RISE, "alert: a rise"), (-1, "v", _DROP, "alert: a drop")):
        there = np.flatnonzero(judged.alert[shown] & (np.sign(judged.score[shown]) == sign))
        axes.plot(times[there], counts[there], marker, color=colour, ms=8, mec="white", mew=0.6, label=name, zorder=5)
    # Of a burst of a hundred times the band would be a line; the root scale shows both.
    highest = float(np.nanmax(counts, initial=0))
    usual = float(np.nanmedian(counts)) if highest else 0.0
    if highest > 20 * max(usual, 1.0):
        axes.set_yscale("function", functions=(_root, np.square))
        axes.set_ylabel(f"posts in {interval_name(series.interval_seconds)} (root scale)")
    else:
        axes.set_ylabel(f"posts in {interval_name(series.interval_seconds)}")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.005)
    axes.legend(loc="upper left", ncols=5, frameon=False)


def _root(values: Any) -> Any:
    return np.sqrt(np.maximum(values, 0))


def _draw_scores(axes: Axes, judged: JudgedSeries, shown: slice, times: NDArray[np.datetime64]) -> None:
    axes.plot(times, np.clip(judged.score[shown], -_HIGHEST_SCORE, _HIGHEST_SCORE), lw=0.7, color=_OBSERVED)
    for at in (-1, 1):
        axes.axhline(at, lw=0.8, ls="--", color=_RISE if at > 0 else _DROP)
    axes.set_ylabel("score (drops below 0)")
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.set_xlabel("UTC")
