"""`groundswell backtest`: what the detector would have said of a history."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from batch.backtest_csv import read_rows
from batch.backtest_grid import Duplicates, interval_name, on_grid
from batch.backtest_input import BacktestInput
from batch.backtest_output import names_of, summary_of, write_rows
from groundswell.domain.detector.baseline import Parameters
from groundswell.domain.detector.one_series import JudgedSeries, judge_one
from groundswell.domain.detector.score import Thresholds
from groundswell.errors import GroundswellError, InputError
from groundswell.settings import Settings, load_settings

_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])
_SHOW_EVERY_SECONDS = 3.0
_WIDTH_OF_PIPES = 200


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("backtest"), show_default=True, help="Folder.")
@click.option("--threshold", type=float, help="z at which a series scores 1, above 0; without it the watch list's.")
@click.option(
    "--duplicates",
    type=click.Choice(["error", "sum", "last"]),
    default="error",
    show_default=True,
    help="Rows of one time with different values: refuse them, add them up, or take the last.",
)
@click.option("--skip-bad-rows", is_flag=True, help="Leave out rows that can't be read, and say how many.")
@click.option("--from-postgres", is_flag=True, help="Take keywords' own histories instead of FILES.")
@click.option("--keyword", "keywords", multiple=True, help="Hashtag with its #, word or phrase; may be repeated.")
@click.option("--platform", is_flag=True, help="The whole platform's posts, an outage being a drop.")
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True, help="Length of the history told.")
@click.option("--until", type=_TIME, help="First moment not told, UTC; without it the end of the newest parsed day.")
@click.option("--no-pictures", is_flag=True, help="Write the tables only.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, one object a series.")
def backtest(
    files: tuple[Path, ...],
    out: Path,
    threshold: float | None,
    duplicates: Duplicates,
    skip_bad_rows: bool,
    from_postgres: bool,
    keywords: tuple[str, ...],
    platform: bool,
    days: int,
    until: datetime | None,
    no_pictures: bool,
    as_json: bool,
) -> None:
    """Judge a history as the stream would have: the watch list's score, each row by what came before it.

    \b
    groundswell backtest counts.csv --out tried
    groundswell backtest --from-postgres --keyword '#mybrand' --days 28 --threshold 3

    FILES are CSV with the columns timestamp (ISO 8601, UTC without a zone; or epoch seconds or milliseconds) and value
    (0 or more), at a regular interval from 1 minute to 1 day. Missing intervals are taken for unobserved, not for zero.

    For each series the folder gets a CSV and a picture. The CSV has a line per row: timestamp and value as they were,
    expected, lower and upper of that row (empty while there is no baseline yet: the first 24 to 30 hours, or 8 rows of
    coarser counts), anomaly_score (above 1 only where an alert opens) and alert (1 where one opens, else 0). Known
    events, dismissed alerts and voices (many posts of one author) are not taken into account.

    In Postgres, up to `detection.history_weeks` before the days told are learned from. A day on which a keyword had
    fewer posts than `text.minimum_posts_per_day` counts as none, unless it was watched.
    """
    settings = load_settings()
    thresholds = _thresholds(settings, threshold)
    draw = None if no_pictures else _drawer()
    if from_postgres:
        inputs = _from_postgres(settings, files, keywords, platform, days, until)
    else:
        inputs = _from_files(files, keywords, platform, duplicates, skip_bad_rows, out)
    _make_folder(out)
    summaries, progress = [], _Progress(inputs)
    for number, one in enumerate(inputs):
        for repair in one.repairs:
            click.echo(f"{one.title}: {repair}", err=True)
        judged = judge_one(
            one.series,
            Parameters(),
            thresholds,
            first_judged_tick=one.first_judged_tick,
            minimum_posts_per_day=one.minimum_posts_per_day,
            on_progress=progress.of(number),
        )
        write_rows(out / f"{one.name}.csv", one, judged)
        if draw is not None:
            draw(out / f"{one.name}.png", one, judged)
        summaries.append(summary_of(one, judged))
        if not summaries[-1]["judged"]:
            _say_too_short(one)
    _show(summaries, as_json)
    click.echo(f"written to {out}/", err=True)


def _thresholds(settings: Settings, threshold: float | None) -> Thresholds:
    shipped = settings.detection.watchlist_z
    if threshold is not None and not 0 < threshold < float("inf"):
        raise InputError(f"--threshold {threshold:g} is not above 0", f"the watch list's is {shipped:g}")
    return replace(
        Thresholds(),
        watchlist_z=shipped if threshold is None else threshold,
        platform_change=settings.detection.platform_change,
    )


def _drawer() -> Callable[[Path, BacktestInput, JudgedSeries], None]:
    try:
        from batch.backtest_picture import draw
    except ModuleNotFoundError as error:
        raise GroundswellError(
            f"pictures need the package {error.name!r}, which is not installed",
            "install the extra `backtest` (see pyproject.toml), or give --no-pictures",
        ) from error
    return draw


def _from_files(
    files: tuple[Path, ...], keywords: tuple[str, ...], platform: bool, duplicates: Duplicates, skip: bool, out: Path
) -> list[BacktestInput]:
    """Read every file before the first is judged: a mistake in the last is told at once."""
    if keywords or platform:
        raise InputError("--keyword and --platform need --from-postgres", "add it, or name files only")
    different = list({file.resolve(): file for file in files}.values())
    if not different:
        raise InputError("no file is given", "name CSV files, or give --from-postgres and --keyword")
    inputs = []
    for file, name in zip(different, names_of(different), strict=True):
        if file.resolve() == (out / f"{name}.csv").resolve():
            raise InputError(f"the results would overwrite {file}", "give another folder with --out")
        rows, notes = read_rows(file, skip_bad_rows=skip)
        read = on_grid(name, str(file), rows, duplicates)
        inputs.append(replace(read, repairs=(*notes, *read.repairs)))
    return inputs


def _from_postgres(
    settings: Settings,
    files: tuple[Path, ...],
    keywords: tuple[str, ...],
    platform: bool,
    days: int,
    until: datetime | None,
) -> list[BacktestInput]:
    if files:
        raise InputError("files and --from-postgres are given", "give one of them")
    if not keywords and not platform:
        raise InputError("--from-postgres needs a keyword", "give --keyword '#mybrand', or --platform")
    # Files need neither the database's driver nor the stopword lists.
    from batch.backtest_postgres import read_histories

    return read_histories(
        settings, keywords, platform=platform, days=days, until=None if until is None else until.replace(tzinfo=UTC)
    )


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out} can't be used as a folder: {error.strerror}", "give another with --out") from None


class _Progress:
    """Tells every three seconds how far all series are."""

    def __init__(self, inputs: Sequence[BacktestInput]) -> None:
        self._inputs = inputs
        self._next = time.monotonic() + _SHOW_EVERY_SECONDS

    def of(self, number: int) -> Callable[[int], None]:
        """Return what is to be told how many ticks of a series are done; the first series has the number 0."""
        one = self._inputs[number]

        def told(done: int) -> None:
            if time.monotonic() >= self._next:
                share = done / one.series.counts.shape[1]
                click.echo(f"{one.title}, {number + 1} of {len(self._inputs)}: {share:.0%}", err=True)
                self._next = time.monotonic() + _SHOW_EVERY_SECONDS

        return told


def _say_too_short(one: BacktestInput) -> None:
    hours = one.series.counts.shape[1] * one.series.interval_seconds / 3600
    click.echo(
        f"{one.title}: no row was judged, for there was no baseline yet: the series is {hours:,.0f} h long, and its "
        f"first {_teaching(one)} only teach",
        err=True,
    )


def _teaching(one: BacktestInput) -> str:
    slot_seconds = one.series.slot_seconds
    return f"{Parameters().for_slots(slot_seconds).burn_in_slots * slot_seconds / 3600:,.0f} h"


def _show(summaries: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        for summary in summaries:
            click.echo(json.dumps(summary, ensure_ascii=False))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("series", "repairs"):
        table.add_column(name, overflow="fold")
    for name in ("rows", "judged", "interval", "alerts", "a week"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in _cells(summaries):
        table.add_row(*map(escape, row))
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_PIPES).print(table)


def _cells(summaries: list[dict[str, Any]]) -> Iterator[list[str]]:
    for one in summaries:
        week = "-" if one["alerts_per_week"] is None else f"{one['alerts_per_week']:.2f}"
        repairs = "; ".join(one["repairs"]) or "none"
        numbers = f"{one['rows']:,}", f"{one['judged']:,}", interval_name(one["interval_seconds"]), f"{one['alerts']:,}"
        yield [one["series"], repairs, *numbers, week]
