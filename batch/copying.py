"""Load a DataFrame into a table by COPY, each partition over a connection of its own."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from groundswell.adapters.postgres import connect, copy_rows, transaction
from groundswell.errors import DataCheckError
from groundswell.frames.csv_lines import csv_lines
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)
_TRIES = 2


def copy_frame(rows: DataFrame, settings: Settings, table: str) -> int:
    """Put the rows into an empty staging table; its columns are theirs, by name. See `copy_lines`."""
    return copy_lines(csv_lines(rows), settings, table, rows.columns)


def copy_lines(lines: DataFrame, settings: Settings, table: str, columns: Sequence[str]) -> int:
    """Put lines of CSV into an empty staging table.

    Each task commits by itself. Where an executor is lost between that and its word to the driver, the task is done
    again and its rows are there twice: then all of it is.

    Parameters
    ----------
    lines : DataFrame
        One column of text, each with its newline, as of `groundswell.frames.csv_lines`.
    settings : Settings
        Where the database is; it travels to the executors.
    table : str
        An empty table that nobody else writes.
    columns : sequence of str
        What the fields of a line are.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    DataCheckError
        The table holds another number of rows than were sent, time and again.
    """
    tasks = lines.mapInArrow(_copier(settings, table, list(columns)), "rows bigint")
    for _ in range(_TRIES):
        sent = sum(int(row["rows"]) for row in tasks.collect())
        held = _held(settings, table)
        if held == sent:
            return sent
        LOG.warning("%s holds %d rows, %d were sent: an executor was lost at the wrong moment", table, held, sent)
        _empty(settings, table)
    raise DataCheckError(f"{table} held {held} rows, {sent} were sent", "run the command again")


def _held(settings: Settings, table: str) -> int:
    connection = connect(settings)
    try:
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            (held,) = cursor.fetchone() or (0,)
    finally:
        connection.close()
    return int(held)


def _empty(settings: Settings, table: str) -> None:
    connection = connect(settings)
    try:
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table}")
    finally:
        connection.close()


def _copier(
    settings: Settings, table: str, columns: list[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def copy(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        connection = connect(settings, application_name="groundswell batch task")
        try:
            with transaction(connection):
                rows = copy_rows(connection, table, columns, map(_text, batches))
        finally:
            connection.close()
        yield pa.RecordBatch.from_pydict({"rows": pa.array([rows], pa.int64())})

    return copy


def _text(batch: pa.RecordBatch) -> bytes:
    """Return all lines of a batch: Arrow keeps them one after the other already."""
    lines = batch.column(0).cast(pa.large_string())
    if len(lines) == 0:
        return b""
    total = pc.sum(pc.binary_length(lines)).as_py()
    start = int.from_bytes(lines.buffers()[1][lines.offset * 8 : lines.offset * 8 + 8].to_pybytes(), "little")
    text: bytes = lines.buffers()[2][start : start + total].to_pybytes()
    return text
