"""`groundswell batch`: the nightly work."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from pyspark.sql import SparkSession

from batch.job_metrics import note_numbers, note_values
from batch.maintain_lake import maintain_lake
from batch.parse_lake import parse_lake
from batch.propose_phrases import propose_phrases
from batch.recompute_statistics import recompute_statistics
from groundswell.adapters.spark import spark_session
from groundswell.errors import InputError
from groundswell.settings import Settings, load_settings

_DAY = click.DateTime(["%Y-%m-%d"])
_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")


@click.group()
def batch() -> None:
    """Do the nightly work: parse a day of the lake, recompute statistics, maintain the lake."""


@batch.command("parse-lake")
@click.option("--day", type=_DAY, required=True, help="Day to parse, UTC.")
@click.option("--until", type=_DAY, help="Last day to parse, included; without it only the one day.")
@_json
def parse_lake_command(day: datetime, until: datetime | None, as_json: bool) -> None:
    """Turn days of the lake into tables in Postgres, replacing each day in one transaction."""
    settings = load_settings()
    last = until or day
    if last < day:
        raise InputError(f"--until {last:%Y-%m-%d} is before --day {day:%Y-%m-%d}", "swap them")
    total = (last - day).days + 1
    with _session(settings, "parse-lake", ends_soon=True) as make_session:
        days = parse_lake(settings, make_session, day.date(), last.date())
        for number, done in enumerate(days, start=1):
            note_numbers(settings, "parse-lake", done)
            click.echo(json.dumps(done) if as_json else f"[{number}/{total}] {_day_line(done)}")


def _day_line(done: dict[str, Any]) -> str:
    return (
        f"{done['day']}: {done['lake_rows']:,} records = {done['distinct_posts']:,} posts"
        f" + {done['repeated']:,} repeated + {done['unparsable']:,} unparsable;"
        f" {done['new_posts']:,} new posts, {done['keywords']:,} keywords"
    )


@batch.command("maintain-lake")
@_json
def maintain_lake_command(as_json: bool) -> None:
    """Compact small files, expire old snapshots and remove files that nothing refers to."""
    settings = load_settings()
    with _session(settings, "maintain-lake") as make_session:
        done = maintain_lake(settings, make_session, datetime.now(UTC))
        note_numbers(settings, "maintain-lake", done)
    _show(done, as_json)


@batch.command("propose-phrases")
@click.option("--day", type=_DAY, required=True, help="Day whose posts are read, UTC; parsed before.")
@_json
def propose_phrases_command(day: datetime, as_json: bool) -> None:
    """Propose phrases for the watch list from a day's posts; `groundswell watchlist proposals` lists them."""
    settings = load_settings()
    with _session(settings, "propose-phrases") as make_session:
        done = propose_phrases(settings, make_session, day.date())
        note_numbers(settings, "propose-phrases", done)
    _show(done, as_json)


@batch.command("recompute-statistics")
@click.option("--as-of", type=_TIME, help="First day (or hour) that is not used, UTC.")
@click.option("--light", is_flag=True, help="Keep the shapes; refresh level and dispersion up to the newest full hour.")
@click.option(
    "--keep-newer", is_flag=True, help="Don't switch to it where a full version of a later time is kept (backfills)."
)
@_json
def recompute_statistics_command(as_of: datetime | None, light: bool, keep_newer: bool, as_json: bool) -> None:
    """Write a new version of the keyword statistics and switch the stream to it."""
    if as_of is None and not light:
        raise InputError("a full recomputation needs --as-of", "name the first day that is not to be used")
    if as_of is not None and (as_of.minute or as_of.second):
        raise InputError(f"--as-of {as_of:%Y-%m-%dT%H:%M:%S} is not a full hour", "statistics are of whole hours")
    time = None if as_of is None else as_of.replace(tzinfo=UTC)
    settings = load_settings()
    with _session(settings, "recompute-statistics") as make_session:
        done = recompute_statistics(settings, make_session, time, "light" if light else "full", keep_newer)
        note_numbers(settings, "recompute-statistics", done)
    _show(done, as_json)


@contextmanager
def _session(settings: Settings, name: str, ends_soon: bool = False) -> Iterator[Any]:
    """Hand out a maker of the Spark session, and stop what it made."""
    made: list[SparkSession] = []
    began = time.time()

    def make() -> SparkSession:
        if not made:
            made.append(spark_session(settings, f"groundswell {name}", ends_soon=ends_soon))
        return made[0]

    try:
        yield make
    except BaseException:
        note_values(settings, name, {"failed_s": time.time()})
        raise
    else:
        note_values(settings, name, {"succeeded_s": time.time(), "seconds": time.time() - began})
    finally:
        for spark in made:
            spark.stop()


def _show(done: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(done))
        return
    width = max(map(len, done))
    for name, value in done.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {value}")
