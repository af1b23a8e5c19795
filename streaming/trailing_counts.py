"""The counts of the trailing windows, in memory: what candidates are chosen from whenever a bucket is complete."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from groundswell.domain.detector.baseline import HOUR_SECONDS
from groundswell.frames.buckets import BUCKET_SECONDS
from streaming.vocabulary import Numbers, Vocabulary

_SERIES = ("keyword", "ticks", "posts")


@dataclass(frozen=True)
class _Counts:
    """Posts of the keywords with these numbers; summed: each number is there once."""

    numbers: Numbers
    posts: NDArray[np.int64]
    is_summed: bool = False


class TrailingCounts:
    """Posts per keyword in each five minutes that a trailing window may still look at.

    Parameters
    ----------
    vocabulary : Vocabulary
        Numbers the keywords; it grows with what is added.
    increments : pyarrow.Table
        Of `streaming.live_counts.INCREMENTS`: what was counted before.
    first_bucket_s : int or None
        Start of the first bucket that was ever counted.
    """

    def __init__(self, vocabulary: Vocabulary, increments: pa.Table, first_bucket_s: int | None) -> None:
        self._vocabulary = vocabulary
        self._buckets: dict[int, list[_Counts]] = {}
        self.first_bucket_s = first_bucket_s
        self.add(increments)

    def add(self, increments: pa.Table) -> None:
        """Add what a batch counted, of `streaming.live_counts.INCREMENTS`."""
        numbers = self._vocabulary.numbers(increments["keyword"])
        self.add_numbered(increments["bucket_start_s"].to_numpy(), numbers, increments["posts"].to_numpy())

    def add_numbered(self, starts_s: NDArray[np.int64], numbers: Numbers, posts: NDArray[np.int64]) -> None:
        """Add counts, one of each bucket and keyword."""
        if not len(numbers):
            return
        order = np.argsort(starts_s, kind="stable")
        numbers, posts = numbers[order], posts[order]
        starts_s, first_rows = np.unique(starts_s[order], return_index=True)
        ends = [*first_rows[1:].tolist(), len(order)]
        for start_s, first, end in zip(starts_s.tolist(), first_rows.tolist(), ends, strict=True):
            self._buckets.setdefault(start_s, []).append(_Counts(numbers[first:end], posts[first:end]))
        earliest_s = int(starts_s[0])
        self.first_bucket_s = earliest_s if self.first_bucket_s is None else min(self.first_bucket_s, earliest_s)

    def forget_before(self, start_s: int) -> None:
        """Forget the buckets that start before."""
        for bucket_s in [bucket_s for bucket_s in self._buckets if bucket_s < start_s]:
            del self._buckets[bucket_s]

    def mark_used(self, used: NDArray[np.bool_]) -> None:
        """Set the marks of the keywords that have a count."""
        for parts in self._buckets.values():
            for part in parts:
                used[part.numbers] = True

    def renumber(self, renumbered: Numbers) -> None:
        """Go on with other numbers, of `Vocabulary.keep`."""
        for bucket_s, parts in self._buckets.items():
            self._buckets[bucket_s] = [replace(part, numbers=renumbered[part.numbers]) for part in parts]

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
        wanted = self._worth_judging(judged_from_s - HOUR_SECONDS + BUCKET_SECONDS, end_s, minimum_posts)
        wanted[self._vocabulary.known(followed)] = True
        numbers, ticks, posts = self._cells(start_s, end_s, wanted)
        distinct, places = np.unique(numbers, return_inverse=True)
        found = self._vocabulary.keywords(distinct.tolist())
        by_name = np.array(sorted(range(len(found)), key=found.__getitem__), np.int64)
        ranks = np.empty(len(found), np.int64)
        ranks[by_name] = np.arange(len(found))
        order = np.lexsort((ticks, ranks[places]))
        missing = sorted(set(followed).difference(found))
        cells = np.concatenate([np.bincount(ranks[places], minlength=len(found)), np.zeros(len(missing), np.int64)])
        offsets = pa.array(np.concatenate([[0], np.cumsum(cells)]).astype(np.int32))
        lists = [pa.ListArray.from_arrays(offsets, pa.array(each[order])) for each in (ticks, posts)]
        keywords = pa.array([found[row] for row in by_name.tolist()] + missing, pa.string())
        return pa.table([keywords, *lists], names=list(_SERIES))

    def _worth_judging(self, start_s: int, end_s: int, minimum_posts: int) -> NDArray[np.bool_]:
        """Return whether the keyword with each number has posts enough."""
        totals = np.zeros(len(self._vocabulary), np.int64)
        for bucket_s in self.buckets_s(start_s, end_s):
            counts = self._bucket(bucket_s)
            totals[counts.numbers] += counts.posts
        enough: NDArray[np.bool_] = totals >= max(minimum_posts, 1)
        return enough

    def _cells(
        self, start_s: int, end_s: int, wanted: NDArray[np.bool_]
    ) -> tuple[Numbers, NDArray[np.int32], NDArray[np.int64]]:
        """Return the number, tick and posts of each count of the wanted keywords."""
        numbers: list[Numbers] = [np.zeros(0, np.int32)]
        ticks, posts = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
        for bucket_s in self.buckets_s(start_s, end_s):
            counts = self._bucket(bucket_s)
            here = np.flatnonzero(wanted[counts.numbers])
            numbers.append(counts.numbers[here])
            ticks.append(np.full(len(here), (bucket_s - start_s) // BUCKET_SECONDS, np.int32))
            posts.append(counts.posts[here])
        return np.concatenate(numbers), np.concatenate(ticks), np.concatenate(posts)

    def _bucket(self, bucket_s: int) -> _Counts:
        """Return a bucket's counts, each keyword once; the parts it came in are put together for good."""
        parts = self._buckets[bucket_s]
        if len(parts) > 1 or not parts[0].is_summed:
            totals = np.zeros(len(self._vocabulary), np.int64)
            for part in parts:
                np.add.at(totals, part.numbers, part.posts)
            numbers = np.flatnonzero(totals).astype(np.int32)
            self._buckets[bucket_s] = [_Counts(numbers, totals[numbers], True)]
        return self._buckets[bucket_s][0]
