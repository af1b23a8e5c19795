"""What a nightly job did, as metrics in Postgres: `groundswell status` tells from them whether the night went well."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

import psycopg2

from groundswell.adapters.metrics import write_metrics
from groundswell.adapters.postgres import connect, transaction
from groundswell.errors import UnavailableError
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)


def note_numbers(settings: Settings, job: str, done: Mapping[str, object]) -> None:
    """Write the numbers among what a job says it did."""
    note_values(settings, job, {name: float(value) for name, value in done.items() if isinstance(value, int | float)})


def note_values(settings: Settings, job: str, values: Mapping[str, float]) -> None:
    """Write values of a job; where Postgres is away the job's own error says so."""
    try:
        connection = connect(settings, application_name=f"groundswell {job}")
        try:
            with transaction(connection):
                write_metrics(connection, job, values, datetime.now(UTC))
        finally:
            connection.close()
    except (psycopg2.Error, UnavailableError) as error:
        LOG.debug("metrics of %s were not written: %s", job, error)
