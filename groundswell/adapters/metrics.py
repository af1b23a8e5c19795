"""How the pipeline does: the newest value of each metric, in Postgres (table `pipeline_metrics`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import execute_values

from groundswell.contracts.tables import PIPELINE_METRICS

_UPSERT = (
    f"INSERT INTO {PIPELINE_METRICS.name} ({', '.join(PIPELINE_METRICS.column_names)}) VALUES %s"
    " ON CONFLICT (component, metric) DO UPDATE SET value = excluded.value, measured_at = excluded.measured_at"
)


@dataclass(frozen=True)
class Metric:
    """A value and when it was measured."""

    value: float
    measured_at: datetime


Metrics = Mapping[tuple[str, str], Metric]
"""(component, metric) -> its newest value."""


def write_metrics(connection: Connection, component: str, values: Mapping[str, float], measured_at: datetime) -> None:
    """Put a component's newest values in the place of older ones; the caller commits."""
    rows = [(component, metric, value, measured_at) for metric, value in sorted(values.items())]
    if rows:
        with connection.cursor() as cursor:
            execute_values(cursor, _UPSERT, rows)


def read_metrics(connection: Connection) -> Metrics:
    """Return the newest values."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(PIPELINE_METRICS.column_names)} FROM {PIPELINE_METRICS.name}")
        return {(component, metric): Metric(value, at) for component, metric, value, at in cursor}
