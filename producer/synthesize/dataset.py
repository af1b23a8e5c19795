"""A data set in a folder: a file of posts per day, the truth file and the manifest, which is written last."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from groundswell.errors import InputError
from producer.synthesize.day_lines import DayCounts, DayLines
from producer.synthesize.files import SUFFIXES, LineSink, line_sink
from producer.synthesize.plan import GENERATOR_VERSION, Plan
from producer.synthesize.truth import truth

MANIFEST = "manifest.json"
TRUTH = "truth.json"
_OWN_FILE = re.compile(r"posts-(\d{4}-\d\d-\d\d|history)\.ndjson(\.gz|\.zst)?(\.part)?|manifest\.json|truth\.json")
_PROGRESS_LINES = 500


@dataclass
class _File:
    name: str
    days: list[date]
    counts: list[DayCounts] = field(default_factory=list)
    text_bytes: int = 0


def write_dataset(
    plan: Plan, folder: Path, *, force: bool = False, on_lines: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """Write a data set.

    Parameters
    ----------
    plan : Plan
        What to make.
    folder : Path
        Where to; made when it does not exist.
    force : bool
        Replace an earlier data set; files of other names stay.
    on_lines : callable
        Told now and then how many lines were written since it was last told.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    InputError
        The folder holds something else.
    """
    _check_folder(folder, force)
    folder.mkdir(parents=True, exist_ok=True)
    for path in _own_files(folder):
        path.unlink()
    maker, files = DayLines(plan), _files(plan)
    for file in files:
        _write_file(maker, file, folder, plan, on_lines)
    special_seconds = next(
        (counts.special_seconds for day, counts in _by_day(files) if day == plan.planted_on), dict[int, list[int]]()
    )
    manifest = _manifest(plan, files, folder)
    _write_json(folder / TRUTH, truth(plan, special_seconds))
    _write_json(folder / MANIFEST, manifest)
    return manifest


def finished_manifest(plan: Plan, folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder that holds this very data set, complete; else None."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        if manifest["arguments"] != plan.arguments() or manifest["generator_version"] != GENERATOR_VERSION:
            return None
        whole = all((folder / file["file"]).stat().st_size == file["file_bytes"] for file in manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return manifest if whole and (folder / TRUTH).is_file() else None


def expected_lines(plan: Plan) -> int:
    """Return about how many lines the data set will have, for a progress bar."""
    ordinary = sum(float(plan.expected_posts(day).sum()) for day in plan.all_days)
    planted = sum(len(plan.planted_seconds(number)) for number in range(len(plan.planted)))
    return int((ordinary + planted) / (1 - plan.repeats)) + plan.bad_lines


def _check_folder(folder: Path, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder", "give another --out")
    if force or not folder.exists():
        return
    present = sorted(path.name for path in folder.iterdir())
    # The manifest comes last: without it, a run of ours was cut here and can be begun again.
    cut_run = MANIFEST not in present and all(_OWN_FILE.fullmatch(name) for name in present)
    if present and not cut_run:
        raise InputError(
            f"{folder} is not empty (it holds {present[0]}{' and more' if len(present) > 1 else ''})",
            "give another --out, or --force to replace the data set in it",
        )


def _own_files(folder: Path) -> Iterator[Path]:
    return (path for path in list(folder.iterdir()) if _OWN_FILE.fullmatch(path.name))


def _files(plan: Plan) -> list[_File]:
    suffix, days = f".ndjson{SUFFIXES[plan.compress]}", plan.all_days
    if plan.split == "history" and len(days) > 1:
        return [_File(f"posts-history{suffix}", days[:-1]), _File(f"posts-{days[-1]}{suffix}", days[-1:])]
    return [_File(f"posts-{day}{suffix}", [day]) for day in days]


def _write_file(maker: DayLines, file: _File, folder: Path, plan: Plan, on_lines: Callable[[int], None]) -> None:
    with ExitStack() as stack:
        sink: LineSink = stack.enter_context(line_sink(folder / file.name, plan.compress))
        for day in file.days:
            counts = DayCounts()
            number = 0
            for number, line in enumerate(maker.lines(day, counts), 1):
                sink.write(line)
                if number % _PROGRESS_LINES == 0:
                    on_lines(_PROGRESS_LINES)
            on_lines(number % _PROGRESS_LINES)
            file.counts.append(counts)
    file.text_bytes = sink.text_bytes


def _by_day(files: list[_File]) -> Iterator[tuple[date, DayCounts]]:
    for file in files:
        yield from zip(file.days, file.counts, strict=True)


def _manifest(plan: Plan, files: list[_File], folder: Path) -> dict[str, Any]:
    days = [{"day": day.isoformat(), **_counted([counts])} for day, counts in _by_day(files)]
    return {
        "generator_version": GENERATOR_VERSION,
        "seed": plan.seed,
        "arguments": plan.arguments(),
        "files": [
            {
                "file": file.name,
                "first_day": file.days[0].isoformat(),
                "last_day": file.days[-1].isoformat(),
                **_counted(file.counts),
                "text_bytes": file.text_bytes,
                "file_bytes": (folder / file.name).stat().st_size,
            }
            for file in files
        ],
        "days": days,
        "totals": {
            **_counted([counts for _, counts in _by_day(files)]),
            "text_bytes": sum(file.text_bytes for file in files),
            "file_bytes": sum((folder / file.name).stat().st_size for file in files),
        },
    }


def _counted(counts: list[DayCounts]) -> dict[str, Any]:
    kinds = list(counts[0].not_posts)
    return {
        "lines": sum(c.lines for c in counts),
        "posts": sum(c.posts for c in counts),
        "distinct_ids": sum(c.distinct_ids for c in counts),
        "repeated_lines": sum(c.repeated_lines for c in counts),
        "planted_posts": sum(c.planted_posts for c in counts),
        "not_posts": {kind: sum(c.not_posts[kind] for c in counts) for kind in kinds},
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")
    part.replace(path)
