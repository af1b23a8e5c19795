"""Trailing windows of many keywords at once: their counts joined with their statistics."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from groundswell.domain.detector.baseline import Baselines, Floats
from groundswell.domain.detector.windows import Ticks, Windows, judged_windows


def with_statistics(counts: pa.Table, statistics: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the counts of the keywords that have statistics, and their statistics, row by row.

    Parameters
    ----------
    counts : pyarrow.Table
        Of `streaming.trailing_counts.TrailingCounts.series`.
    statistics : pyarrow.Table
        Of `streaming.statistics_source.STATISTICS`.
    """
    places = pc.index_in(counts["keyword"], statistics["keyword"].combine_chunks())
    has_row = places.is_valid()
    return counts.filter(has_row), statistics.take(places.filter(has_row))


def windows_by_statistics(counts: pa.Table, statistics: pa.Table, pooled_profile: Floats, ticks: Ticks) -> Windows:
    """Judge each keyword's windows by its statistics.

    Parameters
    ----------
    counts, statistics : pyarrow.Table
        Of `with_statistics`.
    pooled_profile : array (168,)
        The platform's profile of the version.
    ticks : Ticks
    """

    def floats(name: str) -> Floats:
        values: Floats = statistics[name].to_numpy()
        return values

    dispersions = np.stack([floats("dispersion_hour"), floats("dispersion_six_hours")], axis=1)
    baselines = Baselines(floats("level"), dispersions, *_own_profiles(statistics["profile"], len(pooled_profile)))
    return judged_windows(laid_out(counts, len(ticks.exposure)), baselines, pooled_profile, ticks)


def laid_out(counts: pa.Table, length: int) -> Floats:
    """Return (K, length): the counts of `ticks` and `posts`, ticks without posts as 0."""
    rows, ticks = _flat(counts["ticks"])
    laid = np.zeros((counts.num_rows, length))
    laid[rows, ticks] = _flat(counts["posts"])[1]
    return laid


def _own_profiles(profiles: pa.ChunkedArray, slots: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return (m, slots) profiles of those that have one, and each row's place among them; -1: none."""
    lists = profiles.combine_chunks()
    own = lists.value_lengths().to_numpy() > 0
    values = lists.flatten().to_numpy().astype(np.float64)
    return values.reshape(-1, slots), np.where(own, np.cumsum(own) - 1, -1)


def _flat(lists: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row of each element, and the elements."""
    whole = lists.combine_chunks()
    rows = np.repeat(np.arange(len(whole)), whole.value_lengths().to_numpy(zero_copy_only=False))
    return rows, whole.flatten().to_numpy(zero_copy_only=False)
