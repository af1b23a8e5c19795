"""`groundswell replay`."""

import json
import shlex
import sys
from datetime import UTC, datetime

import click
from rich.console import Console

from groundswell.errors import InputError
from producer.options import Clock, ReplayOptions
from producer.run import run_replay
from producer.summary import print_summary, summary_json

_EPILOG = """\b
Examples:
  groundswell replay posts.ndjson                             as fast as can be
  groundswell replay 'dump/**/*.zst' --from 2020-03-01 --until 2020-04-01
  groundswell replay day.ndjson.gz --speed 3600               an hour of posts each second
  groundswell replay day.ndjson --speed 1 --start 2026-01-01T00:00Z
  groundswell replay posts.ndjson --clock wall --rate 200 --loop
  zstdcat dump.zst | groundswell replay - --dry-run --json

A replay that was cut goes on where its last transaction ended when the same command is run again; files that were
sent whole are not sent again unless --restart is given. Standard input can't be resumed.
"""


class _Speed(click.ParamType["float | None"]):
    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if value == "max" or value is None:
            return None
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0
        if not 0 < speed < float("inf"):
            self.fail(f"{value!r} is neither a number above 0 nor 'max'", param, ctx)
        return speed


class _Moment(click.ParamType[int]):
    name = "ISO time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an ISO date or time, such as 2020-03-01 or 2020-03-01T12:00Z", param, ctx)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--clock", type=click.Choice([c.value for c in Clock]), default="event", show_default=True,
              help="time_stamp: the post's creation time, or the moment of sending.")  # fmt: skip
@click.option("--speed", type=_Speed(), default="max", show_default=True,
              help="Pace: 1 is the posts' own rhythm, 3600 an hour each second, max no waiting.")  # fmt: skip
@click.option("--start", type=_Moment(), help="Shift creation times so that the first sent post falls on this time.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Pace: so many posts per second.")
@click.option("--from", "from_", type=_Moment(), help="Leave out posts created before this time (UTC).")
@click.option("--until", type=_Moment(), help="Leave out posts created at this time or later (UTC).")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many posts; running it again goes on.")
@click.option("--loop", is_flag=True, help="Begin anew at the end; event times move on by the data's span.")
@click.option(
    "--resume/--restart",
    default=True,
    help="Go on where a cut replay ended (default), or send from the start, even what was sent before.",
)
@click.option("--dry-run", is_flag=True, help="Check every line and count; needs no Kafka and sends nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def replay(
    files: tuple[str, ...],
    clock: str,
    speed: float | None,
    start: int | None,
    rate: float | None,
    from_: int | None,
    until: int | None,
    limit: int | None,
    loop: bool,
    resume: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Replay ndjson files of posts into the posts topic.

    FILE is an .ndjson file, plain or packed (gzip, zstd), a glob, or - for standard input. Each line goes out with
    `time_stamp` added and is otherwise left as it is; a line that is no post goes to the dead-letter topic.
    """
    options = ReplayOptions(Clock(clock), speed, start, rate, from_, until, loop, limit, not resume)
    outcome, exit_code = run_replay(files, options, dry_run)
    if as_json:
        click.echo(json.dumps(summary_json(outcome, dry_run)))
    else:
        print_summary(outcome, dry_run, Console())
    if exit_code and not dry_run and not any(cursor.source.path is None for cursor in outcome.cursors):
        command = shlex.join(["groundswell", *(a for a in sys.argv[1:] if a != "--restart")])
        click.echo(f"To go on after the last line sent: {command}", err=True)
    if outcome.broken:
        raise InputError("; ".join(error.message for error in outcome.broken), outcome.broken[0].way_out)
    if exit_code:
        sys.exit(exit_code)
