"""Staging tables: where a chunk of days lies before each day is put in place in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from groundswell.adapters.postgres import transaction

POSTS = "staging_posts"
TASKS = "staging_tasks"
COUNTS = "staging_keyword_counts"
KNOWN = "staging_known_posts"

_DEFINITIONS = {
    # A row per record that is a post.
    POSTS: (
        'day date, seen_at timestamptz, "partition" integer, "offset" bigint,'
        " post_id text, form text, text text, author_id text, music_id text,"
        " created_at timestamptz, digg_count bigint, comment_count bigint, share_count bigint, play_count bigint,"
        " duration_seconds double precision, hashtags text[], unique_name text, nickname text, signature text,"
        " is_verified boolean, follower_count bigint, following_count bigint, music_title text, music_author text,"
        " is_original boolean, challenge_ids text[], challenge_names text[]"
    ),
    TASKS: "name text, task integer, PRIMARY KEY (name, task)",
    # Many rows to a value: each row is stored once only, in its place. To compress them would take longer.
    COUNTS: "day date, lines text STORAGE EXTERNAL",
    KNOWN: "day date, post_id text",
}

# Known on a day: seen before it, in the database or on an earlier day of the same chunk.
_FIND_KNOWN = f"""
INSERT INTO {KNOWN}
SELECT s.day, s.post_id FROM {POSTS} s JOIN posts p USING (post_id)
WHERE p.first_seen_at < s.day::timestamptz
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


def claim_task(cursor: Cursor, table: str, task: int) -> bool:
    """Tell whether a task is the first to load its rows of a table, waiting for another that loads them just now.

    The claim holds when the transaction commits that the rows are loaded in.
    """
    cursor.execute(f"INSERT INTO {TASKS} VALUES (%s, %s) ON CONFLICT DO NOTHING", [table, task])
    return bool(cursor.rowcount)


def find_known_posts(connection: Connection) -> int:
    """Fill the table of posts that were seen before the day they stand for; return how many."""
    with transaction(connection), connection.cursor() as cursor:
        # Only what is looked at: of long texts, statistics take as long as loading them.
        cursor.execute(f"ANALYZE {POSTS} (day, post_id)")
        cursor.execute(_FIND_KNOWN)
        found = int(cursor.rowcount)
        cursor.execute(f"ANALYZE {KNOWN}")
    return found


def index_posts(connection: Connection) -> None:
    """Make a day's posts quick to find."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX ON {POSTS} (day)")


def _drop(connection: Connection) -> None:
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(_DEFINITIONS)}")
