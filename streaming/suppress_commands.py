"""`groundswell alerts suppress`: known events, during which nothing rings."""

import sys
from datetime import UTC, datetime

import click
import orjson
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groundswell.adapters.postgres import connect, transaction
from groundswell.errors import InputError
from groundswell.settings import load_settings
from streaming.watchlist_commands import watched_keyword

_TIME = click.DateTime(
    ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"]
)


@click.group()
def suppress() -> None:
    """Name known events (a holiday, a launch): no alerts while they last, and the baseline learns nothing from them."""


@suppress.command()
@click.argument("keyword", required=False)
@click.option("--all", "everything", is_flag=True, help="Every keyword and the whole platform, instead of KEYWORD.")
@click.option("--from", "start", type=_TIME, required=True, help="First moment, UTC unless it has an offset.")
@click.option("--until", "end", type=_TIME, required=True, help="First moment after it.")
@click.option("--note", default="", help="What the event is.")
def add(keyword: str | None, everything: bool, start: datetime, end: datetime, note: str) -> None:
    """Keep KEYWORD quiet from one time until another; past events are worth naming too, for the baseline.

    \b
    groundswell alerts suppress add 'new phone' --from 2026-06-01T16:00 --until 2026-06-02 --note launch
    groundswell alerts suppress add --all --from 2026-12-24 --until 2026-12-27
    """
    settings = load_settings()
    if (keyword is not None) == everything:
        raise InputError(
            "both KEYWORD and --all are given" if everything else "neither KEYWORD nor --all is given", "give one"
        )
    starts_at, ends_at = _utc(start), _utc(end)
    if starts_at >= ends_at:
        length = "is empty" if starts_at == ends_at else "ends before it begins"
        raise InputError(
            f"the time from {starts_at:%Y-%m-%d %H:%M} until {ends_at:%Y-%m-%d %H:%M} {length}",
            "--until is the first moment after the event",
        )
    wanted = None if keyword is None else watched_keyword(keyword, settings)
    with transaction(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO suppression_windows (keyword, starts_at, ends_at, note) VALUES (%s, %s, %s, %s) RETURNING id",
            [wanted, starts_at, ends_at, note],
        )
        (number,) = cursor.fetchone() or (None,)
    until = f"from {starts_at:%Y-%m-%d %H:%M} until {ends_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"{number}: {wanted or 'everything'} is quiet {until}")


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


@suppress.command()
@click.argument("ids", nargs=-1, required=True, type=int)
def remove(ids: tuple[int, ...]) -> None:
    """Remove known events by their numbers (see `list`)."""
    with transaction(connect(load_settings())) as connection, connection.cursor() as cursor:
        for number in ids:
            cursor.execute("DELETE FROM suppression_windows WHERE id = %s", [number])
            click.echo(f"{number}: {'removed' if cursor.rowcount else 'was not there'}")


@suppress.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, as when piped.")
def list_(as_json: bool) -> None:
    """List known events, the latest first: a table, or JSON lines when piped."""
    with transaction(connect(load_settings())) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, keyword, starts_at, ends_at, note FROM suppression_windows ORDER BY starts_at DESC, id DESC"
        )
        rows = cursor.fetchall()
    if as_json or not sys.stdout.isatty():
        for number, keyword, starts_at, ends_at, note in rows:
            record = {"id": number, "keyword": keyword, "starts_at": starts_at, "ends_at": ends_at, "note": note}
            click.echo(orjson.dumps(record).decode())
        return
    table = Table(box=box.SIMPLE_HEAD, title=f"{len(rows)} known events, times in UTC")
    for name in ("id", "keyword", "from", "until", "note"):
        table.add_column(name, overflow="fold")
    for number, keyword, starts_at, ends_at, note in rows:
        times = (f"{time:%Y-%m-%d %H:%M}" for time in (starts_at, ends_at))
        table.add_row(str(number), keyword or "everything", *times, escape(note))
    Console().print(table)
