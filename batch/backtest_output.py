"""Where a backtest's results go: a CSV of its rows, named so that nothing is overwritten by mistake."""

import csv
import hashlib
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from batch.backtest_input import BacktestInput
from groundswell.domain.detector.baseline import DAY_SECONDS
from groundswell.domain.detector.one_series import JudgedSeries
from groundswell.errors import InputError

COLUMNS = ("timestamp", "value", "expected", "lower", "upper", "anomaly_score", "alert")
_LONGEST_NAME_BYTES = 200
_WEEK_SECONDS = 7 * DAY_SECONDS


def names_of(files: list[Path]) -> list[str]:
    """Return a name for each file's results: its own without suffix, with its folder's before it where two agree.

    >>> names_of([Path("a/x.csv"), Path("b/x.csv"), Path("b/y.csv")])
    ['a_x', 'b_x', 'y']

    Raises
    ------
    InputError
        Two would still have the same name.
    """
    stems = Counter(file.stem.casefold() for file in files)
    names = [
        file.stem if stems[file.stem.casefold()] == 1 else f"{file.resolve().parent.name}_{file.stem}" for file in files
    ]
    seen: dict[str, Path] = {}
    for file, name in zip(files, names, strict=True):
        other = seen.setdefault(name.casefold(), file)
        if other is not file:
            raise InputError(
                f"the results of {other} and {file} would have the same name, {name}.csv",
                "backtest them one after the other, each with its own --out",
            )
    return names


def safe_name(text: str) -> str:
    """Return a file's name for a keyword, the same for the same keyword and never the same for two.

    >>> safe_name("hashtag_dance"), len(safe_name("ท" * 100).encode()) < 255
    ('hashtag_dance', True)
    """
    if len(text.encode()) <= _LONGEST_NAME_BYTES:
        return text
    short = text.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore")
    return f"{short}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def write_rows(path: Path, backtest: BacktestInput, judged: JudgedSeries) -> None:
    """Write one line per row; band and expectation are empty where there is no baseline yet."""
    ticks = backtest.ticks
    band = (judged.expected_in_tick[ticks], judged.lower_in_tick[ticks], judged.upper_in_tick[ticks])
    numbers = ([_short(number) for number in column.tolist()] for column in band)
    scores, alerts = judged.anomaly_score[ticks].tolist(), judged.alert[ticks].astype(int).tolist()
    with replaced(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(zip(backtest.timestamps, backtest.values, *numbers, scores, alerts, strict=True))


def _short(number: float) -> str:
    return "" if math.isnan(number) else f"{number:.4g}" if number < 1e4 else f"{number:.0f}"


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Hand out a path to write to, which takes the place of `path` only when all is written."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}", "give another folder with --out") from error
    finally:
        part.unlink(missing_ok=True)


def summary_of(backtest: BacktestInput, judged: JudgedSeries) -> dict[str, object]:
    """Return what there is to say about a backtest in one line."""
    rows = backtest.ticks
    with_baseline = int(np.isfinite(judged.expected_in_tick[rows]).sum())
    weeks = with_baseline * backtest.series.interval_seconds / _WEEK_SECONDS
    alerts = int(judged.alert[rows].sum())
    return {
        "series": backtest.title,
        "rows": len(rows),
        "judged": with_baseline,
        "interval_seconds": backtest.series.interval_seconds,
        "alerts": alerts,
        "alerts_per_week": round(alerts / weeks, 2) if weeks else None,
        "repairs": list(backtest.repairs),
    }
