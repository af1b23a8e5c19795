"""`groundswell up | down | status | doctor | jars`: the local stack from the command line."""

import json
import sys
import time
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groundswell.settings import Settings, load_settings
from infra.doctor import describe_settings, examine, has_failed
from infra.jars.fetch import ensure_jars
from infra.jars.locks import JAR_SETS
from infra.pipeline_status import PipelineStatus, as_lines, pipeline_status
from infra.pipeline_status import as_json as pipeline_json
from infra.stack.local import servers_of, start_stack, stop_stack
from infra.stack.supervisor import Condition, conditions

_GRADE_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_STYLES = {"running": "green", "remote": "green", "stopped": "dim", "starting": "yellow"}


@click.command()
def up() -> None:
    """Start Kafka, Postgres and S3 on this machine and bring tables, bucket and topics up to date.

    Run it as often as you like: it starts only what isn't running.
    """
    settings = load_settings()
    before = time.monotonic()
    try:
        start_stack(settings, _say)
        _migrate(settings)
    except KeyboardInterrupt:
        _say("interrupted: what was started keeps running; see `groundswell status`, stop it with `groundswell down`")
        raise
    _say(f"the local stack is up, {time.monotonic() - before:.1f} s")


@click.command()
def down() -> None:
    """Stop what `up` started, and nothing else; data stays."""
    settings = load_settings()
    stopped = stop_stack(settings, _say)
    if stopped:
        _say(f"stopped {', '.join(server.name for server in stopped)}; data stays in {settings.absolute_home / 'data'}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def status(as_json: bool) -> None:
    """Show each server, and how the pipeline does. Exits with 1 when a server isn't healthy.

    Of a server: state, process, memory, log. Of the pipeline: lag and rate of the queries, the last bucket judged,
    dead letters, age of the statistics, size of state and lake, and what is wrong.
    """
    settings = load_settings()
    found = conditions(servers_of(settings))
    pipeline = pipeline_status(settings, now := datetime.now(UTC)) if _answers(found, "Postgres") else None
    if as_json:
        click.echo(json.dumps({"servers": [_row(one) for one in found], "pipeline": pipeline_json(pipeline)}, indent=2))
    else:
        _print_table(found)
        if pipeline is not None:
            _print_pipeline(pipeline, now)
    if not all(one.is_healthy for one in found):
        sys.exit(1)


@click.command()
@click.argument("sets", nargs=-1, type=click.Choice(JAR_SETS))
def jars(sets: tuple[str, ...]) -> None:
    """Fetch the Java jars that the local stack and Spark need, if they aren't there."""
    fetched = ensure_jars(load_settings(), sets or JAR_SETS, _say)
    _say(f"fetched {fetched} jars" if fetched else "all jars are in place")


@click.command()
def doctor() -> None:
    """Check this machine and the settings. Exits with 1 when something must be mended."""
    settings = load_settings()
    console = Console(highlight=False, soft_wrap=True)
    findings = []
    for finding in examine(settings):
        findings.append(finding)
        console.print(f"[{_GRADE_STYLES[finding.grade]}]{finding.grade:4}[/]  {escape(finding.subject)}: "
                      f"{escape(finding.text)}")  # fmt: skip
        if finding.way_out:
            console.print(f"      -> {finding.way_out}", markup=False)
    console.print("\nsettings (environment, conf file, defaults; secrets are not shown):", markup=False)
    for name, value in describe_settings(settings):
        console.print(f"  {name} = {value}", markup=False)
    if has_failed(findings):
        sys.exit(1)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _migrate(settings: Settings) -> None:
    from infra.migrate_command import run_migrations

    for line in run_migrations(settings):
        _say(f"  {line}")


def _row(one: Condition) -> dict[str, object]:
    return {
        "server": one.server.name,
        "state": one.state,
        "healthy": one.is_healthy,
        "pid": one.pid,
        "address": str(one.server.ports[0].address),
        "memory_mb": None if one.memory_mb is None else round(one.memory_mb, 1),
        "uptime_seconds": None if one.uptime_seconds is None else round(one.uptime_seconds),
        "log": str(one.server.log) if one.server.is_local else None,
        "reason": one.reason,
    }


def _print_table(found: list[Condition]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading, justify in (("server", "left"), ("state", "left"), ("pid", "right"), ("address", "left"),
                             ("memory MB", "right"), ("uptime", "right"), ("log", "left")):  # fmt: skip
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for one in found:
        row = _row(one)
        uptime = "" if one.uptime_seconds is None else _duration(one.uptime_seconds)
        memory = "" if one.memory_mb is None else f"{one.memory_mb:.0f}"
        state = f"[{_STYLES.get(one.state, 'red')}]{one.state}[/]"
        cells = (
            state,
            one.pid or "",
            row["address"],
            memory,
            uptime,
            one.server.log.name if one.server.is_local else "",
        )
        table.add_row(one.server.name, *map(str, cells))
    console = Console()
    console.print(table)
    if any(one.server.is_local for one in found):
        console.print(f"logs are in {found[0].server.logs_dir}", markup=False, highlight=False, soft_wrap=True)
    for one in found:
        if one.reason and not one.is_healthy:
            console.print(f"{one.server.name}: {one.reason}", markup=False, highlight=False, soft_wrap=True)
    if any(one.server.is_local and not one.is_healthy for one in found):
        console.print("start what is missing: groundswell up", markup=False, highlight=False)


def _answers(found: list[Condition], name: str) -> bool:
    return any(one.server.name == name and one.is_healthy for one in found)


def _print_pipeline(pipeline: PipelineStatus, now: datetime) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print()
    for name, text in as_lines(pipeline, now):
        console.print(f"{name:<22}{text}", markup=False)
    for problem in pipeline.problems:
        console.print(f"problem: {problem}", markup=False, style="bold red")


def _duration(seconds: float) -> str:
    """Write a duration as people say it.

    >>> _duration(75), _duration(7200)
    ('1 min 15 s', '2 h 0 min')
    """
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
