"""Markdown tables, and what is said of the machine a number was measured on."""

import math
import os
from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with its columns padded, so that it reads as well on a terminal."""
    lines = [list(header), *map(list, rows)]
    widths = [max(3, *(len(line[n]) for line in lines)) for n in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [_padded(line, widths) for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in [padded[0], rule, *padded[1:]]) + "\n"


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]


def percent(share: float, digits: int = 0) -> str:
    """Return a share as per cent, a dash for NaN.

    >>> percent(0.5), percent(float("nan"))
    ('50 %', '–')
    """
    return "–" if math.isnan(share) else f"{100 * share:.{digits}f} %"


def machine() -> str:
    """Return the size of this machine.

    >>> machine().endswith(" GB")
    True
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB"
