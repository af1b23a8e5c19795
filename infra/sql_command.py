"""`groundswell sql`: psql on the tables, in the read-only role."""

import io
import os
import shutil
import subprocess
import sys

import click

from groundswell.adapters.postgres import connect, session_options
from groundswell.errors import LocalStackError, UnavailableError
from groundswell.settings import Settings, load_settings
from infra.csv_guard import pass_guarded
from infra.stack.postgres import binaries_folder


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("psql_arguments", nargs=-1, type=click.UNPROCESSED)
def sql(psql_arguments: tuple[str, ...]) -> None:
    """Open psql on the tables, in the read-only role; arguments go to psql as they are.

    With --csv an apostrophe is put before text that a spreadsheet would run as a formula.

    \b
    groundswell sql
    groundswell sql -c "SELECT * FROM lake_days ORDER BY day DESC LIMIT 5"
    groundswell sql --csv -f question.sql
    """
    settings = load_settings()
    connect(settings, role="reader").close()  # for its message: psql's own doesn't say what to do
    sys.stdout.flush()
    environment = {**os.environ, **psql_environment(settings)}
    if "--csv" in psql_arguments:
        sys.exit(_print_csv(psql_arguments, environment))
    os.execve(psql_path(), ["psql", *psql_arguments], environment)


def _print_csv(psql_arguments: tuple[str, ...], environment: dict[str, str]) -> int:
    command = [psql_path(), *psql_arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as psql:
        assert psql.stdout
        pass_guarded(io.TextIOWrapper(psql.stdout, encoding="utf-8", newline=""), sys.stdout)
    return psql.returncode


def psql_path() -> str:
    """Return the psql of this machine, or else the one that comes with the local stack's Postgres.

    Raises
    ------
    UnavailableError
        There is neither.
    """
    found = shutil.which("psql")
    if found:
        return found
    try:
        return str(binaries_folder() / "psql")
    except LocalStackError as error:
        raise UnavailableError(
            "there is no psql on this machine", "install it: `apt-get install postgresql-client`"
        ) from error


def psql_environment(settings: Settings) -> dict[str, str]:
    """Return libpq's variables: the password is passed here, for arguments can be seen by everybody."""
    postgres = settings.postgres
    tls = {f"PG{name.upper()}": value for name, value in postgres.tls_options.items()}
    return {
        **tls,
        "PGHOST": postgres.host,
        "PGPORT": str(postgres.port),
        "PGDATABASE": postgres.database,
        "PGUSER": postgres.reader_user,
        "PGPASSWORD": postgres.reader_password.get_secret_value(),
        "PGOPTIONS": session_options(postgres, "reader"),
        "PGAPPNAME": "groundswell sql",
        "PGCLIENTENCODING": "UTF8",
    }
