"""Airflow with the project's DAGs against the local stack: `python -m infra.airflow`."""

import logging
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta

import click

from groundswell.errors import GroundswellError
from groundswell.settings import load_settings
from infra.airflow_environment import RETRY_SECONDS_VARIABLE, AirflowEnvironment
from infra.airflow_server import require_stack, serve

DAY = click.DateTime(formats=["%Y-%m-%d"])
PASS_THROUGH = {"ignore_unknown_options": True, "help_option_names": []}


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of the user interface  [default: airflow.port of the settings]"
)
@click.option("--check", is_flag=True, help="Only load the DAGs and list their import errors.")
@click.pass_context
def main(context: click.Context, port: int | None, check: bool) -> None:
    """Start Airflow on this machine, or run one day by hand."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    settings = load_settings()
    context.obj = AirflowEnvironment(settings, port or settings.airflow.port)
    if context.invoked_subcommand is None:
        _check(context.obj) if check else _start(context.obj)


def _ready(environment: AirflowEnvironment) -> None:
    environment.install()
    environment.prepare()


def _check(environment: AirflowEnvironment) -> None:
    _ready(environment)
    command = [str(environment.command), "dags", "list-import-errors", "--local"]
    sys.exit(subprocess.run(command, env=environment.variables(), check=False).returncode)


def _start(environment: AirflowEnvironment) -> None:
    require_stack(environment.settings)
    _ready(environment)
    serve(environment)


@main.command()
@click.argument("dag_id")
@click.argument("day", type=DAY)
@click.option("--until", type=DAY, help="Go on, day by day, up to and with this one.")
@click.pass_obj
def run(environment: AirflowEnvironment, dag_id: str, day: datetime, until: datetime | None) -> None:
    """Run DAG_ID for a past DAY (YYYY-MM-DD, UTC) right here, without a scheduler; safe to repeat."""
    if until and until < day:
        raise click.BadParameter("lies before DAY", param_hint="--until")
    require_stack(environment.settings)
    _ready(environment)
    variables = {RETRY_SECONDS_VARIABLE: "5", **environment.variables()}
    for number in range(((until or day) - day).days + 1):
        one = day + timedelta(days=number)
        command = [str(environment.command), "dags", "test", dag_id, logical_date(one).isoformat()]
        code = subprocess.run(command, env=variables, check=False).returncode
        if code:
            click.echo(f"{dag_id} failed for {one:%Y-%m-%d}; its log is above", err=True)
            sys.exit(code)
        click.echo(f"{dag_id} done for {one:%Y-%m-%d}")


def logical_date(day: datetime) -> datetime:
    """Return a moment for which Airflow infers the daily data interval that begins on `day`.

    Airflow takes the last interval that was complete by that moment; by the end of the next day, it is `day`'s.

    >>> logical_date(datetime(2026, 6, 28)).isoformat()
    '2026-06-29T23:59:59+00:00'
    """
    return datetime.combine(day.date() + timedelta(days=1), time(23, 59, 59), UTC)


@main.command("exec", context_settings=PASS_THROUGH, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def execute(environment: AirflowEnvironment, arguments: tuple[str, ...]) -> None:
    """Run any `airflow` command in this Airflow, e.g. `exec backfill create --help`."""
    _ready(environment)
    command = [str(environment.command), *arguments]
    sys.exit(subprocess.run(command, env=environment.variables(), check=False).returncode)


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort):
        sys.exit(130)
    except GroundswellError as error:
        click.echo(f"airflow: {error}", err=True)
        sys.exit(error.exit_code)
