"""Put rows of counts onto a regular grid, saying what had to be repaired for it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Literal

import numpy as np

from batch.backtest_csv import Row
from batch.backtest_input import BacktestInput
from groundswell.domain.detector.backtest import Series
from groundswell.errors import InputError

Duplicates = Literal["error", "sum", "last"]
SHORTEST_INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS = 60, 86_400
_NEAR = 0.1
_REGULAR_SHARE = 0.9
_MANY_TICKS = 100_000
_LEAST_FILLED = 0.01


def on_grid(name: str, title: str, rows: list[Row], duplicates: Duplicates = "error") -> BacktestInput:
    """Return the series of a file's rows.

    Rows are sorted, those of one time become one, and each is taken to the nearest tick of the interval that most of
    them have. Ticks without a row are unobserved, not zero.

    Parameters
    ----------
    name, title : str
        See `BacktestInput`; errors name the title.
    rows : list of Row
        One or more, in the file's order.
    duplicates : {"error", "sum", "last"}
        What becomes of rows of one time with different values.

    Raises
    ------
    InputError
        The rows have no regular interval, or one that is too short or too long, or contradict each other.
    """
    repairs: list[str] = []
    kept = _unique(title, _in_order(rows, repairs), duplicates, repairs)
    times = np.array([row.epoch_s for row in kept], np.int64)
    interval = _interval(title, times)
    phase = _most_frequent((times % interval).tolist())
    ticks = np.floor((times - phase) / interval + 0.5).astype(np.int64)
    _check_one_each(title, kept, ticks, interval)
    _state_snapped(times - phase - ticks * interval, interval, repairs)
    start = int(phase + ticks[0] * interval)
    ticks -= ticks[0]
    count = int(ticks[-1]) + 1
    _check_filled(title, kept, ticks, interval)
    if missing := count - len(kept):
        gaps = int((np.diff(ticks) > 1).sum())
        repairs.append(
            f"{_plural(missing, 'interval')} missing in {_plural(gaps, 'gap')}: taken for unobserved, not for zero"
        )
    counts, observed = np.zeros((1, count)), np.zeros(count, bool)
    counts[0, ticks], observed[ticks] = [row.value for row in kept], True
    return BacktestInput(
        name=name,
        title=title,
        series=Series(counts, start, interval, observed),
        ticks=ticks,
        timestamps=[row.timestamp for row in kept],
        values=[row.value_text for row in kept],
        repairs=tuple(repairs),
    )


def interval_name(seconds: int) -> str:
    """Return an interval in words.

    >>> interval_name(300), interval_name(3600), interval_name(86_400), interval_name(90)
    ('5 min', '1 h', '1 d', '90 s')
    """
    units = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    length, unit = next((length, unit) for length, unit in units if seconds % length == 0)
    return f"{seconds // length} {unit}"


def _in_order(rows: list[Row], repairs: list[str]) -> list[Row]:
    newest = np.maximum.accumulate([row.epoch_s for row in rows])
    late = sum(row.epoch_s < time for row, time in zip(rows, newest, strict=True))
    if late:
        repairs.append(f"sorted by time: {_plural(late, 'row')} stood after a later one")
    return sorted(rows, key=lambda row: row.epoch_s)


def _unique(title: str, rows: list[Row], duplicates: Duplicates, repairs: list[str]) -> list[Row]:
    """Return one row per time; equal rows are one, unless all of a time are to be added up."""
    kept: list[Row] = []
    equal = different = 0
    for _, group in groupby(rows, key=lambda row: row.epoch_s):
        same = list(group)
        contradicting = next((row for row in same if row.value != same[0].value), None)
        if contradicting is not None and duplicates == "error":
            raise InputError(
                f"{title}: lines {same[0].line} and {contradicting.line} have the same time, {same[0].timestamp}, and "
                f"different values, {same[0].value_text} and {contradicting.value_text}",
                "correct the file, or take --duplicates sum or --duplicates last; where a clock was set back for "
                "winter, write timestamps with their zone",
            )
        if len(same) > 1 and duplicates == "sum":
            total = sum(row.value for row in same)
            kept.append(replace(same[0], value=total, value_text=f"{total:.15g}"))
            different += len(same) - 1
        else:
            kept.append(same[-1])
            equal += len(same) - 1 if contradicting is None else 0
            different += len(same) - 1 if contradicting is not None else 0
    if equal:
        repairs.append(f"{_plural(equal, 'row')} left out that said the same as another")
    if different:
        done = "added to another" if duplicates == "sum" else "left out for a later one"
        repairs.append(f"{_plural(different, 'row')} of the same time {done}")
    return kept


def _interval(title: str, times: np.ndarray) -> int:
    if len(times) < 2:
        raise InputError(f"{title} has rows of one time only: no interval can be seen in it", "give it more rows")
    differences = np.diff(times)
    in_minutes = (np.maximum(np.round(differences / 60), 1) * 60).astype(np.int64)
    exact, by_minute = _most_frequent(differences.tolist()), _most_frequent(in_minutes.tolist())
    # A clock that is some seconds late or early now and then has no difference that stands out.
    first, second = (exact, by_minute) if (differences == exact).mean() >= 0.5 else (by_minute, exact)
    candidates = [first, second, int(differences.min())] if exact >= SHORTEST_INTERVAL_SECONDS else [exact]
    interval = next((one for one in candidates if _is_regular(differences, one)), None)
    if interval is None:
        raise InputError(
            f"{title} has no regular interval: its rows are {exact:,} s apart most often, but only "
            f"{(differences == exact).mean():.0%} of them are",
            "add the counts up to a regular interval first",
        )
    if not SHORTEST_INTERVAL_SECONDS <= interval <= LONGEST_INTERVAL_SECONDS:
        beyond = "shorter than a minute" if interval < SHORTEST_INTERVAL_SECONDS else "longer than a day"
        raise InputError(
            f"{title}: its rows are {interval:,} s apart, {beyond}",
            "add the counts up to intervals from 1 minute to 1 day; timestamps of digits alone are epoch seconds, or "
            "milliseconds from 12 digits on",
        )
    return interval


def _is_regular(differences: np.ndarray, interval: int) -> bool:
    """Whether nearly all differences are about a multiple of the interval."""
    multiples = np.maximum(np.round(differences / interval), 1)
    return bool((np.abs(differences - multiples * interval) <= _NEAR * interval).mean() >= _REGULAR_SHARE)


def _check_one_each(title: str, rows: list[Row], ticks: np.ndarray, interval: int) -> None:
    for (row, tick), (other, other_tick) in pairwise(zip(rows, ticks, strict=True)):
        if tick == other_tick:
            raise InputError(
                f"{title}: lines {row.line} and {other.line} ({row.timestamp} and {other.timestamp}) are in the same "
                f"interval of {interval_name(interval)}",
                "correct the file, or add the counts up to a regular interval first",
            )


def _state_snapped(offsets: np.ndarray, interval: int, repairs: list[str]) -> None:
    if off := int((offsets != 0).sum()):
        repairs.append(
            f"{_plural(off, 'row')} up to {np.abs(offsets).max():,} s off the regular {interval_name(interval)}: "
            "taken to the nearest"
        )


def _check_filled(title: str, rows: list[Row], ticks: np.ndarray, interval: int) -> None:
    """A single wrong timestamp must not make a series of centuries."""
    if ticks[-1] >= _MANY_TICKS and len(ticks) < _LEAST_FILLED * ticks[-1]:
        widest = int(np.diff(ticks).argmax())
        before, after = rows[widest], rows[widest + 1]
        raise InputError(
            f"{title}: {len(ticks):,} rows of {interval_name(interval)} are spread over {int(ticks[-1]) + 1:,} "
            f"intervals; the widest gap is between line {before.line} ({before.timestamp}) and line {after.line} "
            f"({after.timestamp})",
            "look for a wrong timestamp there",
        )


def _most_frequent(values: Iterable[int]) -> int:
    """Return the most frequent value, the smallest of several."""
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value))


def _plural(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"
