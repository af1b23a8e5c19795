"""From a micro-batch of posts to the live tables in Postgres: what is new is added once, the rest is accounted for."""

import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.settings import Settings
from streaming import batch_ledger, kept_batches, known_posts, live_counts, tally
from streaming.batch_ledger import Entry
from streaming.recent_memory import RecentMemory, read_back

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counted:
    """How far a batch brought the stream.

    Attributes
    ----------
    before : datetime
        How far it had come before; the batch's oldest post where it was the first.
    stream_time : datetime
        How far it has come: every post up to here is counted.
    """

    before: datetime
    stream_time: datetime


@dataclass(frozen=True)
class _Batch:
    """Which batch it is, and how far the stream had come before."""

    query_id: str
    batch_id: int
    before: datetime | None


class Counter:
    """Counts micro-batches of posts into live_increments and what is kept of them in memory.

    Parameters
    ----------
    settings : Settings
    stopwords : collection of str
        What is no keyword: they were left out of the posts' keywords, and no phrase is found by them.
    """

    def __init__(self, settings: Settings, stopwords: Collection[str]) -> None:
        self._settings = settings
        self._stopwords = stopwords
        self._expired_in: datetime | None = None
        self._recent: RecentMemory | None = None

    @property
    def recent(self) -> RecentMemory:
        """The newest windows, with the last batch that was counted."""
        if self._recent is None:
            raise RuntimeError("nothing was counted yet")
        return self._recent

    def forget(self) -> None:
        """Forget what is in memory: a batch was not committed, and the next one begins with what Postgres has."""
        self._recent = None

    def count(
        self, connection: Connection, posts: pa.Table, query_id: str, batch_id: int, phrases: list[str]
    ) -> Counted | None:
        """Add a batch; None where it has no posts, or the ledger has it already. The caller commits.

        Parameters
        ----------
        connection : Connection
        posts : pyarrow.Table
            Of `groundswell.frames.mentions.MENTIONS`, each post once.
        query_id : str
        batch_id : int
        phrases : list of str
            Those that are counted.
        """
        if not posts.num_rows:
            return None
        if batch_ledger.forget_other_checkpoints(connection, query_id):
            LOG.warning("the checkpoint is new: live counts begin anew with it")
            self.forget()
        if batch_ledger.is_done(connection, query_id, batch_id):
            LOG.info("batch %d was counted and judged already", batch_id)
            return None
        before = batch_ledger.stream_time_before(connection, query_id, batch_id)
        self._expire(connection, query_id, before)
        if self._recent is None:
            self._recent = read_back(connection, before, self._settings.stream.evidence_hours)
        return self._add(connection, self._recent, posts, _Batch(query_id, batch_id, before), phrases)

    def _add(
        self, connection: Connection, recent: RecentMemory, posts: pa.Table, batch: _Batch, phrases: list[str]
    ) -> Counted:
        seen = tally.arrived(posts)
        known = known_posts.seen_before(connection, posts.filter(posts["may_be_known"]).select(["post_id", "seen_at"]))
        in_time = tally.in_time(tally.without(posts, known), batch.before, self._settings.stream.lateness_minutes * 60)
        counted = tally.with_phrases(in_time, phrases, self._stopwords)
        mentions = tally.Mentions.of(counted)
        # What Postgres does with the batch and what stays of it in memory need each other in nothing.
        with ThreadPoolExecutor(1, "recent memory") as beside:
            remembered = beside.submit(recent.add, counted, mentions)
            live_counts.add(connection, mentions.increments())
            if counted is not in_time or counted.num_rows < posts.num_rows:
                kept_batches.keep(connection, batch.query_id, batch.batch_id, counted)
            remembered.result()
        stream_time = max(batch.before or seen.read_up_to, seen.read_up_to)
        late_posts = posts.num_rows - len(known) - counted.num_rows
        batch_ledger.note(
            connection, Entry(batch.query_id, batch.batch_id, stream_time, counted.num_rows, len(known), late_posts)
        )
        if late_posts:
            LOG.warning("batch %d: %d posts came too late to be counted live", batch.batch_id, late_posts)
        return Counted(batch.before or seen.oldest, stream_time)

    def _expire(self, connection: Connection, query_id: str, judged_up_to: datetime | None) -> None:
        """Do it once in each hour of stream time; what is not judged yet stays."""
        if judged_up_to is None:
            return
        hour = judged_up_to.replace(minute=0, second=0, microsecond=0)
        if self._expired_in is None or hour > self._expired_in:
            stream = self._settings.stream
            live_counts.expire(connection, judged_up_to, stream.live_counts_hours)
            batch_ledger.expire(connection, query_id, judged_up_to, stream.live_counts_hours)
            kept_batches.expire(connection, query_id, judged_up_to, stream.evidence_hours)
            if self._recent is not None:
                self._recent.expire(judged_up_to, stream.evidence_hours)
            self._expired_in = hour
