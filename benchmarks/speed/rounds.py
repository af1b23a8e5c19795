"""Interleaved repeats: every contestant once per round, in another order each time, and compared within the round."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of several measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise measurements.

        >>> Spread.of([3.0, 1.0, 2.0])
        Spread(median=2.0, low=1.0, high=3.0)
        """
        return cls(median(values), min(values), max(values))

    def text(self, digits: int = 0) -> str:
        """Return it for a table.

        >>> Spread(52_000.0, 51_000.0, 53_000.0).text(), Spread(1.0, 0.9, 1.1).text(2)
        ('52,000 (51,000–53,000)', '1.00 (0.90–1.10)')
        """
        if self.low == self.high:
            return f"{self.median:,.{digits}f}"
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f}–{self.high:,.{digits}f})"


def rotated(contestants: Sequence[T], round_number: int) -> list[T]:
    """Return the order of a round: each round begins with the next one, so that nobody always comes first.

    >>> rotated("abc", 0), rotated("abc", 1), rotated("abc", 4)
    (['a', 'b', 'c'], ['b', 'c', 'a'], ['b', 'c', 'a'])
    """
    begin = round_number % len(contestants)
    return [*contestants[begin:], *contestants[:begin]]


@dataclass(frozen=True)
class Turn(Generic[T]):
    """One contestant's turn; rounds are counted from 0."""

    contestant: T
    round_number: int
    number: int
    of: int


def turns(contestants: Sequence[T], repeats: int) -> Iterator[Turn[T]]:
    """Yield every turn of every round."""
    number = 0
    for round_number in range(repeats):
        for contestant in rotated(contestants, round_number):
            number += 1
            yield Turn(contestant, round_number, number, repeats * len(contestants))


def ratios(rates: Mapping[str, Sequence[float]], of: str, to: str) -> Spread:
    """Return the ratio of two contestants' rates: taken within each round, as the machine's mood changes between them.

    >>> ratios({"a": [10.0, 40.0], "b": [20.0, 40.0]}, "a", "b")
    Spread(median=0.75, low=0.5, high=1.0)
    """
    return Spread.of([one / other for one, other in zip(rates[of], rates[to], strict=True)])
