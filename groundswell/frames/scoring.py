"""Statistics join and judgement of trailing windows in Spark: whole Arrow batches through `groundswell.domain`."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain.detector.baseline import Baselines, Floats
from groundswell.domain.detector.windows import Ticks, Windows, judged_windows

_FACTS = "keyword string, document_frequency double, history_hours int"
_WINDOWS = (
    "observed array<double>, expected array<double>, least_expected array<double>, z array<double>, "
    "dispersions array<double>"
)


def with_windows(counts: DataFrame, statistics: DataFrame, pooled_profile: Floats, ticks: Ticks) -> DataFrame:
    """Join each keyword's statistics and judge its windows.

    Parameters
    ----------
    counts : DataFrame
        keyword string, ticks array<int>, posts array<bigint>: in which ticks it had how many posts. Few rows: they are
        sent to where the statistics are.
    statistics : DataFrame
        keyword string, level, dispersion_hour, dispersion_six_hours float, profile array<float> or null (the
        platform's), document_frequency float, history_hours int: the rows of one version.
    pooled_profile : array (168,)
        The platform's profile of that version.
    ticks : Ticks

    Returns
    -------
    DataFrame
        Of the keywords that have statistics: keyword string, document_frequency double, history_hours int, and
        array<double> columns observed, expected, least_expected, z (m ticks x 3 windows, row by row), dispersions
        (m x 2).
    """
    joined = statistics.join(F.broadcast(counts), "keyword")
    return joined.mapInArrow(_judge(pooled_profile, ticks), f"{_FACTS}, {_WINDOWS}")


def laid_out(batch: pa.RecordBatch | pa.Table, length: int) -> Floats:
    """Return (K, length): the counts of `ticks` and `posts`, ticks without posts as 0."""
    ticks, posts = (_flat(batch.column(name)) for name in ("ticks", "posts"))
    laid = np.zeros((batch.num_rows, length))
    laid[ticks[0], ticks[1]] = posts[1]
    return laid


def windows_of(judged: pa.Table) -> Windows:
    """Return the windows of the rows that `with_windows` gave."""
    rows = judged.num_rows

    def cube(name: str, last: int) -> Floats:
        return _flat(judged.column(name))[1].reshape(rows, -1, last)

    return Windows(
        cube("observed", 3), cube("expected", 3), cube("least_expected", 3), cube("z", 3), cube("dispersions", 2)
    )


def _judge(pooled: Floats, ticks: Ticks) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def judge(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch.num_rows:
                yield _judge_batch(batch, pooled, ticks)

    return judge


def _judge_batch(batch: pa.RecordBatch, pooled: Floats, ticks: Ticks) -> pa.RecordBatch:
    def floats(name: str) -> Floats:
        values: Floats = batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        return values

    dispersions = np.stack([floats("dispersion_hour"), floats("dispersion_six_hours")], axis=1)
    baselines = Baselines(floats("level"), dispersions, *own_profiles(batch.column("profile"), len(pooled)))
    windows = judged_windows(laid_out(batch, len(ticks.exposure)), baselines, pooled, ticks)
    parts = (windows.observed, windows.expected, windows.least_expected, windows.z, windows.dispersions)
    return pa.RecordBatch.from_arrays(
        [
            batch.column("keyword"),
            pa.array(floats("document_frequency")),
            batch.column("history_hours").cast(pa.int32()),
            *(_lists(part) for part in parts),
        ],
        names=[column.split()[0] for column in f"{_FACTS}, {_WINDOWS}".split(", ")],
    )


def own_profiles(profiles: pa.ListArray, slots: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return (m, slots) profiles of those that have one, and each row's place among them; -1: none."""
    own = profiles.is_valid().to_numpy(zero_copy_only=False)
    values = profiles.drop_null().flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return values.reshape(-1, slots), np.where(own, np.cumsum(own) - 1, -1)


def _lists(values: Floats) -> pa.ListArray:
    each = values[0].size
    return pa.ListArray.from_arrays(np.arange(len(values) + 1, dtype=np.int32) * each, pa.array(values.ravel()))


def _flat(lists: pa.ListArray | pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the row of each element, and the elements."""
    if isinstance(lists, pa.ChunkedArray):
        lists = lists.combine_chunks()
    lengths = lists.value_lengths().to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(lists)), lengths)
    return rows, lists.flatten().to_numpy(zero_copy_only=False)
