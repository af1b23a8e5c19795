"""Which words of a day belong together: candidates for the watch list's phrases.

A pair of words, or three, is scored by Dunning's log-likelihood ratio (Accurate Methods for the Statistics of Surprise
and Coincidence, 1993) as NLTK computes it: how much better the counts fit words that belong together than words that
meet by chance. It is 0 or more, has no unit, grows with the number of posts, and is honest about rare pairs, where
pointwise mutual information is not. Three words are cut in two in both ways, and the weaker cut is their score; so a
pair with just any word behind it doesn't get the pair's score, and pairs and triples can be ranked together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from nltk.metrics.association import BigramAssocMeasures

from groundswell.domain.keywords import phrase_keyword

PART_SHARE = 0.8
"""A phrase that stands this often within a longer one says nothing by itself (`max 95` in `air max 95`)."""


@dataclass(frozen=True)
class Candidate:
    """Words that stood next to each other.

    Attributes
    ----------
    phrase : str
        The words with one space between.
    posts, authors : int
        Posts that hold it, and their different authors.
    cuts : tuple of (int, int)
        For each way of cutting it in two: how many groups of as many words begin with the left part, and how many end
        with the right part, each group once per post.
    groups : int
        All groups of as many words, each once per post.
    """

    phrase: str
    posts: int
    authors: int
    cuts: tuple[tuple[int, int], ...]
    groups: int


@dataclass(frozen=True)
class Proposal:
    """A phrase of a day; `rank` 1 has the highest `score`."""

    phrase: str
    posts: int
    authors: int
    score: float
    rank: int


def association(candidate: Candidate) -> float:
    """Return the log-likelihood ratio of the weaker cut; 0 where the parts meet no more often than by chance.

    >>> association(Candidate("taylor swift", 20, 9, ((25, 22),), 10_000)) > 200
    True
    >>> association(Candidate("new song", 20, 9, ((2_000, 100),), 10_000))
    0.0
    """

    def of_cut(left: int, right: int) -> float:
        if candidate.posts * candidate.groups <= left * right:
            return 0.0
        return float(BigramAssocMeasures.likelihood_ratio(candidate.posts, (left, right), candidate.groups))

    return min(of_cut(left, right) for left, right in candidate.cuts)


def proposals(candidates: Iterable[Candidate], most: int) -> list[Proposal]:
    """Return at most `most` phrases, the highest score first; parts of longer ones among them are left out."""
    scored = [(association(candidate), candidate) for candidate in candidates]
    usable = [(score, one) for score, one in scored if score > 0 and phrase_keyword(one.phrase) == one.phrase]
    parts = _parts([one for _, one in usable])
    ordered = sorted((-score, one.phrase, one) for score, one in usable if one.phrase not in parts)
    return [
        Proposal(one.phrase, one.posts, one.authors, -negative, rank)
        for rank, (negative, _, one) in enumerate(ordered[:most], start=1)
    ]


def _parts(candidates: list[Candidate]) -> set[str]:
    posts = {one.phrase: one.posts for one in candidates}
    found = set()
    for one in candidates:
        words = one.phrase.split(" ")
        for part in (" ".join(words[:-1]), " ".join(words[1:])):
            if one.posts >= PART_SHARE * posts.get(part, float("inf")):
                found.add(part)
    return found
