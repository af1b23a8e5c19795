"""`groundswell demo`: history, statistics, a last day with planted bursts, and whether they were found."""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.console import Console

from groundswell.adapters.object_store import lake_rows
from groundswell.adapters.postgres import connect
from groundswell.contracts.posts import RAW_TABLE
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.errors import DataCheckError
from infra.demo import sights
from infra.demo.children import Child, beside, run
from infra.demo.measure import Meter
from infra.demo.stage import Stage, set_the_stage
from infra.demo.verdict import Accounts, Finding, findings
from infra.stack.local import servers_of, stop_stack
from infra.stack.supervisor import conditions

FIRST_DAY = datetime(2026, 6, 1, tzinfo=UTC)
CATCH_UP_SECONDS = 180.0
PIPED_WIDTH = 120


@click.command()
@click.option(
    "--days", default=22, show_default=True, type=click.IntRange(8), help="Days of data; the last has bursts."
)
@click.option("--posts-per-day", default=4000, show_default=True, type=click.IntRange(1000))
@click.option("--speed", default="3600", show_default=True, help="Pace of the last day's replay, as in `replay`.")
@click.option("--down/--keep", default=False, help="Stop the demonstration's stack at the end, or leave it to look at.")
def demo(days: int, posts_per_day: int, speed: str, down: bool) -> None:
    """Run the whole pipeline on made data and check that the planted bursts are found.

    It has a stack of its own below the home folder, cleared and made anew each time. It exits with 5 when a planted
    burst is missed or an input line is unaccounted for.
    """
    # Where the terminal's width is unknown (a pipe, CI), the tables get room rather than folded cells.
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    began = time.monotonic()
    stage = set_the_stage()
    meter = Meter(lambda: [one.pid for one in conditions(servers_of(stage.settings)) if one.pid])
    show = _Demonstration(stage, console, meter, FIRST_DAY + timedelta(days=days - 1))
    try:
        problems = show.play(days, posts_per_day, speed)
        sights.show_parts(console, meter.parts, time.monotonic() - began)
        if problems:
            raise DataCheckError("; ".join(problems), f"the logs are in {stage.logs}")
        console.print("Every planted burst was found and every input line is accounted for.", style="bold green")
    except BaseException:
        down = True
        raise
    finally:
        if down:
            stop_stack(stage.settings, lambda _: None)
    if not down:
        _say_how_to_look_around(console, stage)


class _Demonstration:
    def __init__(self, stage: Stage, console: Console, meter: Meter, last_day: datetime) -> None:
        self._stage = stage
        self._console = console
        self._meter = meter
        self._last_day = last_day
        self._day = f"{last_day:%Y-%m-%d}"

    def play(self, days: int, posts_per_day: int, speed: str) -> list[str]:
        """Play every part; return in words what went wrong."""
        stage = self._stage
        self._part("start the stack", "up")
        with beside(stage, "stream", "--since", self._day) as stream:
            replayed = self._play_beside(stream, days, posts_per_day, speed)
        return self._verdict(replayed)

    def _play_beside(self, stream: Child, days: int, posts_per_day: int, speed: str) -> list[dict[str, Any]]:
        """Play the parts for which the stream runs; return the replays' summaries."""
        stage = self._stage
        self._part(
            "make the data set", "synthesize", "--out", str(stage.data_set), "--start", f"{FIRST_DAY:%Y-%m-%d}",
            "--days", str(days), "--posts-per-day", str(posts_per_day), "--bad-lines", "40", "--compress", "zst",
        )  # fmt: skip
        last_file = str(stage.data_set / f"posts-{self._day}.ndjson.zst")
        files = sorted(str(path) for path in stage.data_set.glob("posts-*.ndjson.zst"))
        history = [path for path in files if path != last_file]
        replayed = self._part(f"replay {days - 1} days of history", "replay", *history, "--json")
        with self._part_named("write them to the lake"):
            self._wait_for_lake(stream, sum(one["sent"] for one in replayed))
        yesterday = f"{self._last_day - timedelta(days=1):%Y-%m-%d}"
        first = f"{FIRST_DAY:%Y-%m-%d}"
        self._part(
            "parse the lake into Postgres", "batch", "parse-lake", "--day", first, "--until", yesterday, "--json"
        )
        self._part("compute keyword statistics", "batch", "recompute-statistics", "--as-of", self._day, "--json")
        with self._part_named("replay the last day, stream and alert"):
            replayed += self._live(stream, last_file, speed)
            self._wait_for_lake(stream, sum(one["sent"] for one in replayed))
        return replayed

    def _wait_for_lake(self, stream: Child, rows: int) -> None:
        """Wait until the lake holds so many rows; what never comes shows in the accounts."""
        limit = time.monotonic() + CATCH_UP_SECONDS
        with connect(self._stage.settings) as connection:
            while (held := lake_rows(self._stage.settings, connection, RAW_TABLE)) < rows and time.monotonic() < limit:
                stream.require_alive()
                time.sleep(0.5)
        self._console.print(f"the lake holds {held:,} of {rows:,} records")

    def _part_named(self, name: str) -> Any:
        self._console.rule(f"[bold]{name}", align="left")
        return self._meter.part(name)

    def _part(self, name: str, *arguments: str) -> list[dict[str, Any]]:
        with self._part_named(name):
            return run(self._stage, *arguments)

    def _live(self, stream: Child, last_file: str, speed: str) -> list[dict[str, Any]]:
        """Replay the last day while the stream runs, showing alerts as they come."""
        tail = sights.AlertsTail(self._stage.settings)
        with beside(self._stage, "replay", last_file, "--speed", speed, "--json") as replay:
            while replay.process.poll() is None:
                stream.require_alive()
                self._show_alerts(tail)
                time.sleep(0.2)
            if replay.process.returncode:
                replay.require_alive()
            replayed = [json.loads(line) for line in replay.tail(3).splitlines() if line.startswith("{")]
        self._catch_up(stream, tail)
        return replayed

    def _catch_up(self, stream: Child, tail: sights.AlertsTail) -> None:
        """Wait until the stream has counted each post of the day once; what never comes shows in the accounts."""
        manifest = json.loads((self._stage.data_set / "manifest.json").read_text(encoding="utf-8"))
        wanted = manifest["days"][-1]["distinct_ids"]
        limit = time.monotonic() + CATCH_UP_SECONDS
        with connect(self._stage.settings) as connection:
            while time.monotonic() < limit:
                stream.require_alive()
                self._show_alerts(tail)
                if self._counted(connection) >= wanted:
                    break
                time.sleep(0.5)
            self._console.print(f"the stream counted {self._counted(connection):,} of {wanted:,} different posts")
        time.sleep(2 * self._stage.settings.stream.trigger_seconds)
        self._show_alerts(tail)

    def _counted(self, connection: Any) -> int:
        return sights.number(
            connection,
            "SELECT sum(posts) FROM live_counts WHERE keyword = %s AND bucket_start >= %s",
            PLATFORM_KEYWORD,
            self._last_day,
        )

    def _show_alerts(self, tail: sights.AlertsTail) -> None:
        for alert in tail.opened():
            self._console.print(
                f"  [bold red]ALERT[/] {alert['window_end'][11:16]}  [bold]{alert['keyword']}[/]  "
                f"{alert['observed']:.0f} posts in the hour, {alert['expected']:.1f} expected, "
                f"score {alert['score']:.1f}",
                highlight=False,
            )

    def _verdict(self, replayed: list[dict[str, Any]]) -> list[str]:
        truth = json.loads((self._stage.data_set / "truth.json").read_text(encoding="utf-8"))
        with connect(self._stage.settings, role="reader") as connection:
            alerts = sights.alerts_since(connection, self._last_day)
            found = findings(truth["bursts"], alerts)
            sights.show_findings(self._console, found)
            self._show_others({alert.keyword for alert in alerts}, found, {q["keyword"] for q in truth["quiet"]})
            sights.show_query(self._console, connection, "The strongest alert, hour by hour", sights.STRONGEST_ALERT)
            sights.show_query(self._console, connection, "Challenges of the week before", sights.CHALLENGES_OF_THE_WEEK)
        with connect(self._stage.settings) as connection:
            accounts = self._accounts(connection, replayed)
        self._console.print(
            f"lines: {accounts.lines:,} read = {accounts.sent:,} sent + {accounts.dead_lettered:,} dead-lettered + "
            f"{accounts.blank:,} blank; {accounts.lake_rows:,} in the lake"
        )
        missed = [f"the planted burst of {one.keyword} was missed" for one in found if one.alert is None]
        return missed + accounts.unaccounted()

    def _show_others(self, alarmed: set[str], found: list[Finding], quiet: set[str]) -> None:
        others = sorted(alarmed - {finding.keyword for finding in found})
        self._console.print(f"alerts for keywords without a planted burst: {len(others)} {' '.join(others)}")
        rung = sorted(quiet & alarmed)
        self._console.print(
            f"keywords with a weekend or evening habit that must stay quiet: {len(rung)} rang of {len(quiet)}"
        )

    def _accounts(self, connection: Any, replayed: list[dict[str, Any]]) -> Accounts:
        manifest = json.loads((self._stage.data_set / "manifest.json").read_text(encoding="utf-8"))
        return Accounts(
            lines=manifest["totals"]["lines"],
            blank=sum(one["blank"] for one in replayed),
            sent=sum(one["sent"] for one in replayed),
            dead_lettered=sum(one["dead_lettered"] for one in replayed),
            dead_letters_on_topic=sights.dead_letters(self._stage.settings),
            lake_rows=lake_rows(self._stage.settings, connection, RAW_TABLE),
        )


def _say_how_to_look_around(console: Console, stage: Stage) -> None:
    console.print(
        f"The stack is still up. Look around with\n"
        f"  export GROUNDSWELL_CONF={stage.conf}\n"
        f"  .venv/bin/groundswell alerts watch\n"
        f"  .venv/bin/groundswell sql\n"
        f"  .venv/bin/groundswell down      stops it",
        highlight=False,
        soft_wrap=True,
    )
