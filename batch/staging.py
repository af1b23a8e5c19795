"""Staging tables: where a chunk of days lies before each day is put in place in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.postgres import transaction

POSTS = "staging_posts"
METRICS = "staging_metrics"
COUNTS = "staging_keyword_counts"
KNOWN = "staging_known_posts"

_DEFINITIONS = {
    POSTS: (
        "day date, post_id text, form text, text text, author_id text, music_id text, created_at timestamptz,"
        " first_seen_at timestamptz, last_seen_at timestamptz, digg_count bigint, comment_count bigint,"
        " share_count bigint, play_count bigint, duration_seconds double precision, hashtags text[],"
        " sightings bigint, first_author text, unique_name text, nickname text, signature text,"
        " is_verified boolean, follower_count bigint, following_count bigint, music_title text,"
        " music_author text, is_original boolean, challenge_ids text[], challenge_names text[]"
    ),
    METRICS: (
        "post_id text, seen_at timestamptz, digg_count bigint, comment_count bigint, share_count bigint,"
        " play_count bigint"
    ),
    COUNTS: "day date, keyword text, bucket_start timestamptz, posts integer, authors integer",
    KNOWN: "day date, post_id text",
}

# Known on a day: seen before it, in the database or on an earlier day of the same chunk.
_FIND_KNOWN = f"""
INSERT INTO {KNOWN}
SELECT s.day, s.post_id FROM {POSTS} s JOIN posts p USING (post_id) WHERE p.first_seen_at < s.day::timestamptz
UNION
SELECT s.day, s.post_id FROM {POSTS} s
JOIN (SELECT post_id, min(day) AS first_day FROM {POSTS} GROUP BY post_id) f USING (post_id)
WHERE s.day > f.first_day
"""


@contextmanager
def staging_tables(connection: Connection) -> Iterator[None]:
    """Make the staging tables, without those that a killed run left, and drop them in any case."""
    _drop(connection)
    try:
        with transaction(connection), connection.cursor() as cursor:
            for table, columns in _DEFINITIONS.items():
                cursor.execute(f"CREATE UNLOGGED TABLE {table} ({columns})")
        yield
    finally:
        if not connection.closed:
            connection.rollback()
            _drop(connection)


def find_known_posts(connection: Connection) -> int:
    """Fill the table of posts that were seen before the day they stand for; return how many."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {POSTS}")
        cursor.execute(_FIND_KNOWN)
        found = int(cursor.rowcount)
        cursor.execute(f"ANALYZE {KNOWN}")
    return found


def index_by_day(connection: Connection) -> None:
    """Make the day's rows quick to find, and tell the planner what is there."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX ON {POSTS} (day)")
        cursor.execute(f"CREATE INDEX ON {METRICS} (seen_at)")
        cursor.execute(f"CREATE INDEX ON {COUNTS} (day)")
        for table in (METRICS, COUNTS):
            cursor.execute(f"ANALYZE {table}")


def _drop(connection: Connection) -> None:
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(_DEFINITIONS)}")
