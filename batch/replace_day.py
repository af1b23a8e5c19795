"""Put one staged day in place, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from batch import staging
from batch.day_checks import check_day, check_lake
from batch.load_counts import place_counts
from groundswell.adapters.postgres import transaction
from groundswell.adapters.upserts import newest_wins
from groundswell.contracts.tables import AUTHORS, CHALLENGES, HASHTAGS, MUSIC, POSTS, Table

TRENDING = 100
_WORK_MEMORY = "64MB"  # of each sort: a day's posts are put in order several times


@dataclass(frozen=True)
class DayFacts:
    """What the lake holds of a day, as counted while it was read."""

    day: date
    lake_rows: int = 0
    parsed_rows: int = 0
    distinct_posts: int = 0
    negative_counts: int = 0
    unbelievable_times: int = 0
    without_author: int = 0


_DAYS_ROWS = (
    ("post_metrics", "seen_at >= %(day)s::date::timestamptz AND seen_at < (%(day)s::date + 1)::timestamptz"),
    *(
        (table, "day = %(day)s")
        for table in (
            "post_hashtags",
            "post_challenges",
            "keyword_counts",
            "platform_counts",
            "trending_challenges_daily",
            "trending_musicians_daily",
            "lake_days",
        )
    ),
)

_DAY_SIGHTINGS = f"""
CREATE TEMPORARY TABLE day_sightings ON COMMIT DROP AS
SELECT ctid AS place, post_id, seen_at, digg_count, comment_count, share_count, play_count,
    lead(seen_at) OVER sightings IS NULL AS is_last,
    lead(seen_at) OVER sightings IS DISTINCT FROM seen_at AS is_last_of_moment,
    row_number() OVER sightings AS sightings, first_value(seen_at) OVER sightings AS first_seen_at,
    first_value(coalesce(author_id, post_id)) OVER sightings AS first_author
FROM {staging.POSTS} WHERE day = %(day)s
WINDOW sightings AS (PARTITION BY post_id ORDER BY seen_at, "partition", "offset")
"""
_DAY_POSTS = f"""
CREATE TEMPORARY TABLE day_posts ON COMMIT DROP AS
SELECT s.*, d.first_seen_at, d.seen_at AS last_seen_at, d.sightings, d.first_author, k.post_id IS NULL AS is_new,
    coalesce(s.digg_count, 0) + coalesce(s.comment_count, 0) + coalesce(s.share_count, 0) AS engagement
FROM {staging.POSTS} s JOIN day_sightings d ON d.place = s.ctid AND d.is_last
LEFT JOIN {staging.KNOWN} k ON k.day = s.day AND k.post_id = s.post_id WHERE s.day = %(day)s
"""
_DAY_CHALLENGES = """
CREATE TEMPORARY TABLE day_challenges ON COMMIT DROP AS
SELECT DISTINCT ON (p.post_id, c.challenge_id) p.post_id, p.is_new, p.engagement, p.first_seen_at, p.last_seen_at,
    c.challenge_id, coalesce(c.challenge_name, '') AS challenge_name
FROM day_posts p, unnest(p.challenge_ids, p.challenge_names) AS c (challenge_id, challenge_name)
ORDER BY p.post_id, c.challenge_id, c.challenge_name
"""

_INSERTS = (
    "INSERT INTO post_metrics (post_id, seen_at, digg_count, comment_count, share_count, play_count)"
    " SELECT post_id, seen_at, digg_count, comment_count, share_count, play_count"
    " FROM day_sightings WHERE is_last_of_moment",
    "INSERT INTO platform_counts (bucket_start, day, posts, authors)"
    " SELECT date_bin('5 minutes', first_seen_at, '2000-01-01'), day, count(*), count(DISTINCT first_author)"
    " FROM day_posts WHERE is_new GROUP BY 1, 2",
    # Days may be parsed in any order: the earliest stands.
    "INSERT INTO post_hashtags (post_id, hashtag, day) SELECT post_id, unnest(hashtags), day FROM day_posts"
    " WHERE is_new ON CONFLICT (hashtag, post_id) DO UPDATE SET day = least(post_hashtags.day, excluded.day)",
    "INSERT INTO post_challenges (post_id, challenge_id, day) SELECT post_id, challenge_id, %(day)s"
    " FROM day_challenges WHERE is_new"
    " ON CONFLICT (challenge_id, post_id) DO UPDATE SET day = least(post_challenges.day, excluded.day)",
)

_NEWEST_LAST = "ORDER BY {key}, last_seen_at DESC, post_id DESC"
_ENTITIES: tuple[tuple[Table, str], ...] = (
    (POSTS, f"SELECT {', '.join(POSTS.column_names)} FROM day_posts"),
    (
        AUTHORS,
        "SELECT DISTINCT ON (author_id) author_id, unique_name, nickname, signature, is_verified, follower_count,"
        " following_count, min(first_seen_at) OVER (PARTITION BY author_id), last_seen_at"
        " FROM day_posts WHERE author_id IS NOT NULL " + _NEWEST_LAST.format(key="author_id"),
    ),
    (
        MUSIC,
        "SELECT DISTINCT ON (music_id) music_id, music_title, music_author, is_original,"
        " min(first_seen_at) OVER (PARTITION BY music_id), last_seen_at"
        " FROM day_posts WHERE music_id IS NOT NULL " + _NEWEST_LAST.format(key="music_id"),
    ),
    (
        CHALLENGES,
        "SELECT DISTINCT ON (challenge_id) challenge_id, challenge_name,"
        " min(first_seen_at) OVER (PARTITION BY challenge_id), last_seen_at"
        " FROM day_challenges " + _NEWEST_LAST.format(key="challenge_id"),
    ),
    (
        HASHTAGS,
        "SELECT hashtag, min(first_seen_at), max(last_seen_at)"
        " FROM day_posts, unnest(hashtags) AS hashtag GROUP BY hashtag",
    ),
)

_TRENDING = """
INSERT INTO {table} SELECT * FROM (
    SELECT %(day)s::date, {names}, count(*) AS mentions, sum(engagement),
        row_number() OVER (ORDER BY count(*) DESC, sum(engagement) DESC, {key}) AS by_mentions,
        row_number() OVER (ORDER BY sum(engagement) DESC, count(*) DESC, {key}) AS by_engagement
    FROM {source} WHERE is_new AND coalesce({key}, '') <> '' GROUP BY {key}
) ranked WHERE by_mentions <= {most} OR by_engagement <= {most}
"""


def replace_day(connection: Connection, facts: DayFacts, counted: Callable[[], object]) -> dict[str, Any]:
    """Replace everything that the tables hold of the day.

    Parameters
    ----------
    connection : Connection
        Of the owner; the staging tables are filled.
    facts : DayFacts
        What the lake holds of the day.
    counted : callable
        Returns when the keywords' counts are staged; only then they are looked at.

    Returns
    -------
    dict
        Row counts and warnings.

    Raises
    ------
    DataCheckError
        A check failed; nothing was changed.
    """
    parameters = {"day": facts.day}
    with transaction(connection), connection.cursor() as cursor:
        warnings = check_lake(cursor, facts)
        cursor.execute(f"SET LOCAL work_mem = '{_WORK_MEMORY}'")
        cursor.execute(_DAY_SIGHTINGS, parameters)
        cursor.execute("ANALYZE day_sightings (place, is_last)")
        cursor.execute(_DAY_POSTS, parameters)
        cursor.execute(_DAY_CHALLENGES)
        cursor.execute("ANALYZE day_posts (post_id, author_id, music_id, is_new)")
        warnings += _counted_later(cursor, facts.day)
        for table, condition in _DAYS_ROWS:
            cursor.execute(f"DELETE FROM {table} WHERE {condition}", parameters)
        for statement in _INSERTS:
            cursor.execute(statement, parameters)
        for entity, rows in _ENTITIES:
            cursor.execute(newest_wins(entity, rows))
        _insert_trending(cursor, parameters)
        counted()
        place_counts(cursor, facts.day)
        check_day(cursor, facts)
        return _write_ledger(cursor, facts, warnings)


def _insert_trending(cursor: Cursor, parameters: dict[str, Any]) -> None:
    challenges = _TRENDING.format(
        table="trending_challenges_daily",
        names="challenge_id, max(challenge_name)",
        key="challenge_id",
        source="day_challenges",
        most=TRENDING,
    )
    musicians = _TRENDING.format(
        table="trending_musicians_daily", names="music_author", key="music_author", source="day_posts", most=TRENDING
    )
    cursor.execute(challenges, parameters)
    cursor.execute(musicians, parameters)


def _counted_later(cursor: Cursor, day: date) -> list[str]:
    cursor.execute(
        "SELECT count(*), min(p.first_seen_at)::date, max(p.first_seen_at)::date"
        " FROM day_posts d JOIN posts p USING (post_id) WHERE d.is_new AND p.first_seen_at >= (%s::date + 1)",
        [day],
    )
    row = cursor.fetchone()
    if not row or not row[0]:
        return []
    return [f"{row[0]} posts were counted on later days, parsed before this one: parse {row[1]} to {row[2]} again"]


def _write_ledger(cursor: Cursor, facts: DayFacts, warnings: list[str]) -> dict[str, Any]:
    cursor.execute(
        "SELECT (SELECT count(*) FROM day_posts WHERE is_new),"
        " (SELECT count(DISTINCT keyword) FROM keyword_counts WHERE day = %s)",
        [facts.day],
    )
    new_posts, keywords = cursor.fetchone() or (0, 0)
    row = {
        "day": facts.day,
        "lake_rows": facts.lake_rows,
        "parsed_rows": facts.parsed_rows,
        "unparsable": facts.lake_rows - facts.parsed_rows,
        "distinct_posts": facts.distinct_posts,
        "repeated": facts.parsed_rows - facts.distinct_posts,
        "new_posts": new_posts,
        "keywords": keywords,
        "warnings": warnings,
    }
    names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    cursor.execute(f"INSERT INTO lake_days ({names}) VALUES ({places})", row)
    return {**row, "day": facts.day.isoformat()}
