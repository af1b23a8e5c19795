"""Who mentioned what in the trailing windows, in memory: the voices behind a keyword, and its loudest posts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.domain.evidence import SHOWN_POSTS
from streaming import kept_batches
from streaming.vocabulary import Numbers, Vocabulary

VOICES = pa.schema(
    {
        "seen_at_us": pa.int64(),
        "post_id": pa.string(),
        "author": pa.string(),
        "text_fingerprint": pa.int64(),
        "engagement": pa.int64(),
        "keywords": pa.list_(pa.string()),
    }
)
"""What is kept of a post; a post without an author has one of its own."""

_MICROSECONDS = 1_000_000
_POSTS_A_PART = 50_000
_READ = ("seen_at", "post_id", "author_id", "text_fingerprint", "engagement", "keywords")

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ShownPost:
    """Where to find a post that is shown."""

    post_id: str
    seen_at_us: int
    engagement: int


@dataclass(frozen=True)
class Behind:
    """A keyword's posts in a window.

    Attributes
    ----------
    posts : int
    authors : int
        Different authors; a post without one is counted as an author of its own.
    texts : int
        Different texts, copies taken as one; see `groundswell.domain.spam`.
    top : tuple of ShownPost
        The `SHOWN_POSTS` with most engagement, most first.
    """

    posts: int
    authors: int
    texts: int
    top: tuple[ShownPost, ...]


@dataclass(frozen=True)
class _Posts:
    """n posts and their mentions: those of post i are `mentions[starts[i]:starts[i + 1]]`."""

    seen_at_us: Integers
    authors: Integers
    texts: Integers
    engagement: Integers
    post_ids: pa.Array
    starts: NDArray[np.int32]
    mentions: Numbers

    def mentioning(self, wanted: NDArray[np.bool_], start_us: int, end_us: int) -> tuple[Numbers, NDArray[np.int64]]:
        """Return each mention of a wanted keyword in [start, end): the keyword's number, and the post's place."""
        found = np.flatnonzero(wanted[self.mentions])
        rows = np.searchsorted(self.starts, found, side="right") - 1
        seen_at_us = self.seen_at_us[rows]
        inside = (seen_at_us >= start_us) & (seen_at_us < end_us)
        return self.mentions[found[inside]], rows[inside]

    def since(self, start_us: int) -> "_Posts":
        """Return those that were seen from a time on."""
        kept = self.seen_at_us >= start_us
        lengths = np.diff(self.starts)
        return _Posts(
            self.seen_at_us[kept],
            self.authors[kept],
            self.texts[kept],
            self.engagement[kept],
            self.post_ids.filter(pa.array(kept)),
            _starts(lengths[kept]),
            self.mentions[np.repeat(kept, lengths)],
        )


class RecentMentions:
    """The newest posts.

    Parameters
    ----------
    vocabulary : Vocabulary
        Numbers the keywords.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._parts: list[_Posts] = []

    def __len__(self) -> int:
        """Return how many posts there are."""
        return sum(len(part.authors) for part in self._parts)

    def add(self, posts: pa.Table, mentions: Numbers) -> None:
        """Add posts.

        Parameters
        ----------
        posts : pyarrow.Table
            Of `VOICES`.
        mentions : array of int
            The numbers of all their keywords, one post's after the other's.
        """
        if not posts.num_rows:
            return
        authors = posts["author"].to_pylist()
        part = _Posts(
            posts["seen_at_us"].to_numpy(),
            # Two authors with one hash in 64 bits would be taken for one.
            np.fromiter(map(hash, authors), np.int64, len(authors)),
            posts["text_fingerprint"].to_numpy(),
            posts["engagement"].to_numpy(),
            posts["post_id"].combine_chunks(),
            _starts(posts["keywords"].combine_chunks().value_lengths().to_numpy()),
            mentions,
        )
        # So many small parts as there are batches would be long to look through.
        if self._parts and len(self._parts[-1].authors) + len(part.authors) <= _POSTS_A_PART:
            part = _together([self._parts.pop(), part])
        self._parts.append(part)

    def forget_before(self, start_s: int) -> None:
        """Forget the posts that were seen before."""
        start_us = start_s * _MICROSECONDS
        kept = (part.since(start_us) if part.seen_at_us.min() < start_us else part for part in self._parts)
        self._parts = [part for part in kept if len(part.authors)]

    def mark_used(self, used: NDArray[np.bool_]) -> None:
        """Set the marks of the keywords that are mentioned."""
        for part in self._parts:
            used[part.mentions] = True

    def renumber(self, renumbered: Numbers) -> None:
        """Go on with other numbers, of `Vocabulary.keep`."""
        self._parts = [replace(part, mentions=renumbered[part.mentions]) for part in self._parts]

    def behind(self, keywords: Collection[str], start_s: int, end_s: int) -> dict[str, Behind]:
        """Return what is behind each of the keywords that was mentioned in [start_s, end_s), epoch seconds."""
        wanted = np.zeros(len(self._vocabulary), bool)
        wanted[self._vocabulary.known(keywords)] = True
        window_us = start_s * _MICROSECONDS, end_s * _MICROSECONDS
        found = [(part, *part.mentioning(wanted, *window_us)) for part in self._parts]
        numbers = np.concatenate([np.zeros(0, np.int32), *(numbers for _, numbers, _ in found)])
        order = np.argsort(numbers, kind="stable")
        distinct, firsts = np.unique(numbers[order], return_index=True)
        behind = _Found(found)
        groups = np.split(order, firsts[1:]) if len(distinct) else []
        names = self._vocabulary.keywords(distinct.tolist())
        return {keyword: behind.of(places) for keyword, places in zip(names, groups, strict=True)}


class _Found:
    """Mentions found in some parts, one after the other."""

    def __init__(self, found: list[tuple[_Posts, Numbers, NDArray[np.int64]]]) -> None:
        self._found = found
        self._ends = np.cumsum([len(rows) for *_, rows in found])
        self._authors = self._all("authors")
        self._texts = self._all("texts")
        self._engagement = self._all("engagement")

    def of(self, places: NDArray[np.int64]) -> Behind:
        """Sum up the mentions at these places: those of one keyword."""
        top = sorted(
            (self._post(place) for place in self._loudest(places).tolist()),
            key=lambda post: (-post.engagement, post.post_id),
        )
        authors, texts = (len(np.unique(each[places])) for each in (self._authors, self._texts))
        return Behind(len(places), authors, texts, tuple(top))

    def _loudest(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the `SHOWN_POSTS` with most engagement; of equal ones, the smallest ids."""
        if len(places) <= SHOWN_POSTS:
            return places
        engagement = self._engagement[places]
        least = np.partition(engagement, -SHOWN_POSTS)[-SHOWN_POSTS]
        above, equal = places[engagement > least], places[engagement == least]
        # Without counts, all posts of a feed are equal: objects are made of those that are shown.
        chosen = pc.bottom_k_unstable(self._post_ids.take(pa.array(equal)), SHOWN_POSTS - len(above)).to_numpy()
        return np.concatenate([above, equal[chosen.astype(np.int64)]])

    @cached_property
    def _post_ids(self) -> pa.ChunkedArray:
        return pa.chunked_array([posts.post_ids.take(pa.array(rows)) for posts, _, rows in self._found], pa.string())

    def _all(self, name: str) -> Integers:
        parts = [getattr(posts, name)[rows] for posts, _, rows in self._found]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def _post(self, place: int) -> ShownPost:
        part = int(np.searchsorted(self._ends, place, side="right"))
        posts, _, rows = self._found[part]
        row = int(rows[place - (self._ends[part] - len(rows))])
        return ShownPost(posts.post_ids[row].as_py(), int(posts.seen_at_us[row]), int(posts.engagement[row]))


def voices_of(posts: pa.Table) -> pa.Table:
    """Return posts of `groundswell.frames.mentions.MENTIONS` as `VOICES`."""
    author = pc.coalesce(
        pc.binary_join_element_wise("id ", posts["author_id"], ""),
        pc.binary_join_element_wise("of ", posts["post_id"], ""),
    )
    written = posts.append_column("seen_at_us", posts["seen_at"].cast(pa.int64())).append_column("author", author)
    return written.select(VOICES.names)


def voices_since(connection: Connection, start_s: int) -> Iterator[pa.Table]:
    """Yield the counted posts in Postgres that were seen from `start_s` on, of `VOICES`, some thousand at a time."""
    for posts in kept_batches.counted_since(connection, start_s, _READ):
        part = voices_of(posts).cast(VOICES)
        yield part.filter(pc.greater_equal(part["seen_at_us"], start_s * _MICROSECONDS))


def _together(parts: list[_Posts]) -> _Posts:
    def joined(name: str) -> Integers:
        return np.concatenate([getattr(part, name) for part in parts])

    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    return _Posts(
        joined("seen_at_us"),
        joined("authors"),
        joined("texts"),
        joined("engagement"),
        pa.concat_arrays([part.post_ids for part in parts]),
        _starts(lengths),
        np.concatenate([part.mentions for part in parts]),
    )


def _starts(lengths: NDArray[np.int32]) -> NDArray[np.int32]:
    starts: NDArray[np.int32] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return starts
