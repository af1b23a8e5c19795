"""CSV that a spreadsheet doesn't run: posts are other people's text, and a cell may begin like a formula.

The rule is that of OWASP ("CSV Injection"): an apostrophe goes before a cell that begins with = + - @, a tab, a line
feed or a carriage return. Numbers stay as they are.
"""

import csv
import re
from collections.abc import Iterable
from typing import TextIO

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TO_QUOTE = re.compile(r'[",;\t\r\n]')  # Some spreadsheets split at semicolons or tabs.
_LARGEST_CELL = 1 << 30
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def guarded(cell: str) -> str:
    """Return a cell that a spreadsheet takes for text or a number.

    >>> [guarded(cell) for cell in ("=1+1", "-3.5", "-cmd", "@me", "fine", "")]
    ["'=1+1", '-3.5', "'-cmd", "'@me", 'fine', '']
    """
    if cell.startswith(_RISKY) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def pass_guarded(lines: Iterable[str], out: TextIO) -> None:
    """Write CSV on with every cell guarded.

    Parameters
    ----------
    lines : iterable of str
        CSV, each line with its newline, whatever stands within quotes.
    out : TextIO
    """
    csv.field_size_limit(_LARGEST_CELL)
    for row in csv.reader(lines):
        out.write(",".join(_written(guarded(cell)) for cell in row) + "\n")


def _written(cell: str) -> str:
    # Python's own writer leaves a carriage return without quotes.
    return '"' + cell.replace('"', '""') + '"' if _TO_QUOTE.search(cell) else cell
