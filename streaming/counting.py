"""From a micro-batch of posts to the live tables in Postgres: what is new is added once, the rest is accounted for."""

import logging
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from groundswell.adapters.stopwords import stopwords
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.keyword_counts import is_late, keyword_counts, with_mentions
from groundswell.frames.keywords import stopwords_frame
from groundswell.settings import Settings
from streaming import batch_ledger, known_posts, live_counts, recent_posts
from streaming.batch_ledger import Entry

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
class _Arrived:
    """A batch before anything is left out: its size and its times."""

    posts: int
    oldest: datetime
    read_up_to: datetime
    may_be_known: bool


class Counter:
    """Counts micro-batches of posts into live_counts and live_posts.

    Parameters
    ----------
    spark : SparkSession
    settings : Settings
    """

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self._settings = settings
        self._stopwords = stopwords_frame(spark, stopwords(settings.text.stopword_languages))
        self._expired_in: datetime | None = None

    def count(
        self, connection: Connection, posts: DataFrame, query_id: str, batch_id: int, phrases: list[str]
    ) -> Counted | None:
        """Add a batch; None where it has no posts, or the ledger has it already. The caller commits.

        Parameters
        ----------
        connection : Connection
        posts : DataFrame
            A batch of `groundswell.frames.keyword_counts.posts_once`.
        query_id : str
        batch_id : int
        phrases : list of str
            Those that are counted.
        """
        mentions = with_mentions(posts, self._settings.stream.deduplication_hours * 3600, phrases).persist()
        try:
            arrived = _arrived(mentions)
            return None if arrived is None else self._add(connection, mentions, arrived, query_id, batch_id)
        finally:
            mentions.unpersist()

    def _add(
        self, connection: Connection, mentions: DataFrame, arrived: _Arrived, query_id: str, batch_id: int
    ) -> Counted | None:
        stream = self._settings.stream
        if batch_ledger.forget_other_checkpoints(connection, query_id):
            LOG.warning("the checkpoint is new: live counts begin anew with it")
        if batch_ledger.is_done(connection, query_id, batch_id):
            LOG.info("batch %d was counted and judged already", batch_id)
            return None
        before = batch_ledger.stream_time_before(connection, query_id, batch_id)
        self._expire(connection, query_id, before)
        known = _known(connection, mentions) if arrived.may_be_known else []
        counted = _without(mentions, known).where(~is_late(before, stream.lateness_minutes * 60))
        increments = keyword_counts(counted, self._stopwords).toArrow()
        live_counts.add(connection, increments)
        recent_posts.write(connection, counted)
        stream_time = max(before or arrived.read_up_to, arrived.read_up_to)
        counted_posts, known_posts = _platform_posts(increments), len(known)
        late_posts = arrived.posts - known_posts - counted_posts
        batch_ledger.note(connection, Entry(query_id, batch_id, stream_time, counted_posts, known_posts, late_posts))
        if late_posts:
            LOG.warning("batch %d: %d posts came too late to be counted live", batch_id, late_posts)
        return Counted(before or arrived.oldest, stream_time)

    def _expire(self, connection: Connection, query_id: str, judged_up_to: datetime | None) -> None:
        """Do it once in each hour of stream time; what is not judged yet stays."""
        if judged_up_to is None:
            return
        hour = judged_up_to.replace(minute=0, second=0, microsecond=0)
        if self._expired_in is None or hour > self._expired_in:
            stream = self._settings.stream
            live_counts.expire(connection, judged_up_to, stream.live_counts_hours)
            batch_ledger.expire(connection, query_id, judged_up_to, stream.live_counts_hours)
            recent_posts.expire(connection, judged_up_to, stream.evidence_hours)
            self._expired_in = hour


def _arrived(mentions: DataFrame) -> _Arrived | None:
    """Return a batch's size and times; None where it is empty.

    Partitions are read at different speeds. The one furthest behind says how far the topic was read, so that in a
    replay of long ago no post is late only because another partition was read further.
    """
    partitions = (
        mentions.groupBy("partition")
        .agg(
            F.count("*").alias("posts"),
            F.min("seen_at").alias("oldest"),
            F.max("seen_at").alias("newest"),
            F.count_if("may_be_known").alias("old"),
        )
        .toArrow()
    )
    if not partitions.num_rows:
        return None
    return _Arrived(
        pc.sum(partitions["posts"]).as_py(),
        pc.min(partitions["oldest"]).as_py(),
        pc.min(partitions["newest"]).as_py(),
        pc.sum(partitions["old"]).as_py() > 0,
    )


def _platform_posts(increments: pa.Table) -> int:
    of_platform = increments.filter(pc.equal(increments["keyword"], PLATFORM_KEYWORD))
    return pc.sum(of_platform["posts"], min_count=0).as_py() or 0


def _known(connection: Connection, mentions: DataFrame) -> list[str]:
    return known_posts.seen_before(connection, mentions.where("may_be_known").select("post_id", "seen_at").toArrow())


def _without(mentions: DataFrame, known: list[str]) -> DataFrame:
    if not known:
        return mentions
    ids = mentions.sparkSession.createDataFrame(pa.table({"post_id": pa.array(known, pa.string())}))
    return mentions.join(F.broadcast(ids), "post_id", "left_anti")
