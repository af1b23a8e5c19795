"""Keyword statistics from hourly counts: whole Arrow batches of keywords through `groundswell.domain`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain.baseline import HOURS_PER_WEEK, Floats, History, HourlyCounts, Parameters
from groundswell.domain.baseline_fit import DEFAULTS, fit_keywords

_STATISTICS = (
    "keyword string, level float, scale float, profile array<float>, document_frequency double, posts bigint, "
    "history_hours int"
)


@dataclass(frozen=True)
class Platform:
    """What every keyword's fit needs of the platform as a whole."""

    history: History
    pooled_profile: Floats
    posts: int
    unseen_level: float
    parameters: Parameters = DEFAULTS


def keyword_statistics(hourly: DataFrame, platform: Platform, kept_profiles: DataFrame | None = None) -> DataFrame:
    """Fit every keyword's baseline.

    Parameters
    ----------
    hourly : DataFrame
        keyword string, hour int (0 is the history's first), posts bigint; several rows of one pair are added up.
    platform : Platform
        The history's hours and the platform's week.
    kept_profiles : DataFrame, optional
        keyword string, profile array<float> (null: the platform's): shapes that stay, only level and scale are
        fitted.

    Returns
    -------
    DataFrame
        keyword string, level float, scale float, profile array<float> (null: the platform's), document_frequency
        double, posts bigint, history_hours int.
    """
    summed = hourly.groupBy("keyword", "hour").agg(F.sum("posts").alias("posts"))
    # Sorted, so that sums of floats come out the same in every run.
    series = summed.groupBy("keyword").agg(F.sort_array(F.collect_list(F.struct("hour", "posts"))).alias("cells"))
    if kept_profiles is not None:
        series = series.join(kept_profiles, "keyword", "left")
    return series.mapInArrow(_fit_batches(platform, kept_profiles is not None), _STATISTICS)


def _fit_batches(platform: Platform, keep: bool) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def fit(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield _fit_batch(batch, platform, keep)

    return fit


def _fit_batch(batch: pa.RecordBatch, platform: Platform, keep: bool) -> pa.RecordBatch:
    cells = batch.column("cells")
    lengths = cells.value_lengths().to_numpy(zero_copy_only=False)
    flat = cells.flatten()
    hours = flat.field("hour").to_numpy(zero_copy_only=False).astype(np.int64)
    posts = flat.field("posts").to_numpy(zero_copy_only=False)
    keywords = np.repeat(np.arange(len(batch)), lengths)
    fitted = fit_keywords(
        HourlyCounts(keywords, hours, posts, len(batch)),
        platform.history,
        platform.pooled_profile,
        platform.unseen_level,
        platform.parameters,
        kept_profiles=_kept(batch.column("profile")) if keep else None,
    )
    totals = np.bincount(keywords, posts, len(batch)).astype(np.int64)
    firsts = hours[np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)]
    return pa.RecordBatch.from_arrays(
        [
            batch.column("keyword"),
            pa.array(fitted.levels, pa.float32()),
            pa.array(fitted.scales, pa.float32()),
            _profiles(fitted.profiles, fitted.profile_rows),
            pa.array(totals / max(platform.posts, 1), pa.float64()),
            pa.array(totals),
            pa.array(len(platform.history.observed) - firsts, pa.int32()),
        ],
        ["keyword", "level", "scale", "profile", "document_frequency", "posts", "history_hours"],
    )


def _kept(profiles: pa.ListArray) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    own = profiles.is_valid().to_numpy(zero_copy_only=False)
    values = profiles.drop_null().flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return values.reshape(-1, HOURS_PER_WEEK), np.where(own, np.cumsum(own) - 1, -1)


def _profiles(profiles: Floats, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.ListArray:
    own = rows >= 0
    values = pa.array(profiles[rows[own]].ravel(), pa.float32())
    offsets = np.concatenate([[0], np.cumsum(own * HOURS_PER_WEEK)])
    mask = pa.array(~own)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, mask=mask)
