"""Keywords as numbers: what the newest hours mention is kept by number, and a keyword's text is kept once."""

from collections.abc import Collection, Iterable
from itertools import repeat

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Numbers = NDArray[np.int32]


class Vocabulary:
    """Numbers keywords from 0 on, in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._keywords: list[str] = []

    def __len__(self) -> int:
        """Return how many keywords have a number."""
        return len(self._keywords)

    def numbers(self, keywords: pa.ChunkedArray) -> Numbers:
        """Return the number of each keyword; those that have none get one."""
        coded = (chunk.dictionary_encode() for chunk in keywords.chunks)
        found = [self.numbers_of_distinct(each.dictionary)[each.indices.to_numpy()] for each in coded]
        return np.concatenate([np.zeros(0, np.int32), *found])

    def numbers_of_distinct(self, keywords: pa.StringArray) -> Numbers:
        """Return the number of each of some keywords, none of which is there twice."""
        distinct: list[str] = keywords.to_pylist()
        of_distinct = np.fromiter(map(self._numbers.get, distinct, repeat(-1)), np.int32, len(distinct))
        unknown = np.flatnonzero(of_distinct < 0)
        of_distinct[unknown] = np.arange(len(self), len(self) + len(unknown), dtype=np.int32)
        new = [distinct[place] for place in unknown.tolist()]
        self._numbers.update(zip(new, range(len(self), len(self) + len(new)), strict=True))
        self._keywords += new
        return of_distinct

    def known(self, keywords: Iterable[str]) -> Numbers:
        """Return the numbers of those of the keywords that have one."""
        found = (self._numbers.get(keyword) for keyword in keywords)
        return np.array([number for number in found if number is not None], np.int32)

    def keywords(self, numbers: Collection[int]) -> list[str]:
        """Return the keywords that have these numbers."""
        return [self._keywords[number] for number in numbers]

    def keep(self, used: NDArray[np.bool_]) -> Numbers:
        """Number anew those that are used, and forget the rest; return the new number of each old one.

        Parameters
        ----------
        used : array (len(self),) of bool

        Returns
        -------
        array (len(used),) of int
            -1 for what was forgotten.
        """
        kept = np.flatnonzero(used)
        self._keywords = self.keywords(kept.tolist())
        self._numbers = {keyword: number for number, keyword in enumerate(self._keywords)}
        renumbered = np.full(len(used), -1, np.int32)
        renumbered[kept] = np.arange(len(kept), dtype=np.int32)
        return renumbered
