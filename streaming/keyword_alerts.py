"""Keyword counts, judged against the statistics in Postgres; alerts to the topic and to Postgres."""

from datetime import datetime
from functools import partial

from pyspark.sql import SparkSession
from pyspark.sql.streaming import StreamingQuery

from groundswell.adapters.kafka import producer
from groundswell.adapters.postgres import connect
from groundswell.adapters.stopwords import stopwords
from groundswell.frames.mentions import Reading, posts_once
from groundswell.settings import Settings
from streaming.counting import Counter
from streaming.hand_over import HandOver
from streaming.judging import Judge
from streaming.kafka_source import posts_stream, since_time
from streaming.triggers import trigger

NAME = "keyword_alerts"


class KeywordAlerts:
    """The query, and what works through its batches: one judge, also where the query has to be started again.

    Parameters
    ----------
    spark : SparkSession
    settings : Settings
    available_now : bool
        Work through what is there, then end.
    since : datetime or None
        Posts stamped before are left out.
    """

    def __init__(self, spark: SparkSession, settings: Settings, available_now: bool, since: datetime | None) -> None:
        self._spark = spark
        self._settings = settings
        self._available_now = available_now
        self._since = since
        self._reading = Reading(
            frozenset(stopwords(settings.text.stopword_languages)), settings.stream.deduplication_hours * 3600
        )
        self._judge: Judge | None = None
        self._hand_over: HandOver | None = None

    def start(self) -> StreamingQuery:
        """Start the query where its checkpoint is."""
        settings = self._settings
        if self._judge is None or self._hand_over is None:
            connect_here = partial(connect, settings, application_name=f"groundswell {NAME}")
            counter = Counter(settings, self._reading.stopwords)
            self._judge = Judge(settings, connect_here, producer(settings), counter)
            self._hand_over = HandOver(connect_here, self._judge)
        # A batch without records could only tidy up the state, which the next one does too; alerts would wait for it.
        self._spark.conf.set("spark.sql.streaming.noDataMicroBatches.enabled", "false")
        # Each part has its files to commit in every batch, whatever is in it.
        self._spark.conf.set("spark.sql.shuffle.partitions", settings.stream.state_partitions)
        posts = posts_once(
            since_time(posts_stream(self._spark, settings, include_headers=False), self._since), self._reading
        )
        writer = posts.writeStream.queryName(NAME).outputMode("append").foreachBatch(self._hand_over)
        query = (
            trigger(writer, settings, self._available_now)
            .option("checkpointLocation", f"{settings.checkpoint_root}/{NAME}")
            .start()
        )
        # What an earlier process left doesn't wait for the next post.
        self._hand_over.resume(query.id)
        return query

    def is_behind(self) -> bool:
        """Tell whether a batch that Spark has read is not worked through yet; raises what one died of."""
        return self._hand_over is not None and self._hand_over.is_behind()

    def finish(self) -> None:
        """Return when all that Spark has read is worked through; raises what a batch died of."""
        if self._hand_over is not None:
            self._hand_over.finish()

    def close(self) -> None:
        """Let go of the database, after the query has ended and the batch at hand is worked through."""
        if self._hand_over is not None:
            self._hand_over.close()
        if self._judge is not None:
            self._judge.close()
