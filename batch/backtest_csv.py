"""Read the rows of a CSV file of counts: columns timestamp and value, everything else passed over."""

import csv
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from groundswell.errors import InputError

COLUMNS = ("timestamp", "value")
LARGEST_VALUE = 1e12
_MILLISECONDS_FROM = 10**11
_FIRST_YEAR = 1900
_LAST_SECOND = 253_402_300_799  # of the year 9999
_SHOWN = 3
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Row:
    """One row of a file.

    Attributes
    ----------
    line : int
        Its line in the file, the header's being 1.
    timestamp, value_text : str
        As they were written.
    epoch_s : int
        The time, to the second.
    value : float
        0 or more.
    """

    line: int
    timestamp: str
    value_text: str
    epoch_s: int
    value: float


def read_rows(path: Path, *, skip_bad_rows: bool = False) -> tuple[list[Row], list[str]]:
    """Return the rows in the file's order, and what was left out, for a person to read.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte order mark, comma-separated, with a header.
    skip_bad_rows : bool
        Leave out rows that can't be used instead of failing.

    Raises
    ------
    InputError
        The file can't be read, has no such columns or no row, or holds bad rows that are not to be skipped.
    """
    rows: list[Row] = []
    bad: list[str] = []
    with _opened(path) as lines:
        reader = csv.reader(lines, strict=True)
        header = _header(path, next(reader, []))
        ignored = [name for name in header if name not in COLUMNS]
        places = tuple(header.index(name) for name in COLUMNS)
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            try:
                rows.append(_row(reader.line_num, fields, len(header), places))
            except ValueError as error:
                bad.append(f"line {reader.line_num}: {error}")
    if bad and not skip_bad_rows:
        raise InputError(f"{path}: {_listed(bad)}", "correct the file, or leave such rows out with --skip-bad-rows")
    if not rows:
        raise InputError(f"{path} holds no {'usable ' if bad else ''}row besides its header")
    notes = [f"columns passed over: {', '.join(map(repr, ignored))}"] if ignored else []
    return rows, notes + ([f"{_count(bad, 'bad row')} left out ({_listed(bad)})"] if bad else [])


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder", f"name its files: {path}/*.csv") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text", "save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path} is no CSV that can be read: {error}", "look for a quote that isn't closed") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None


def _header(path: Path, fields: list[str]) -> list[str]:
    header = [field.strip().casefold() for field in fields]
    if not any(header):
        raise InputError(f"{path} is empty, or its first line is", "its first line must be: timestamp,value")
    for name in COLUMNS:
        if header.count(name) != 1:
            found = "no" if name not in header else "more than one"
            raise InputError(
                f"{path} has {found} column {name!r} among {', '.join(map(repr, fields))}",
                "its first line must name the columns timestamp and value, separated by a comma",
            )
    return header


def _row(line: int, fields: list[str], width: int, places: tuple[int, ...]) -> Row:
    if len(fields) != width:
        raise ValueError(f"{len(fields)} fields where the header has {width}")
    timestamp, value = (fields[place].strip() for place in places)
    return Row(line, timestamp, value, epoch_seconds(timestamp), count_of(value))


def epoch_seconds(text: str) -> int:
    """Return the time that a timestamp names: ISO 8601 (UTC without a zone), epoch seconds or milliseconds.

    >>> epoch_seconds("2015-02-26 21:42:53"), epoch_seconds("2015-02-26T22:42:53+01:00")
    (1424986973, 1424986973)
    >>> epoch_seconds("1424986973"), epoch_seconds("1424986973000"), epoch_seconds("2015-02-26")
    (1424986973, 1424986973, 1424908800)
    """
    if not text:
        raise ValueError("the timestamp is empty")
    if _DIGITS.fullmatch(text):
        number = int(text)
        seconds = number if number < _MILLISECONDS_FROM else round(number / 1000)
        if seconds > _LAST_SECOND:
            raise ValueError(f"timestamp {text!r} is too large for epoch milliseconds")
        return seconds
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"timestamp {text!r} is neither ISO 8601 nor epoch seconds or milliseconds") from None
    if time.year < _FIRST_YEAR:
        raise ValueError(f"timestamp {text!r} is before {_FIRST_YEAR}")
    return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


def count_of(text: str) -> float:
    """Return the value of a row, 0 or more.

    >>> count_of("12"), count_of("0.5")
    (12.0, 0.5)
    """
    if not text:
        raise ValueError("the value is empty")
    try:
        value = float("x" if "_" in text else text)
    except ValueError:
        raise ValueError(f"value {text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"value {text!r} is not a finite number")
    if value < 0:
        raise ValueError(f"value {text!r} is negative; counts are not")
    if value > LARGEST_VALUE:
        raise ValueError(f"value {text!r} is above {LARGEST_VALUE:.0e}")
    return value


def _listed(bad: list[str]) -> str:
    shown = "; ".join(bad[:_SHOWN])
    more = len(bad) - _SHOWN
    return f"{shown}; and {_count(bad[_SHOWN:], 'more bad row')}" if more > 0 else shown


def _count(things: list[str], name: str) -> str:
    return f"{len(things):,} {name}{'' if len(things) == 1 else 's'}"
