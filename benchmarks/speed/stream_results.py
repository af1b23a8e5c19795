"""What the queries left behind: the shipped one's counts in Postgres, the original way's in files."""

import contextlib
import csv
import io
import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.speed.stream_data import Counted
from groundswell.adapters.postgres import connect, transaction
from groundswell.settings import Settings

_LIVE = ("live_increments", "stream_batches", "stream_kept_batches", "alerts")


@dataclass(frozen=True)
class Live:
    """What the alerts query counted, and what it left out."""

    counted: Counted
    late_posts: int
    known_posts: int
    alerts: int


def empty_live_tables(settings: Settings) -> None:
    """Empty what the alerts query writes, as a new checkpoint begins with the first post."""
    connection = connect(settings, application_name="groundswell bench")
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_LIVE)} CASCADE")
    connection.close()


def counted_live(settings: Settings) -> Live:
    """Return what is in the live tables."""
    connection = connect(settings, application_name="groundswell bench")
    text = io.StringIO()
    with transaction(connection), connection.cursor() as cursor:
        query = "SELECT extract(epoch FROM bucket_start)::bigint, keyword, posts FROM live_counts"
        cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv)", text)
        cursor.execute("SELECT coalesce(sum(late_posts), 0), coalesce(sum(known_posts), 0) FROM stream_batches")
        left_out = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM alerts")
        alerts = cursor.fetchone()
    connection.close()
    assert left_out is not None
    assert alerts is not None
    text.seek(0)
    return Live(_of_rows(text), int(left_out[0]), int(left_out[1]), int(alerts[0]))


def counted_by_spark(folder: Path) -> Counted:
    """Return the last count of each window and word; each batch's folder holds those that it changed."""
    latest: dict[tuple[int, str], int] = {}
    for batch in sorted(folder.iterdir(), key=lambda path: int(path.name.partition("=")[2])):
        for path in batch.glob("*.parquet"):
            rows = pq.ParquetFile(path).read()
            columns = [rows[name].to_pylist() for name in ("bucket", "word", "count")]
            latest.update({(bucket_s, word): posts for bucket_s, word, posts in zip(*columns, strict=True)})
    return Counted.of((bucket_s, word, posts) for (bucket_s, word), posts in latest.items())


def counted_csv(paths: Sequence[Path], unwanted: Collection[str] = frozenset()) -> Counted:
    """Return what stands in CSV files: start of the bucket (epoch seconds or a time in UTC), keyword, posts.

    Parameters
    ----------
    paths : sequence of Path
    unwanted : collection of str
        Keywords that are passed over.
    """
    with contextlib.ExitStack() as files:
        opened = [files.enter_context(path.open(encoding="utf-8", newline="")) for path in paths]
        return _of_rows(itertools.chain.from_iterable(opened), unwanted)


def _of_rows(lines: Iterable[str], unwanted: Collection[str] = frozenset()) -> Counted:
    rows = csv.reader(lines)
    return Counted.of(
        (_epoch_s(start), keyword, int(posts)) for start, keyword, posts in rows if keyword not in unwanted
    )


@lru_cache
def _epoch_s(start: str) -> int:
    return int(start) if start.isdigit() else int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp())
