"""What a streaming query says of itself, as metrics: for Postgres, and as Prometheus text on a local port."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg2
from prometheus_client import CollectorRegistry, Gauge, start_http_server
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.metrics import write_metrics
from groundswell.adapters.postgres import transaction
from groundswell.errors import SettingsError, UnavailableError

LOG = logging.getLogger(__name__)


def metrics_of(progress: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of a batch, from Spark's account of it.

    Parameters
    ----------
    progress : mapping
        An element of `StreamingQuery.recentProgress`.

    Returns
    -------
    dict
        batch_records, records_per_second, batch_seconds, batch_ended_s (epoch seconds), lag_records (on the topic and
        not in any batch yet), and of a query with state: state_bytes (in RocksDB's files), state_memory_bytes (of
        RocksDB), too_old_records.
    """
    seconds = progress["durationMs"].get("triggerExecution", 0) / 1000
    began_s = datetime.fromisoformat(progress["timestamp"]).timestamp()
    found = {
        "batch_records": float(progress["numInputRows"]),
        "records_per_second": float(progress["processedRowsPerSecond"]),
        "batch_seconds": seconds,
        "batch_ended_s": began_s + seconds,
        "lag_records": float(sum(map(_lag, progress["sources"]))),
    }
    operators = progress["stateOperators"]
    if operators:
        found |= {
            "state_bytes": float(sum(each["customMetrics"].get("rocksdbSstFileSize", 0) for each in operators)),
            "state_memory_bytes": float(sum(each["memoryUsedBytes"] for each in operators)),
            "too_old_records": float(sum(each["numRowsDroppedByWatermark"] for each in operators)),
        }
    return found


def _lag(source: Mapping[str, Any]) -> int:
    """Return the records between what a batch took and what the topic had; transaction markers are among them."""
    ends, latest = source["endOffset"], source["latestOffset"]
    if not isinstance(ends, dict) or not isinstance(latest, dict):
        return 0
    return sum(
        max(0, offset - ends.get(topic, {}).get(partition, 0))
        for topic, partitions in latest.items()
        for partition, offset in partitions.items()
    )


class MetricsBoard:
    """Where metrics are put up for others to see.

    Parameters
    ----------
    connect : callable
        Opens a connection of the board's own; its failures are logged, and tried again the next time.
    port : int
        Port of the loopback address for Prometheus text; 0: none.

    Raises
    ------
    SettingsError
        Something else is at the port.
    """

    def __init__(self, connect: Callable[[], Connection], port: int) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        registry = CollectorRegistry()
        self._gauge = Gauge("groundswell", "A metric of the pipeline", ["component", "metric"], registry=registry)
        self._server: Any = None
        if port:
            try:
                self._server, _ = start_http_server(port, "127.0.0.1", registry)
            except OSError as error:
                raise SettingsError(
                    f"metrics can't be served at port {port} ({error.strerror})",
                    "set metrics.port to a free port, or to 0 for none",
                ) from error

    def put_up(self, found: Mapping[str, Mapping[str, float]]) -> None:
        """Show values of components; a database that is away costs nobody a batch."""
        for component, values in found.items():
            for metric, value in values.items():
                self._gauge.labels(component, metric).set(value)
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            with transaction(self._connection) as connection:
                for component, values in found.items():
                    write_metrics(connection, component, values, datetime.now(UTC))
        except (psycopg2.Error, UnavailableError) as error:
            LOG.debug("metrics were not written: %s", error)

    def close(self) -> None:
        """Take everything down."""
        if self._connection is not None:
            self._connection.close()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
