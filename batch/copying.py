"""Load tables by COPY from Spark's tasks, each over a connection of its own."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
from pyspark import TaskContext
from pyspark.sql import DataFrame

from batch.staging import claim_task
from groundswell.adapters.postgres import connect, copy_rows, transaction
from groundswell.errors import DataCheckError
from groundswell.frames.csv_lines import csv_lines
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)
_TRIES = 2


def copy_frame(rows: DataFrame, settings: Settings, table: str) -> int:
    """Put the rows into an empty staging table; its columns are theirs, by name.

    Each task commits by itself. Where an executor is lost between that and its word to the driver, the task is done
    again and its rows are there twice: then all of it is.

    Parameters
    ----------
    rows : DataFrame
        What `groundswell.frames.csv_lines` takes.
    settings : Settings
        Where the database is; it travels to the executors.
    table : str
        An empty table that nobody else writes.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    DataCheckError
        The table holds another number of rows than were sent, time and again.
    """
    tasks = csv_lines(rows).mapInArrow(_copier(settings, table, rows.columns), "rows bigint")
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
                rows = copy_rows(connection, table, columns, (text_of(batch.column(0)) for batch in batches))
        finally:
            connection.close()
        yield pa.RecordBatch.from_pydict({"rows": pa.array([rows], pa.int64())})

    return copy


@contextmanager
def loaded_once(settings: Settings, table: str, columns: Sequence[str]) -> Iterator[Callable[[bytes], None]]:
    """In a task: hand out what copies CSV into a staging table, in one transaction that ends with the block.

    Where an executor is lost after that, the task is done again, finds itself among those that are done, and copies
    nothing. So its rows must be the same whenever it is done.
    """
    context = TaskContext.get()
    connection = connect(settings, application_name="groundswell batch task")
    try:
        with transaction(connection), connection.cursor() as cursor:
            is_first = claim_task(cursor, table, context.partitionId() if context else 0)

            def copy(text: bytes) -> None:
                if is_first:
                    copy_rows(connection, table, columns, [text])

            yield copy
    finally:
        connection.close()


def text_of(lines: pa.Array) -> bytes:
    """Return all texts of an array as one: Arrow keeps them one after the other already."""
    lines = lines.cast(pa.large_string())
    if len(lines) == 0:
        return b""
    total = pc.sum(pc.binary_length(lines)).as_py()
    start = int.from_bytes(lines.buffers()[1][lines.offset * 8 : lines.offset * 8 + 8].to_pybytes(), "little")
    text: bytes = lines.buffers()[2][start : start + total].to_pybytes()
    return text
