"""Count keywords and load their counts as packed lines of CSV, which go on to their place day by day."""

from collections.abc import Callable, Collection, Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from pyarrow import csv
from pyspark.sql import DataFrame

from batch import staging
from batch.copying import loaded_once
from groundswell.adapters.postgres import copy_rows
from groundswell.frames.csv_fields import quoted
from groundswell.frames.post_tables import KEYWORD_COUNTS, daily_keyword_counts
from groundswell.frames.python_workers import remember_archives
from groundswell.settings import Settings

_ROWS_OF_A_PACK = 50_000
_PLAIN = csv.WriteOptions(include_header=False, quoting_style="needed")


def load_counts(mentions: DataFrame, watched: Collection[str], settings: Settings) -> int:
    """Stage the counts of keywords; return how many rows they are.

    Parameters
    ----------
    mentions : DataFrame
        From `groundswell.frames.post_tables.keyword_mentions`.
    watched : collection of str
        Keywords that are kept however rare.
    settings : Settings
        Where the database is; it travels to the executors.
    """
    tasks = mentions.mapInArrow(_loader(frozenset(watched), settings), "rows bigint")
    return sum(int(row["rows"]) for row in tasks.collect())


def place_counts(cursor: Cursor, day: object) -> int:
    """Put a day's staged counts in place; return how many rows they are."""
    with cursor.connection.cursor("packs") as packs:
        packs.itersize = 1
        packs.execute(f"SELECT lines FROM {staging.COUNTS} WHERE day = %s", [day])
        return sum(copy_rows(cursor.connection, "keyword_counts", KEYWORD_COUNTS.names, pack) for pack in packs)


def _loader(
    watched: Collection[str], settings: Settings
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def load(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        remember_archives()
        mentions = [batch for batch in batches if len(batch)]
        if not mentions:
            return
        minimum = settings.text.minimum_posts_per_day
        counts = daily_keyword_counts(pa.Table.from_batches(mentions), watched, minimum)
        with loaded_once(settings, staging.COUNTS, ("day", "lines")) as copy:
            for pack in packs_of(counts):
                copy(pack)
        yield pa.RecordBatch.from_pydict({"rows": pa.array([len(counts)], pa.int64())})

    return load


def packs_of(counts: pa.Table) -> Iterator[bytes]:
    """Return lines of CSV of a day and many lines of that day's counts: to Postgres they are one value till then."""
    for day in pc.unique(counts.column("day")):
        of_day = counts.filter(pc.equal(counts.column("day"), day))
        for start in range(0, len(of_day), _ROWS_OF_A_PACK):
            sink = pa.BufferOutputStream()
            csv.write_csv(of_day.slice(start, _ROWS_OF_A_PACK), sink, _PLAIN)
            yield f"{day},{quoted(sink.getvalue().to_pybytes().decode())}\n".encode()
