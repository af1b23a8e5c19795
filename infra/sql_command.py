"""`groundswell sql`: psql on the tables, in the read-only role."""

import os
import shutil
import sys

import click

from groundswell.adapters.postgres import connect, session_options
from groundswell.errors import LocalStackError, UnavailableError
from groundswell.settings import Settings, load_settings
from infra.stack.postgres import binaries_folder


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("psql_arguments", nargs=-1, type=click.UNPROCESSED)
def sql(psql_arguments: tuple[str, ...]) -> None:
    """Open psql on the tables, in the read-only role; arguments go to psql as they are.

    \b
    groundswell sql
    groundswell sql -c "SELECT * FROM lake_days ORDER BY day DESC LIMIT 5"
    groundswell sql --csv -f question.sql
    """
    settings = load_settings()
    connect(settings, role="reader").close()  # for its message: psql's own doesn't say what to do
    sys.stdout.flush()
    os.execve(psql_path(), ["psql", *psql_arguments], {**os.environ, **psql_environment(settings)})


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
    return {
        "PGHOST": postgres.host,
        "PGPORT": str(postgres.port),
        "PGDATABASE": postgres.database,
        "PGUSER": postgres.reader_user,
        "PGPASSWORD": postgres.reader_password.get_secret_value(),
        "PGOPTIONS": session_options(postgres, "reader"),
        "PGAPPNAME": "groundswell sql",
        "PGCLIENTENCODING": "UTF8",
    }
