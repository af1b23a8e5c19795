"""`groundswell synthesize`: a made data set in a folder."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from groundswell.errors import InputError
from producer.synthesize.dataset import expected_lines, finished_manifest, write_dataset
from producer.synthesize.plan import Plan

_PLAIN_PROGRESS_SECONDS = 5.0


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the data set.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2026-06-01", show_default=True, help="First day.")
@click.option("--days", type=click.IntRange(1, 3660), default=28, show_default=True, help="Days in all.")
@click.option(
    "--posts-per-day", type=click.IntRange(1), default=5000, show_default=True, help="Mean, in the first week."
)
@click.option(
    "--keywords", type=click.IntRange(0), default=0, help="Size of the vocabulary; by default it grows with the posts."
)
@click.option(
    "--authors", type=click.IntRange(0), default=0, help="Number of authors; by default it grows with the posts."
)
@click.option(
    "--seed", type=click.IntRange(0), default=7, show_default=True, help="The same seed gives the same bytes."
)
@click.option("--bursts", type=click.IntRange(0, 200), default=8, show_default=True, help="Bursts to plant.")
@click.option("--burst-day", default="last", show_default=True, help="Day of the bursts: last, or YYYY-MM-DD.")
@click.option(
    "--repeats",
    type=click.FloatRange(0, 0.9),
    default=0.1,
    show_default=True,
    help="Share of lines that repeat an id with newer counts.",
)
@click.option("--bad-lines", type=click.IntRange(0), default=0, show_default=True, help="Lines that are no post.")
@click.option("--compress", type=click.Choice(["none", "gz", "zst"]), default="zst", show_default=True)
@click.option(
    "--split",
    type=click.Choice(["day", "history"]),
    default="day",
    show_default=True,
    help="A file per day, or one of all the history and one of the last day.",
)
@click.option("--force", is_flag=True, help="Replace a data set that is in the folder.")
def synthesize(out: Path, start: datetime, burst_day: str, force: bool, **arguments: Any) -> None:
    """Write a realistic, seeded data set with planted bursts.

    Posts in the nested form, one a line, sorted by time; truth.json lists the planted bursts and keywords that must
    stay quiet, manifest.json counts every line.
    """
    plan = Plan(start=start.date(), burst_day=_burst_day(burst_day), **arguments)
    if plan.bursts and not plan.start <= plan.planted_on <= plan.last_day:
        raise InputError(
            f"--burst-day {plan.planted_on} is not between {plan.start} and {plan.last_day}",
            "give a day of the data set",
        )
    manifest = None if force else finished_manifest(plan, out)
    if manifest:
        click.echo(f"{out} holds this data set already; --force makes it again.")
    else:
        began = time.monotonic()
        with _progress(expected_lines(plan)) as on_lines:
            manifest = write_dataset(plan, out, force=force, on_lines=on_lines)
        click.echo(f"Made in {time.monotonic() - began:.1f} s.")
    click.echo(_summary(manifest, out))


def _burst_day(text: str) -> date | None:
    if text == "last":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--burst-day {text} is no date", "give last, or a day as YYYY-MM-DD") from None


def _summary(manifest: dict[str, Any], out: Path) -> str:
    totals = manifest["totals"]
    not_posts = sum(totals["not_posts"].values())
    lines = [
        f"{totals['lines']:,} lines in {len(manifest['files'])} files below {out}: {totals['distinct_ids']:,} posts, "
        f"{totals['repeated_lines']:,} repeated lines, {not_posts:,} lines that are no post",
        f"{totals['planted_posts']:,} posts planted in {manifest['arguments']['bursts']} bursts on "
        f"{manifest['arguments']['burst_day']} (truth.json)",
        f"{totals['text_bytes'] / 1e6:,.1f} MB of text in {totals['file_bytes'] / 1e6:,.1f} MB of files",
    ]
    return "\n".join(lines)


@contextmanager
def _progress(total_lines: int) -> Iterator[Callable[[int], None]]:
    """Show a bar to a person, and a line every few seconds to a log."""
    if not sys.stderr.isatty():
        yield _plain_progress(total_lines)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("synthesize"), BarColumn(), MofNCompleteColumn(), TextColumn("lines"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("synthesize", total=total_lines)
        yield lambda lines: progress.advance(task, lines)


def _plain_progress(total_lines: int) -> Callable[[int], None]:
    began = last = time.monotonic()
    done = 0

    def on_lines(lines: int) -> None:
        nonlocal done, last
        done += lines
        now = time.monotonic()
        if now - last >= _PLAIN_PROGRESS_SECONDS:
            last = now
            rate = done / (now - began)
            click.echo(
                f"synthesize: {done:,} of about {total_lines:,} lines ({done / total_lines:.0%}), {rate:,.0f}/s, "
                f"{max(total_lines - done, 0) / rate:.0f} s left",
                err=True,
            )

    return on_lines
