"""The counts of the trailing windows, in memory: what candidates are chosen from whenever a bucket is complete."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from groundswell.domain.detector.baseline import HOUR_SECONDS
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.buckets import BUCKET_SECONDS

_SERIES_TYPES = {"keyword": pa.string(), "ticks": pa.list_(pa.int32()), "posts": pa.list_(pa.int64())}
_BUCKET = pa.schema({"keyword": pa.string(), "posts": pa.int64()})


class TrailingCounts:
    """Posts per keyword in each five minutes that a trailing window may still look at.

    Parameters
    ----------
    increments : pyarrow.Table
        Of `streaming.live_counts.INCREMENTS`: what was counted before.
    first_bucket_s : int or None
        Start of the first bucket that was ever counted.
    """

    def __init__(self, increments: pa.Table, first_bucket_s: int | None) -> None:
        self._buckets: dict[int, list[pa.Table]] = {}
        self.first_bucket_s = first_bucket_s
        self.add(increments)

    def add(self, increments: pa.Table) -> None:
        """Add what a batch counted, of `streaming.live_counts.INCREMENTS`."""
        if not increments.num_rows:
            return
        by_bucket = increments.sort_by("bucket_start_s")
        starts, first_rows = np.unique(by_bucket["bucket_start_s"].to_numpy(), return_index=True)
        ends = [*first_rows[1:].tolist(), by_bucket.num_rows]
        rows = by_bucket.select(_BUCKET.names)
        for start_s, first, end in zip(starts.tolist(), first_rows.tolist(), ends, strict=True):
            self._buckets.setdefault(start_s, []).append(rows.slice(first, end - first))
        earliest_s = int(starts[0])
        self.first_bucket_s = earliest_s if self.first_bucket_s is None else min(self.first_bucket_s, earliest_s)

    def forget_before(self, start_s: int) -> None:
        """Forget the buckets that start before."""
        for bucket_s in [bucket_s for bucket_s in self._buckets if bucket_s < start_s]:
            del self._buckets[bucket_s]

    def buckets_s(self, start_s: int, end_s: int) -> list[int]:
        """Return the starts of the buckets in [start_s, end_s) that have any post, in their order."""
        return sorted(bucket_s for bucket_s in self._buckets if start_s <= bucket_s < end_s)

    def series(
        self, start_s: int, judged_from_s: int, end_s: int, minimum_posts: int, followed: Collection[str]
    ) -> pa.Table:
        """Return the counts of the keywords that are worth judging.

        Parameters
        ----------
        start_s, judged_from_s, end_s : int
            Buckets that start in [start_s, end_s) are returned, those from `judged_from_s` on are to be judged.
        minimum_posts : int
            A keyword with fewer posts in all trailing hours that are judged is left out.
        followed : collection of str
            Keywords that are there whatever they have.

        Returns
        -------
        pyarrow.Table
            keyword string, ticks list<int32>, posts list<int64>: posts in the buckets that have any, numbered from the
            one that starts at `start_s`; keywords and ticks in their order.
        """
        wanted = self._worth_judging(judged_from_s - HOUR_SECONDS + BUCKET_SECONDS, end_s, minimum_posts, followed)
        cells = self._cells(start_s, end_s, wanted)
        keywords = pc.run_end_encode(cells["keyword"].combine_chunks()) if cells.num_rows else None
        found = pa.array([], pa.string()) if keywords is None else keywords.values
        ends = np.zeros(0, np.int32) if keywords is None else keywords.run_ends.to_numpy()
        missing = pa.array(sorted(set(followed) - set(found.to_pylist())), pa.string())
        offsets = pa.array(np.concatenate([[0], ends, np.full(len(missing), cells.num_rows)]).astype(np.int32))
        lists = [pa.ListArray.from_arrays(offsets, cells[name].combine_chunks()) for name in ("ticks", "posts")]
        return pa.table([pa.concat_arrays([found, missing]), *lists], names=list(_SERIES_TYPES))

    def _worth_judging(self, start_s: int, end_s: int, minimum_posts: int, followed: Collection[str]) -> pa.Array:
        recent = [self._bucket(bucket_s) for bucket_s in self.buckets_s(start_s, end_s)]
        totals = pa.concat_tables([_BUCKET.empty_table(), *recent]).group_by("keyword").aggregate([("posts", "sum")])
        enough = totals.filter(pc.greater_equal(totals["posts_sum"], minimum_posts))["keyword"]
        return pa.concat_arrays([enough.combine_chunks(), pa.array(list(followed), pa.string())])

    def _cells(self, start_s: int, end_s: int, wanted: pa.Array) -> pa.Table:
        starts_s = self.buckets_s(start_s, end_s)
        tables = [self._bucket(bucket_s) for bucket_s in starts_s]
        sizes = [table.num_rows for table in tables]
        ticks = np.repeat(np.array([(bucket_s - start_s) // BUCKET_SECONDS for bucket_s in starts_s], np.int32), sizes)
        cells = pa.concat_tables([_BUCKET.empty_table(), *tables]).append_column("ticks", pa.array(ticks, pa.int32()))
        cells = cells.filter(pc.is_in(cells["keyword"], wanted))
        return cells.sort_by([("keyword", "ascending"), ("ticks", "ascending")])

    def _bucket(self, bucket_s: int) -> pa.Table:
        """Return a bucket's counts, each keyword once; the parts it came in are put together for good."""
        parts = self._buckets[bucket_s]
        if len(parts) > 1:
            counted = pa.concat_tables(parts).group_by("keyword").aggregate([("posts", "sum")])
            self._buckets[bucket_s] = [counted.rename_columns(_BUCKET.names)]
        return self._buckets[bucket_s][0]


def platform_posts(increments: pa.Table) -> int:
    """Return how many posts a batch counted."""
    of_platform = increments.filter(pc.equal(increments["keyword"], PLATFORM_KEYWORD))
    return pc.sum(of_platform["posts"], min_count=0).as_py() or 0
