"""The Numenta Anomaly Benchmark: `python -m benchmarks.detection.nab --nab DIR`; prints and writes its tables."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.nab_data import NabSeries, read_nab, read_results
from benchmarks.detection.nab_picture import draw_nab
from benchmarks.detection.nab_scoring import PROFILES, Labels, best_threshold, leave_one_out, tally, tally_all
from benchmarks.detection.shipped import backtest_series
from benchmarks.detection.tables import machine, markdown_table
from groundswell.errors import GroundswellError

Floats = NDArray[np.float64]
# Rows at or above it are detections there, above 1 here.
SHIPPED_THRESHOLD = float(np.nextafter(1.0, 2.0))
_QUIET = np.timedelta64(1, "h")
_WEEK = np.timedelta64(7 * 24 * 3600, "s")


@click.command()
@click.option("--nab", "folder", required=True, type=click.Path(path_type=Path), help="Folder of the benchmark.")
@click.option("--subset", default="realTweets", show_default=True, help="Names begin with this; '' for all.")
@click.option("--results", type=click.Path(path_type=Path), help="Score these result files instead of the detector.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/detection"), show_default=True)
def main(folder: Path, subset: str, results: Path | None, out: Path) -> None:
    """Score the shipped detector, or result files of another one, on the benchmark's series."""
    try:
        series = read_nab(folder, subset)
        if results is not None:
            click.echo(tables(series, read_results(results, series)))
            return
        scores = run_detector(series)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    text = "\n".join(
        [
            "# Numenta Anomaly Benchmark\n",
            f"{len(series)} series ({subset or 'all'}), the shipped configuration for each, threshold 1; {machine()}."
            " Written by `make bench-nab`; what it all means stands in [DETECTION.md](../DETECTION.md).\n",
            tables(series, scores),
            "![The series with their windows and the alerts](nab.svg)\n",
        ]
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / "nab.md").write_text(text, encoding="utf-8")
    draw_nab(out / "nab.svg", series, scores, SHIPPED_THRESHOLD)
    click.echo(text)


def run_detector(series: list[NabSeries]) -> Mapping[str, Floats]:
    """Score every series with the shipped detector."""
    started = time.monotonic()
    scores = {}
    for number, one in enumerate(series, start=1):
        scores[one.name] = np.asarray(backtest_series(one.timestamps, one.values), np.float64)
        click.echo(f"[{time.monotonic() - started:5.0f} s] {one.name}, {number} of {len(series)}", err=True)
    return scores


def tables(series: list[NabSeries], scores: Mapping[str, Floats]) -> str:
    """Return total scores and those of each series."""
    labels = {one.name: one.labels for one in series}
    return "\n".join([_totals(series, labels, scores), _per_series(series, labels, scores)])


def _totals(series: list[NabSeries], labels: Mapping[str, Labels], scores: Mapping[str, Floats]) -> str:
    rows = []
    for profile in PROFILES:
        shipped = tally_all(labels, scores, SHIPPED_THRESHOLD, profile)
        best = best_threshold(labels, scores, profile)
        rows.append(
            [
                profile.name,
                f"{shipped.score:.1f}",
                f"{shipped.hits} of {shipped.windows}",
                f"{shipped.false_rows:,}",
                f"{tally_all(labels, scores, best, profile).score:.1f}",
                f"{best:.3f}",
                f"{leave_one_out(labels, scores, profile).score:.1f}",
            ]
        )
    header = ["profile", "threshold 1", "windows hit", "false rows", "best threshold", "which is"]
    found = [episodes(one, scores[one.name], SHIPPED_THRESHOLD) for one in series]
    judged = sum(len(starts[starts >= one.labels.probation_rows]) for starts, one in zip(found, series, strict=True))
    said = (
        f"Alerts (episodes at threshold 1) per keyword and week: {judged / sum(map(judged_weeks, series)):.2f} after"
        f" probation, {sum(map(len, found)) / sum(map(weeks, series)):.2f} over the whole series.\n"
    )
    return markdown_table([*header, "threshold from the others"], rows) + "\n" + said


def _per_series(series: list[NabSeries], labels: Mapping[str, Labels], scores: Mapping[str, Floats]) -> str:
    rows = []
    for one in series:
        tallies = [tally(labels[one.name], scores[one.name], SHIPPED_THRESHOLD, profile) for profile in PROFILES]
        starts = episodes(one, scores[one.name], SHIPPED_THRESHOLD)
        judged = int((starts >= labels[one.name].probation_rows).sum())
        rows.append(
            [
                one.name,
                *("–" if np.isnan(t.score) else f"{t.score:.1f}" for t in tallies),
                f"{tallies[0].hits} of {tallies[0].windows}",
                f"{tallies[0].false_rows:,}",
                f"{judged}",
                f"{judged / judged_weeks(one):.2f}",
            ]
        )
    header = ["series, threshold 1", *(profile.name for profile in PROFILES), "windows hit", "false rows"]
    return markdown_table([*header, "alerts", "a week"], rows)


def episodes(series: NabSeries, scores: Floats, threshold: float) -> NDArray[np.int64]:
    """Return the rows in which alerts begin: detections less than 1 h apart are one."""
    rows = np.flatnonzero(scores >= threshold)
    if len(rows) == 0:
        return rows
    apart = np.diff(series.timestamps[rows]) - series.interval
    begins: NDArray[np.bool_] = np.concatenate([[True], apart >= _QUIET])
    return np.asarray(rows[begins], np.int64)


def weeks(series: NabSeries) -> float:
    """Return the length of a series."""
    return float((series.timestamps[-1] - series.timestamps[0] + series.interval) / _WEEK)


def judged_weeks(series: NabSeries) -> float:
    """Return the length of a series after probation."""
    first = series.timestamps[series.labels.probation_rows]
    return float((series.timestamps[-1] - first + series.interval) / _WEEK)


if __name__ == "__main__":
    sys.exit(main())
