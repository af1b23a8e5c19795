"""Propose phrases for the watch list: words of a day's posts that stand together more often than chance."""

import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import execute_values
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from groundswell.adapters.postgres import connect, session_lock, transaction
from groundswell.adapters.spark import read_postgres
from groundswell.adapters.stopwords import stopwords
from groundswell.contracts.tables import PHRASE_PROPOSALS
from groundswell.domain.collocations import Candidate, Proposal, proposals
from groundswell.errors import InputError
from groundswell.frames import collocations
from groundswell.frames.keywords import stopwords_frame
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)

LENGTHS = (2, 3)
MOST_CANDIDATES = 20_000
"""Of each length; bounds what is brought together in this process."""


def propose_phrases(settings: Settings, make_session: Callable[[], SparkSession], day: date) -> dict[str, Any]:
    """Replace the day's proposals.

    Raises
    ------
    InputError
        The day was not parsed.
    """
    connection = connect(settings, application_name="groundswell propose-phrases")
    try:
        with session_lock(connection, "propose-phrases"):
            posts = _posts_of(connection, day)
            if not posts:
                LOG.warning("%s: no post was first seen that day", day)
            found = list(_candidates(settings, make_session(), day)) if posts else []
            proposed = proposals(found, settings.text.phrases_per_day)
            _replace(connection, day, proposed)
    finally:
        connection.close()
    return {"day": day.isoformat(), "posts": posts, "candidates": len(found), "proposed": len(proposed)}


def _posts_of(connection: Connection, day: date) -> int:
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("SELECT new_posts FROM lake_days WHERE day = %s", [day])
        row = cursor.fetchone()
    if row is None:
        raise InputError(f"{day} was not parsed", f"run `groundswell batch parse-lake --day {day}` first")
    return int(row[0])


def _candidates(settings: Settings, spark: SparkSession, day: date) -> Iterator[Candidate]:
    posts = _texts(settings, spark, day)
    words = stopwords_frame(spark, stopwords(settings.text.stopword_languages))
    for length in LENGTHS:
        LOG.info("%s: counting groups of %d words", day, length)
        groups = collocations.word_groups(posts, length)
        counted = collocations.counted_groups(groups, length).persist()
        try:
            total = counted.agg(F.sum("posts").alias("groups")).collect()[0]["groups"]
            authors = settings.text.phrase_minimum_authors
            for row in collocations.candidates(counted, words, length, authors, MOST_CANDIDATES).collect():
                cuts = tuple((cut["left"], cut["right"]) for cut in row["cuts"])
                yield Candidate(row["phrase"], row["posts"], row["authors"], cuts, total)
        finally:
            counted.unpersist()


def _texts(settings: Settings, spark: SparkSession, day: date) -> DataFrame:
    query = (
        "SELECT text, coalesce(author_id, post_id) AS author FROM posts"
        f" WHERE first_seen_at >= '{day}Z' AND first_seen_at < '{day + timedelta(days=1)}Z'"
    )
    return read_postgres(spark, settings, query).repartition(spark.sparkContext.defaultParallelism)


def _replace(connection: Connection, day: date, proposed: list[Proposal]) -> None:
    columns = PHRASE_PROPOSALS.column_names
    rows = [(day, *(getattr(proposal, name) for name in columns[1:])) for proposal in proposed]
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM phrase_proposals WHERE day = %s", [day])
        execute_values(cursor, f"INSERT INTO phrase_proposals ({', '.join(columns)}) VALUES %s", rows)
