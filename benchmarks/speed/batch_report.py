"""The batch's section of docs/PERFORMANCE.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.detection.tables import markdown_table
from benchmarks.speed.batch_contestants import CopyRun, Run
from benchmarks.speed.batch_cores import GROUPS, busy_part, cores_of, grouped
from benchmarks.speed.batch_history import WEEKS
from benchmarks.speed.batch_measured import Fitted, Measured, Parsed
from benchmarks.speed.document import goal_row, goal_table
from benchmarks.speed.rounds import Spread
from benchmarks.speed.stream_report import time_table

COPY_SHARE = 0.5
STATISTICS_SECONDS = 600.0
_CORES_HEADER = "cores, s: " + " + ".join(GROUPS)
_LINEAR = 1.15
_BOUNDED = 1.5


@dataclass(frozen=True)
class Line:
    """Seconds = `start` + `each` x number, and by what factor the worst measurement is off it."""

    start: float
    each: float
    worst: float


def line(numbers: Sequence[float], seconds: Sequence[float]) -> Line:
    """Return the straight line through measurements by least squares of the relative errors.

    >>> line([1, 2, 4], [3.0, 5.0, 9.0])
    Line(start=1.0, each=2.0, worst=1.0)
    """
    x, y = np.asarray(numbers, float), np.asarray(seconds, float)
    start, each = np.linalg.lstsq(np.stack([1 / y, x / y], axis=1), np.ones(len(y)), rcond=None)[0]
    off = y / (start + each * x)
    return Line(round(float(start), 9), round(float(each), 9), round(float(np.maximum(off, 1 / off).max()), 9))


def document(measured: Measured) -> str:
    """Return the section."""
    parts = [
        "## Nightly batch: lake to Postgres, statistics\n",
        f"Written by `make bench-batch`. {measured.machine}.\n",
        goals(measured),
    ]
    if measured.parsed and measured.fitted:
        parts.append("![Seconds by size of both jobs](performance/batch.svg)\n")
    if measured.parsed:
        parts += [*_parse_part(measured.parsed), *busy_part(measured.parsed, measured.cores)]
    if measured.reading:
        parts += _reading_part(measured.reading)
    if measured.fitted:
        parts += _statistics_part(measured.fitted)
    return "\n".join(parts)


def parse_line(parsed: Sequence[Parsed]) -> Line:
    """Return the line through the medians of parse-lake."""
    return line([each.facts.posts for each in parsed], [each.seconds.median for each in parsed])


def copy_line(parsed: Sequence[Parsed]) -> Line:
    """Return the line through the medians of COPY."""
    return line([each.facts.posts for each in parsed], [each.copy_seconds.median for each in parsed])


def statistics_line(fitted: Sequence[Fitted]) -> Line:
    """Return the line through the statistics' runs."""
    return line([each.history.keywords for each in fitted], [each.run.seconds for each in fitted])


def goals(measured: Measured) -> str:
    """Return the goals beside what was measured."""
    rows = []
    if measured.parsed:
        most = measured.parsed[-1]
        name = f"parse-lake over COPY, {most.facts.posts:,} posts"
        rows.append(goal_row(name, f"≥ {COPY_SHARE:g} ×", most.ratio.text(2), most.ratio.median >= COPY_SHARE))
        rows.append(_linear_row("parse-lake", parse_line(measured.parsed)))
    if measured.fitted:
        most_keywords = measured.fitted[-1]
        seconds = most_keywords.run.seconds + most_keywords.run.spark_seconds
        name = f"statistics, {most_keywords.history.keywords:,} keywords x {WEEKS} weeks"
        rows.append(goal_row(name, "≤ 10 minutes", f"{seconds / 60:.1f} minutes", seconds <= STATISTICS_SECONDS))
        rows.append(_linear_row("statistics", statistics_line(measured.fitted)))
    for name, peaks in _peaks(measured).items():
        growth = peaks[-1] / max(peaks[0], 1)
        said = f"{peaks[-1] / 1e6:,.0f} MB, {growth:.2f} × for 8 × the size"
        rows.append(goal_row(f"memory of {name}", f"bounded: < {_BOUNDED:g} ×", said, growth < _BOUNDED))
    return goal_table(rows)


def _linear_row(name: str, found: Line) -> list[str]:
    said = f"{found.start:.1f} s + {found.each * 1e6:.0f} µs each; off by {(found.worst - 1) * 100:.0f} % at most"
    return goal_row(f"{name} grows linearly", f"within {(_LINEAR - 1) * 100:.0f} %", said, found.worst <= _LINEAR)


def _peaks(measured: Measured) -> dict[str, list[int]]:
    found = {
        "parse-lake": [max(run.peak_bytes for run, _ in each.runs) for each in measured.parsed],
        "the statistics": [each.run.peak_bytes for each in measured.fitted],
    }
    return {name: peaks for name, peaks in found.items() if peaks}


def _parse_part(parsed: Sequence[Parsed]) -> list[str]:
    most = parsed[-1]
    rates = parse_line(parsed), copy_line(parsed)
    return [
        f"### parse-lake\n\n{most.facts.text()}, on two days; {len(most.runs)} turns of each size, each beside a bare"
        " COPY, table after table, of the very rows it made into empty tables with the same columns, indexes and"
        " constraints. Seconds are the whole command's work; Spark's start is apart.\n",
        markdown_table(
            [
                "posts",
                "parse-lake, s",
                "posts/s",
                "Spark's start, s",
                "COPY, s",
                "posts/s",
                "× COPY",
                _CORES_HEADER,
                "MB",
            ],
            [_parse_row(each) for each in parsed],
        ),
        f"Each further post takes {rates[0].each * 1e6:.0f} µs, by COPY {rates[1].each * 1e6:.0f} µs:"
        f" {rates[1].each / rates[0].each:.2f} ×. What is left of the time, {rates[0].start:.1f} s, the JVM needs to"
        " load and compile what it runs, whatever the number of posts.\n",
        f"Where the time goes with {most.facts.posts:,} posts, last turn:\n",
        step_table(most.runs[-1][0]),
        "What COPY takes for each table, last turn; then the same without keys and indexes:\n",
        _copy_table(most.runs[-1][1]),
    ]


def _parse_row(parsed: Parsed) -> list[str]:
    posts, runs = parsed.facts.posts, [run for run, _ in parsed.runs]
    return [
        f"{posts:,}",
        parsed.seconds.text(1),
        f"{posts / parsed.seconds.median:,.0f}",
        Spread.of([run.spark_seconds for run in runs]).text(1),
        parsed.copy_seconds.text(1),
        f"{posts / parsed.copy_seconds.median:,.0f}",
        parsed.ratio.text(2),
        _cores(runs),
        f"{max(run.peak_bytes for run in runs) / 1e6:,.0f}",
    ]


def _cores(runs: Sequence[Run]) -> str:
    turns = [grouped(cores_of(run)) for run in runs]
    return " + ".join(f"{median(turn[who] for turn in turns):.0f}" for who in GROUPS)


def step_table(run: Run) -> str:
    """Return the steps of a job with their sum."""
    rows = [[name, f"{seconds:.1f}", f"{seconds / run.seconds:.0%}"] for name, seconds in run.steps.items()]
    return markdown_table(["step", "s", "share"], [*rows, ["all of them", f"{sum(run.steps.values()):.1f}", ""]])


def _copy_table(copy: CopyRun) -> str:
    rows = [
        [name, f"{copy.rows[name]:,}", f"{seconds:.2f}", f"{copy.bare_seconds[name]:.2f}"]
        for name, seconds in sorted(copy.seconds.items(), key=lambda item: -item[1])
        if seconds >= 0.01
    ]
    sums = [f"{sum(seconds.values()):.2f}" for seconds in (copy.seconds, copy.bare_seconds)]
    return markdown_table(["table", "rows", "s", "bare, s"], [*rows, ["all of them", "", *sums]])


def _reading_part(reading: Mapping[str, float]) -> list[str]:
    return [
        "What reading a post for the night takes in Python, each step alone on one core, without Spark. What the"
        " workers are busy with beside it is to take records from Spark, to give rows back, and to send lines to"
        " Postgres.\n",
        time_table("step", reading),
    ]


def _statistics_part(fitted: Sequence[Fitted]) -> list[str]:
    most = fitted[-1]
    return [
        f"### Statistics\n\nCounts of {WEEKS} weeks made in Postgres: the keyword of rank r has 1.6 / r times the"
        " number of keywords in posts, two at least, as `synthesize` gives at 100,000 posts a day. Most keywords live"
        " for a day; a few are in every bucket of five minutes. Memory is that of all processes together.\n",
        markdown_table(
            [
                "keywords",
                "rows of counts",
                "s",
                "keywords/s",
                "Spark's start, s",
                _CORES_HEADER,
                "MB",
            ],
            [_statistics_row(each) for each in fitted],
        ),
        f"Where the time goes with {most.history.keywords:,} keywords:\n",
        step_table(most.run),
    ]


def _statistics_row(fitted: Fitted) -> list[str]:
    run, history = fitted.run, fitted.history
    return [
        f"{history.keywords:,}",
        f"{history.rows:,}",
        f"{run.seconds:.1f}",
        f"{history.keywords / run.seconds:,.0f}",
        f"{run.spark_seconds:.1f}",
        _cores([run]),
        f"{run.peak_bytes / 1e6:,.0f}",
    ]
