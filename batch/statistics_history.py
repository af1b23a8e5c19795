"""The counts that statistics are made of: history from keyword_counts, and what the stream counted since."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, SparkSession

from groundswell.adapters.spark import read_postgres
from groundswell.domain.detector.baseline import HOUR_SECONDS, Floats
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.errors import InputError
from groundswell.settings import Settings

_DAYS_PER_READ = 7


@dataclass(frozen=True)
class Span:
    """The hours [start, end) and the time from which live counts stand in for days not parsed yet."""

    start: datetime
    live_from: datetime
    end: datetime

    @property
    def hours(self) -> int:
        """Length of the span."""
        return round((self.end - self.start).total_seconds() / HOUR_SECONDS)


def full_span(as_of: datetime, weeks: int) -> Span:
    """Return the whole history before `as_of`, without live counts."""
    return Span(as_of - timedelta(weeks=weeks), as_of, as_of)


def light_span(connection: Connection, as_of: datetime | None, weeks: int) -> Span:
    """Return the history up to the last full hour that the stream has counted, or up to `as_of`."""
    # A bucket may have begun further on than every partition was read.
    counted = _one(
        connection,
        "SELECT least((SELECT max(bucket_start) + interval '5 minutes' FROM live_increments),"
        " (SELECT max(stream_time) FROM stream_batches))",
    )
    parsed = _one(connection, "SELECT (max(day) + 1)::timestamptz FROM lake_days WHERE lake_rows > 0")
    ends = [time for time in (counted, parsed) if time is not None]
    if not ends:
        raise InputError(
            "there is nothing to refresh the statistics from", "run `groundswell stream` or `batch parse-lake` first"
        )
    end = min(as_of or max(ends), max(ends)).replace(minute=0, second=0, microsecond=0)
    return Span(end - timedelta(weeks=weeks), min(parsed or datetime.min.replace(tzinfo=UTC), end), end)


def platform_posts(connection: Connection, span: Span) -> Floats:
    """Return the platform's posts in each hour of the span; 0 is an outage."""
    posts = np.zeros(span.hours)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM bucket_start - %(start)s)::bigint / 3600 AS hour, sum(posts)::bigint FROM ("
            "SELECT bucket_start, posts FROM platform_counts"
            " WHERE bucket_start >= %(start)s AND bucket_start < %(live_from)s"
            " UNION ALL SELECT bucket_start, posts FROM live_counts"
            " WHERE keyword = %(platform)s AND bucket_start >= greatest(%(live_from)s, %(start)s)"
            " AND bucket_start < %(end)s"
            ") AS counted GROUP BY hour",
            {**vars(span), "platform": PLATFORM_KEYWORD},
        )
        for hour, count in cursor:
            posts[hour] = count
    return posts


def without_unread_start(span: Span, posts: Floats, refresh_hours: int) -> tuple[Span, Floats]:
    """Return the span and the platform's posts from the first hour with any post on, or a refresh before it.

    Hours before anything was read would pass for the first ones of a history, in which a baseline is no measure yet.
    """
    first_hour = int(span.start.timestamp()) // HOUR_SECONDS + int((posts > 0).argmax())
    start = datetime.fromtimestamp(first_hour // refresh_hours * refresh_hours * HOUR_SECONDS, UTC)
    start = max(start, span.start)
    return replace(span, start=start), posts[round((start - span.start).total_seconds() / HOUR_SECONDS) :]


def hourly_counts(spark: SparkSession, settings: Settings, span: Span) -> DataFrame:
    """Return keyword, hour (0 is the span's first) and posts, read week by week."""
    counts = _hours_of(spark, settings, span, "live_counts", span.live_from, span.end)
    start = span.start
    while start < span.live_from:
        end = min(start + timedelta(days=_DAYS_PER_READ), span.live_from)
        counts = counts.union(_hours_of(spark, settings, span, "keyword_counts", start, end))
        start = end
    return counts


def _hours_of(
    spark: SparkSession, settings: Settings, span: Span, table: str, start: datetime, end: datetime
) -> DataFrame:
    start = max(start, span.start)
    # The day lets Postgres use the index that deletes and loads use.
    days = f"AND day >= '{start:%Y-%m-%d}' AND day <= '{end:%Y-%m-%d}'" if table == "keyword_counts" else ""
    return read_postgres(
        spark,
        settings,
        f"SELECT keyword, (extract(epoch FROM bucket_start - '{start.isoformat()}'::timestamptz)::bigint / 3600"
        f" + {round((start - span.start).total_seconds() / 3600)})::int AS hour, sum(posts)::bigint AS posts"
        f" FROM {table} WHERE keyword <> '{PLATFORM_KEYWORD}' AND bucket_start >= '{start.isoformat()}'"
        f" AND bucket_start < '{end.isoformat()}' {days} GROUP BY 1, 2",
    )


def _one(connection: Connection, query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else None
