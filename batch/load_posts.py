"""Read the lake's records and load their posts: the task that reads a post puts it into the staging table, too."""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame

from batch import staging
from batch.copying import loaded_once, text_of
from groundswell.frames.post_lines import (
    COUNTED_COLUMNS,
    COUNTED_SCHEMA,
    RECORD_COLUMNS,
    STAGED_COLUMNS,
    Reading,
    read_batch,
    staged_lines,
)
from groundswell.frames.python_workers import remember_archives
from groundswell.settings import Settings


def load_posts(records: DataFrame, reading: Reading, settings: Settings) -> DataFrame:
    """Return one row per record; where it is a post, it is staged when its row has been read.

    Each task commits by itself, see `batch.copying.loaded_once`: those of a snapshot of the lake always read the same.

    Parameters
    ----------
    records : DataFrame
        Columns of `groundswell.contracts.posts.RECORD_SCHEMA`, right from the lake.
    reading : Reading
        What keywords are.
    settings : Settings
        Where the database is; it travels to the executors.

    Returns
    -------
    DataFrame
        Columns `groundswell.frames.post_lines.COUNTED_COLUMNS`.
    """
    load = _loader(reading, settings)
    return records.select(*RECORD_COLUMNS).mapInArrow(load, COUNTED_SCHEMA)


def _loader(reading: Reading, settings: Settings) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def load(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        remember_archives()
        with loaded_once(settings, staging.POSTS, STAGED_COLUMNS) as copy:
            for batch in batches:
                read = read_batch(batch, reading)
                copy(text_of(staged_lines(read)))
                yield read.select(COUNTED_COLUMNS)

    return load
