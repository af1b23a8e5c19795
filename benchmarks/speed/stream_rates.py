"""Steady rates: what was done once the warm-up was over."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Batch:
    """A micro-batch: its records, when it began and was done (epoch seconds), and Spark's own share of the time."""

    records: int
    began_at: float
    done_at: float
    milliseconds: dict[str, int]


@dataclass(frozen=True)
class Steady:
    """Records that were read after the warm-up, and the seconds that it took."""

    records: float
    seconds: float

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds


def steady(queries: Sequence[Sequence[Batch]], warm_up_batches: int = 1) -> tuple[float, Steady]:
    """Return when every query was done with its first batches, and what they did after that.

    Of several queries that read the same topic at once, the records are the mean of what each read; a batch that one of
    them was in the middle of counts by its share of the time.

    >>> one = [Batch(10, 0, 5, {}), Batch(10, 5, 7, {}), Batch(10, 7, 9, {})]
    >>> steady([one])
    (5, Steady(records=20.0, seconds=4))
    >>> steady([one, [Batch(15, 0, 6, {}), Batch(15, 6, 10, {})]])
    (6, Steady(records=15.0, seconds=4))

    Raises
    ------
    ValueError
        A query had no more batches than those of the warm-up: nothing is known of its steady rate.
    """
    if any(len(batches) <= warm_up_batches for batches in queries):
        raise ValueError("a query had no batch after the warm-up: more posts or smaller batches are needed")
    begin = max(batches[warm_up_batches - 1].done_at for batches in queries)
    end = max(batches[-1].done_at for batches in queries)
    records = sum(batch.records * _share_after(batch, begin) for batches in queries for batch in batches)
    return begin, Steady(records / len(queries), end - begin)


def _share_after(batch: Batch, begin: float) -> float:
    whole = batch.done_at - batch.began_at
    return min(1.0, max(0.0, batch.done_at - begin) / whole) if whole > 0 else float(batch.done_at > begin)
