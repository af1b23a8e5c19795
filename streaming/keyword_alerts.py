"""Keyword counts, judged against the statistics in Postgres; alerts to the topic and to Postgres."""

from datetime import datetime

from pyspark.sql import SparkSession
from pyspark.sql.streaming import StreamingQuery

from groundswell.adapters.kafka import producer
from groundswell.adapters.postgres import connect
from groundswell.adapters.stopwords import stopwords
from groundswell.frames.keyword_counts import keyword_counts
from groundswell.frames.keywords import stopwords_frame
from groundswell.settings import Settings
from streaming.judging import Judge
from streaming.kafka_source import posts_stream, since_time
from streaming.triggers import trigger

NAME = "keyword_alerts"


def start(spark: SparkSession, settings: Settings, available_now: bool, since: datetime | None) -> StreamingQuery:
    """Start the query; posts stamped before `since` are left out."""
    counts = keyword_counts(
        since_time(posts_stream(spark, settings, include_headers=False), since),
        stopwords_frame(spark, stopwords(settings.text.stopword_languages)),
        remembered_seconds=settings.stream.deduplication_hours * 3600,
        lateness_seconds=settings.stream.lateness_minutes * 60,
    )
    judge = Judge(
        spark, settings, lambda: connect(settings, application_name=f"groundswell {NAME}"), producer(settings)
    )
    writer = counts.writeStream.queryName(NAME).outputMode("update").foreachBatch(judge)
    return (
        trigger(writer, settings, available_now)
        .option("checkpointLocation", f"{settings.checkpoint_root}/{NAME}")
        .start()
    )
