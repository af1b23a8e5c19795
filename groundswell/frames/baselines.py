"""Keyword statistics from hourly counts: whole Arrow batches of keywords through `groundswell.domain`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain.detector.baseline import HOURS_PER_WEEK, Floats, History, HourlyCounts, Parameters, TaughtHours
from groundswell.domain.detector.baseline_fit import DEFAULTS, fit_keywords
from groundswell.domain.detector.newcomers import newcomer_peaks

_STATISTICS = (
    "keyword string, level float, dispersion_hour float, dispersion_six_hours float, profile array<float>, "
    "document_frequency double, posts bigint, history_hours int, newcomer_peak int"
)


@dataclass(frozen=True)
class Platform:
    """What every keyword's fit needs of the platform as a whole."""

    history: History
    pooled_profile: Floats
    posts: int
    unseen_level: float
    parameters: Parameters = DEFAULTS


def keyword_statistics(
    hourly: DataFrame, platform: Platform, kept_profiles: DataFrame | None = None, taught: DataFrame | None = None
) -> DataFrame:
    """Fit every keyword's baseline.

    Parameters
    ----------
    hourly : DataFrame
        keyword string, hour int (0 is the history's first), posts bigint; several rows of one pair are added up.
    platform : Platform
        The history's hours and the platform's week.
    kept_profiles : DataFrame, optional
        keyword string, profile array<float> (null: the platform's): shapes that stay, only level and dispersion are
        fitted.
    taught : DataFrame, optional
        keyword string, hour int, kind string (`left_out` or `taken_whole`): what people said of single hours.

    Returns
    -------
    DataFrame
        keyword string, level float, dispersion_hour float, dispersion_six_hours float, profile array<float> (null: the
        platform's), document_frequency double, posts bigint, history_hours int, newcomer_peak int (posts in the
        busiest hour of the first day of a keyword that was new within the history, else null).
    """
    summed = hourly.groupBy("keyword", "hour").agg(F.sum("posts").alias("posts"))
    # Sorted, so that sums of floats come out the same in every run.
    series = summed.groupBy("keyword").agg(F.sort_array(F.collect_list(F.struct("hour", "posts"))).alias("cells"))
    if kept_profiles is not None:
        series = series.join(kept_profiles, "keyword", "left")
    if taught is not None:
        marks = taught.groupBy("keyword").agg(F.sort_array(F.collect_set(F.struct("hour", "kind"))).alias("marks"))
        series = series.join(F.broadcast(marks), "keyword", "left")
    return series.mapInArrow(_fit_batches(platform), _STATISTICS)


def _fit_batches(platform: Platform) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def fit(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield _fit_batch(batch, platform)

    return fit


def _fit_batch(batch: pa.RecordBatch, platform: Platform) -> pa.RecordBatch:
    keywords, cells = _spread(batch.column("cells"))
    hours = cells.field("hour").to_numpy(zero_copy_only=False).astype(np.int64)
    posts = cells.field("posts").to_numpy(zero_copy_only=False)
    counts = HourlyCounts(keywords, hours, posts, len(batch))
    fitted = fit_keywords(
        counts,
        platform.history,
        platform.pooled_profile,
        platform.unseen_level,
        platform.parameters,
        kept_profiles=_own_profiles(batch.column("profile"), HOURS_PER_WEEK)
        if "profile" in batch.schema.names
        else None,
        taught=_taught(batch.column("marks")) if "marks" in batch.schema.names else TaughtHours(),
    )
    totals = np.bincount(keywords, posts, len(batch)).astype(np.int64)
    firsts = hours[np.searchsorted(keywords, np.arange(len(batch)))]
    peaks = newcomer_peaks(counts, platform.history.exposure > 0)
    return pa.RecordBatch.from_arrays(
        [
            batch.column("keyword"),
            pa.array(fitted.levels, pa.float32()),
            pa.array(fitted.dispersions[:, 0], pa.float32()),
            pa.array(fitted.dispersions[:, 1], pa.float32()),
            _profiles(fitted.profiles, fitted.profile_rows),
            pa.array(totals / max(platform.posts, 1), pa.float64()),
            pa.array(totals),
            pa.array(len(platform.history.exposure) - firsts, pa.int32()),
            pa.array(peaks, pa.int32(), mask=peaks == 0),
        ],
        [field.split()[0] for field in _STATISTICS.split(", ")],
    )


def _spread(lists: pa.ListArray) -> tuple[NDArray[np.int64], pa.StructArray]:
    """Return the row of each element, and the elements."""
    lengths = lists.fill_null([]).value_lengths().to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(lists)), lengths), lists.flatten()


def _taught(marks: pa.ListArray) -> TaughtHours:
    keywords, flat = _spread(marks)
    hours = flat.field("hour").to_numpy(zero_copy_only=False).astype(np.int64)
    left_out = np.array([kind == "left_out" for kind in flat.field("kind").to_pylist()], bool)
    return TaughtHours(keywords[left_out], hours[left_out], keywords[~left_out], hours[~left_out])


def _profiles(profiles: Floats, rows: NDArray[np.int64]) -> pa.ListArray:
    own = rows >= 0
    values = pa.array(profiles[rows[own]].ravel(), pa.float32())
    offsets = np.concatenate([[0], np.cumsum(own * HOURS_PER_WEEK)])
    mask = pa.array(~own)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, mask=mask)


def _own_profiles(profiles: pa.ListArray, slots: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return (m, slots) profiles of those that have one, and each row's place among them; -1: none."""
    own = profiles.is_valid().to_numpy(zero_copy_only=False)
    values = profiles.drop_null().flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return values.reshape(-1, slots), np.where(own, np.cumsum(own) - 1, -1)
