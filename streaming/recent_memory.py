"""The newest windows in memory: counts and mentions of the same keywords; a stream that goes on reads them back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.domain.detector.score import WINDOW_SECONDS
from groundswell.frames.buckets import BUCKET_SECONDS
from streaming import live_counts
from streaming.recent_mentions import RecentMentions, voices_of, voices_since
from streaming.tally import Mentions
from streaming.trailing_counts import TrailingCounts
from streaming.vocabulary import Numbers, Vocabulary

_WORTH_RENUMBERING = 2
"""Keywords are numbered anew where so many times as many have a number as are used."""


class RecentMemory:
    """What buckets that are judged from now on look back at.

    Parameters
    ----------
    vocabulary : Vocabulary
    counts : TrailingCounts
    mentions : RecentMentions
        Both number keywords by the vocabulary.
    """

    def __init__(self, vocabulary: Vocabulary, counts: TrailingCounts, mentions: RecentMentions) -> None:
        self._vocabulary = vocabulary
        self.counts = counts
        self.mentions = mentions

    def add(self, posts: pa.Table, mentions: Mentions) -> None:
        """Add a batch of posts, of `groundswell.frames.mentions.MENTIONS`, and their mentions."""
        numbers = self._vocabulary.numbers_of_distinct(mentions.keywords)
        self.counts.add_numbered(mentions.starts_s, numbers[mentions.counted_numbers], mentions.posts)
        self.mentions.add(voices_of(posts), numbers[mentions.numbers])

    def expire(self, judged_up_to: datetime, evidence_hours: int) -> None:
        """Forget what nothing looks back at any more."""
        self.counts.forget_before(_counts_from_s(judged_up_to))
        self.mentions.forget_before(_mentions_from_s(judged_up_to, evidence_hours))
        used = np.zeros(len(self._vocabulary), bool)
        self.counts.mark_used(used)
        self.mentions.mark_used(used)
        if len(used) > _WORTH_RENUMBERING * np.count_nonzero(used):
            renumbered = self._vocabulary.keep(used)
            self.counts.renumber(renumbered)
            self.mentions.renumber(renumbered)


def read_back(connection: Connection, judged_up_to: datetime | None, evidence_hours: int) -> RecentMemory:
    """Return what Postgres has for a stream that has come so far; None: it begins, and nothing is there."""
    vocabulary = Vocabulary()
    if judged_up_to is None:
        counted, first_bucket_s = live_counts.INCREMENTS.empty_table(), None
        parts: Iterable[pa.Table] = ()
    else:
        counted = live_counts.since(connection, _counts_from_s(judged_up_to))
        first_bucket_s = live_counts.first_bucket_s(connection)
        parts = voices_since(connection, _mentions_from_s(judged_up_to, evidence_hours))
    counts = TrailingCounts(vocabulary, counted, first_bucket_s)
    mentions = RecentMentions(vocabulary)
    # Part by part: the keywords of all of them in one array would soon be more text than Arrow's offsets reach.
    for posts in parts:
        mentions.add(posts, numbers_of(posts, vocabulary))
    return RecentMemory(vocabulary, counts, mentions)


def numbers_of(posts: pa.Table, vocabulary: Vocabulary) -> Numbers:
    """Return the numbers of all keywords of posts of `VOICES`, one post's after the other's."""
    return vocabulary.numbers(pa.chunked_array([posts["keywords"].combine_chunks().flatten()], pa.string()))


def _counts_from_s(judged_up_to: datetime) -> int:
    return int(judged_up_to.timestamp()) - WINDOW_SECONDS[-1] - BUCKET_SECONDS


def _mentions_from_s(judged_up_to: datetime, evidence_hours: int) -> int:
    kept_from = judged_up_to - timedelta(hours=evidence_hours)
    return max(int(kept_from.timestamp()), _counts_from_s(judged_up_to))
