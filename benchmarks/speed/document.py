"""docs/PERFORMANCE.md: each benchmark writes its own section and leaves the others' as they are."""

import re
from pathlib import Path

from benchmarks.detection.tables import markdown_table

SECTIONS = ("replay", "stream", "delay", "state", "batch", "lake")
"""Names of the sections, in the document's order."""

DOCUMENT = Path("docs/PERFORMANCE.md")
_HEAD = """# How fast it is

Each section is written by its benchmark (`make bench-…`; `make bench` runs all): every contestant in a process of its
own, on the same machine as the servers, on data of `groundswell synthesize`; runs are interleaved, and ratios are taken
within a round. Numbers are medians with the smallest and largest in brackets. What is said below a section's numbers
by hand stands between `notes` marks and is kept when the benchmark is run again.
"""


def write_section(path: Path, name: str, text: str) -> None:
    """Write or replace a section.

    Parameters
    ----------
    path : Path
        The document; begun when it isn't there.
    name : str
        One of `SECTIONS`.
    text : str
        Markdown that begins with a heading of second level.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    path.write_text(with_section(before, name, text), encoding="utf-8")


def with_section(document: str, name: str, text: str) -> str:
    """Return a document with a section put in its place; the notes below it stay."""
    block = f"<!-- {name} -->\n{text.strip()}\n<!-- /{name} -->"
    found = _block(name).search(document)
    if found:
        return document[: found.start()] + block + document[found.end() :]
    notes = f"<!-- {name} notes -->\n<!-- /{name} notes -->"
    later = SECTIONS[SECTIONS.index(name) + 1 :]
    places = [match.start() for other in later if (match := _block(other).search(document))]
    place = min(places, default=len(document))
    head, tail = document[:place].rstrip(), document[place:].lstrip()
    return f"{head}\n\n{block}\n\n{notes}\n\n{tail}".rstrip() + "\n"


def _block(name: str) -> "re.Pattern[str]":
    return re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL)


def goal_row(name: str, wanted: str, measured: str, met: bool) -> list[str]:
    """Return a row of `goal_table`."""
    return [name, wanted, measured, "yes" if met else "**no**"]


def goal_table(rows: list[list[str]]) -> str:
    """Return the goals beside what was measured."""
    return markdown_table(["goal", "wanted", "measured", "met"], rows)
