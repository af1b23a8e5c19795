"""Turn days of the lake into tables in Postgres, each day replaced in one transaction."""

import logging
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, SparkSession

from batch import staging
from batch.lake_days import LakeSnapshot, newest_snapshot
from batch.load_counts import load_counts
from batch.load_posts import load_posts
from batch.replace_day import DayFacts, replace_day
from groundswell.adapters.postgres import connect, session_lock, transaction
from groundswell.adapters.spark import read_postgres
from groundswell.adapters.stopwords import stopwords
from groundswell.domain.keywords import keyword_kind
from groundswell.errors import DataCheckError
from groundswell.frames import post_tables
from groundswell.frames.post_lines import Reading
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)

RECORDS_PER_CHUNK = 1_000_000
DAYS_PER_CHUNK = 31
POSTS_PER_TASK = 250_000  # while keywords are counted, all mentions of a task are in memory


def parse_lake(
    settings: Settings, make_session: Callable[[], SparkSession], first: date, last: date
) -> Iterator[dict[str, Any]]:
    """Parse the days from `first` to `last`, both included; yield what was done for each as it is done.

    Small days are read together, for a Spark job costs about as much for one as for a month of them.

    Raises
    ------
    DataCheckError
        A day failed its checks; it is as it was before, days before it stay parsed.
    """
    connection = connect(settings, application_name="groundswell parse-lake")
    try:
        with session_lock(connection, "parse-lake"):
            spark = make_session()
            lake = newest_snapshot(spark, settings)
            rows = lake.rows_per_day(spark, first, last)
            if not rows:
                LOG.warning("the lake holds no record of these days; it holds %s", lake.held_days(spark))
            days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
            for chunk in chunks(days, rows):
                LOG.info("%s: reading %d records", _name(chunk), sum(rows.get(day, 0) for day in chunk))
                with (
                    staging.staging_tables(connection),
                    _staged(connection, spark, settings, lake, chunk) as (facts, counted),
                ):
                    for day in chunk:
                        yield _replace(connection, facts.get(day, DayFacts(day)), rows.get(day, 0), counted)
    finally:
        connection.close()


def chunks(days: Iterable[date], rows: dict[date, int]) -> Iterator[list[date]]:
    """Put days together that are read in one go, by the number of records of each."""
    chunk: list[date] = []
    size = 0
    for day in days:
        if chunk and (size + rows.get(day, 0) > RECORDS_PER_CHUNK or len(chunk) == DAYS_PER_CHUNK):
            yield chunk
            chunk, size = [], 0
        chunk.append(day)
        size += rows.get(day, 0)
    yield chunk


def _name(chunk: list[date]) -> str:
    return str(chunk[0]) if len(chunk) == 1 else f"{chunk[0]} to {chunk[-1]}"


@contextmanager
def _staged(
    connection: Connection, spark: SparkSession, settings: Settings, lake: LakeSnapshot, chunk: list[date]
) -> Iterator[tuple[dict[date, DayFacts], Callable[[], object]]]:
    """Stage the posts; hand out what is known of each day, and what waits for the keywords' counts.

    Spark counts keywords while Postgres puts the posts in place: neither uses the whole machine by itself.
    """
    watched = _watched(connection)
    phrases = tuple(sorted(keyword for keyword in watched if keyword_kind(keyword) == "phrase"))
    reading = Reading(frozenset(stopwords(settings.text.stopword_languages)), phrases)
    read = load_posts(lake.records(spark, chunk[0], chunk[-1]), reading, settings)
    sighted = post_tables.sighted(read).persist()
    try:
        facts = {row["day"]: DayFacts(**row.asDict()) for row in post_tables.ledger(sighted).collect()}
        LOG.info("%s: telling new posts from known ones", _name(chunk))
        new = _without_known(connection, spark, settings, post_tables.first_sightings(sighted))
        posts = sum(day.distinct_posts for day in facts.values())
        tasks = max(settings.spark.shuffle_partitions, math.ceil(posts / POSTS_PER_TASK))
        mentions = post_tables.keyword_mentions(new, tasks)
        staging.index_posts(connection)
        LOG.info("%s: putting posts in place, counting keywords meanwhile", _name(chunk))
        with _meanwhile(spark, lambda: load_counts(mentions, watched, settings)) as wait:
            yield facts, wait
    finally:
        sighted.unpersist()


@contextmanager
def _meanwhile(spark: SparkSession, work: Callable[[], object]) -> Iterator[Callable[[], object]]:
    """Do work in another thread; hand out what waits for its end and raises what it raised."""
    with ThreadPoolExecutor(1, "groundswell-parse-lake") as pool:
        doing = pool.submit(work)
        try:
            yield doing.result
        finally:
            if not doing.done():
                spark.sparkContext.cancelAllJobs()


def _without_known(connection: Connection, spark: SparkSession, settings: Settings, posts: DataFrame) -> DataFrame:
    if not staging.find_known_posts(connection):
        return posts
    known = read_postgres(spark, settings, f"SELECT day, post_id FROM {staging.KNOWN}")
    return posts.join(known, ["day", "post_id"], "left_anti")


def _watched(connection: Connection) -> list[str]:
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("SELECT keyword FROM watchlist")
        return [keyword for (keyword,) in cursor]


def _replace(connection: Connection, facts: DayFacts, lake_rows: int, counted: Callable[[], object]) -> dict[str, Any]:
    if facts.lake_rows != lake_rows:
        raise DataCheckError(
            f"{facts.day}: the lake holds {lake_rows} records, {facts.lake_rows} were read; nothing was changed",
            "run the command again; if it stays, the lake's table needs a look",
        )
    done = replace_day(connection, facts, counted)
    for warning in done["warnings"]:
        LOG.warning("%s: %s", facts.day, warning)
    return done
