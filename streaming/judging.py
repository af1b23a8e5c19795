"""What happens to each micro-batch of posts: count them, judge the counts, carry the episodes on."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Producer
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from groundswell.adapters.postgres import transaction
from groundswell.contracts.topics import ALERTS
from groundswell.domain.episodes import Episode, JudgedBucket, advance, closed_if_quiet
from groundswell.domain.keywords import PLATFORM_KEYWORD, keyword_kind
from groundswell.domain.score import TRAILING_SECONDS, Thresholds, least_anomalous_count
from groundswell.errors import GroundswellError
from groundswell.frames.keyword_counts import BUCKET_SECONDS
from groundswell.frames.scoring import with_score, with_statistics, with_trailing_hour
from groundswell.settings import Settings
from streaming import alert_store, live_counts
from streaming.counting import Counted, Counter
from streaming.statistics_source import StatisticsSource

LOG = logging.getLogger(__name__)


def thresholds_of(settings: Settings) -> Thresholds:
    """Return the detector's thresholds from the settings."""
    detection = settings.detection
    return Thresholds(
        discovery_z=detection.discovery_z,
        watchlist_z=detection.watchlist_z,
        minimum_posts=detection.minimum_posts,
        minimum_lift=detection.minimum_lift,
        maximum_document_frequency=detection.maximum_document_frequency,
    )


class Judge:
    """Works through micro-batches of posts; made for `foreachBatch`.

    A batch may come twice, when the stream died between its commit in Postgres and Spark's own. The ledger keeps it
    from being counted twice, and alert ids are deterministic, so the second pass sends the same records again.
    """

    def __init__(
        self, spark: SparkSession, settings: Settings, connect: Callable[[], Connection], producer: Producer
    ) -> None:
        self._spark = spark
        self._settings = settings
        self._connect = connect
        self._producer = producer
        self._connection: Connection | None = None
        self._counter = Counter(spark, settings)
        self._statistics = StatisticsSource(spark, settings)
        self._thresholds = thresholds_of(settings)

    def __call__(self, posts: DataFrame, batch_id: int) -> None:
        """Work through one batch."""
        query_id = posts.sparkSession.sparkContext.getLocalProperty("sql.streaming.queryId")
        if not query_id:
            raise GroundswellError("keyword_alerts: Spark does not say which query this is, so nothing was counted")
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        with transaction(self._connection) as connection:
            phrases = [keyword for keyword in self._watched(connection) if keyword_kind(keyword) == "phrase"]
            counted = self._counter.count(connection, posts, query_id, batch_id, phrases)
            if counted is not None:
                self._judge(connection, counted, batch_id)

    def close(self) -> None:
        """Close the connection; a later batch opens another."""
        if self._connection is not None:
            self._connection.close()

    def _judge(self, connection: Connection, counted: Counted, batch_id: int) -> None:
        """Judge what a batch changed, and carry the episodes on."""
        judged = self._judged(connection, counted.counts) if counted.counts.num_rows else []
        states = self._episode_states(connection, judged, int(counted.newest_bucket.timestamp()))
        alert_store.save(connection, states)
        topic = ALERTS.name(self._settings.kafka.topic_prefix)
        alert_store.send(self._producer, topic, alert_store.worth_sending(states))
        LOG.debug(
            "batch %d: %d counts, %d anomalous, %d states",
            batch_id,
            counted.counts.num_rows,
            len(judged),
            len(states),
        )

    def _judged(self, connection: Connection, counts: pa.Table) -> list[JudgedBucket]:
        """Return the anomalous buckets among the counts, in the order of their start."""
        current = self._statistics.current(connection)
        if current is None:
            LOG.warning(
                "no keyword statistics yet: counting, not judging (run `groundswell batch recompute-statistics`)"
            )
            return []
        facts, statistics = current
        earliest: datetime = pc.min(counts["bucket_start"]).as_py()
        latest: datetime = pc.max(counts["bucket_start"]).as_py()
        hour_before = earliest - timedelta(seconds=TRAILING_SECONDS)
        recent = live_counts.read(self._spark, self._settings, hour_before, latest)
        updates = self._spark.createDataFrame(counts)
        trailing = with_trailing_hour(updates, recent, BUCKET_SECONDS).where(
            (F.col("keyword") != PLATFORM_KEYWORD) & (F.col("observed") >= least_anomalous_count(self._thresholds))
        )
        scored = with_score(
            with_statistics(trailing, statistics, facts),
            self._watched(connection),
            self._thresholds,
            BUCKET_SECONDS,
        )
        # As a number: a collected timestamp would be naive, in the time zone of this machine.
        anomalous = scored.where("score > 1").withColumn("bucket_start_s", F.unix_timestamp("bucket_start"))
        return [_judged_bucket(row) for row in anomalous.orderBy("bucket_start_s").collect()]

    def _watched(self, connection: Connection) -> Collection[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT keyword FROM watchlist")
            return [keyword for (keyword,) in cursor]

    def _episode_states(self, connection: Connection, judged: list[JudgedBucket], stream_time_s: int) -> list[Episode]:
        by_keyword: dict[str, list[JudgedBucket]] = defaultdict(list)
        for bucket in judged:
            by_keyword[bucket.keyword].append(bucket)
        known = alert_store.latest_episodes(connection, by_keyword)
        states = [state for keyword, buckets in by_keyword.items() for state in advance(known.get(keyword), buckets)]
        still_open = {state.alert_id: state for state in states}
        for quiet in alert_store.quiet_episodes(connection, stream_time_s):
            still_open.setdefault(quiet.alert_id, quiet)
        closed = (
            closed_if_quiet(episode, stream_time_s) for episode in still_open.values() if episode.state != "closed"
        )
        return states + [episode for episode in closed if episode.state == "closed"]


def _judged_bucket(row: Row) -> JudgedBucket:
    return JudgedBucket(
        keyword=row["keyword"],
        bucket_start_s=row["bucket_start_s"],
        bucket_seconds=BUCKET_SECONDS,
        observed=float(row["observed"]),
        expected=row["expected"],
        lower=row["lower"],
        upper=row["upper"],
        score=row["score"],
        watched=row["watched"],
        statistics_version=row["statistics_version"],
    )
