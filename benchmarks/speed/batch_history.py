"""Eight weeks of counts of as many keywords as wanted, made in Postgres: most keywords rare, a few in every bucket."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg2.extensions import connection as Connection  # noqa: N812

from benchmarks.speed.children import Say
from groundswell.adapters.postgres import transaction

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
WEEKS = 8
_BUCKETS_PER_DAY = 288
_BUCKETS = WEEKS * 7 * _BUCKETS_PER_DAY
_SLICE = 62_500
_RARE_POSTS = 20
_START = "%(start)s::timestamptz + bucket * interval '5 minutes'"

# As many rows per keyword as `synthesize` gives at 100,000 posts a day: the keyword of rank r has 1.6 / r times the
# number of keywords in posts, and two at least, for what has fewer on a day is not kept. A rare keyword lives for a
# day; all others are everywhere. Each row has a stretch of buckets of its own, so that none comes twice.
_ROWS = f"""
INSERT INTO keyword_counts (day, keyword, bucket_start, posts, authors)
WITH ranked AS (
    SELECT number, 2 + floor(1.6 * %(all)s / (1 + number::bigint * %(step)s %% %(all)s))::bigint AS expected
    FROM generate_series(%(first)s, %(last)s - 1) AS number
), spread AS (
    SELECT CASE WHEN number %% 3 = 0 THEN '#' ELSE '' END || 'k' || substr(md5(number::text), 1, 9) AS keyword,
        expected, least(expected, width)::int AS many, width, CASE WHEN width = {_BUCKETS_PER_DAY}
        THEN floor(random() * {WEEKS * 7})::int * {_BUCKETS_PER_DAY} ELSE 0 END AS first_bucket
    FROM ranked, LATERAL (
        SELECT CASE WHEN expected < {_RARE_POSTS} THEN {_BUCKETS_PER_DAY} ELSE {_BUCKETS} END AS width
    ) AS widths
), cells AS (
    SELECT keyword, first_bucket + begins + floor(random() * (ends - begins))::int AS bucket,
        ceil(expected / many::float)::int AS posts
    FROM spread, generate_series(0, many - 1) AS row,
        LATERAL (SELECT (row::bigint * width / many)::int AS begins, ((row + 1)::bigint * width / many)::int AS ends)
)
SELECT ({_START})::date, keyword, {_START}, posts, posts - posts / 10 FROM cells ORDER BY 1, md5(keyword)
"""
_PLATFORM = f"""
INSERT INTO platform_counts (bucket_start, day, posts, authors)
SELECT {_START}, ({_START})::date, 350 + floor(200 * sin(2 * pi() * bucket / {_BUCKETS_PER_DAY}))::int, 150
FROM generate_series(0, {_BUCKETS - 1}) AS bucket
"""
_DROP = (
    "ALTER TABLE keyword_counts DROP CONSTRAINT IF EXISTS keyword_counts_pkey",
    "DROP INDEX IF EXISTS keyword_counts_day",
)
_MAKE = (
    "ALTER TABLE keyword_counts ADD CONSTRAINT keyword_counts_pkey PRIMARY KEY (keyword, bucket_start)",
    "CREATE INDEX keyword_counts_day ON keyword_counts (day)",
    "ANALYZE keyword_counts",
)


@dataclass(frozen=True)
class History:
    """What lies in keyword_counts."""

    keywords: int
    rows: int
    table_bytes: int


def step_of(keywords: int) -> int:
    """Return a number that deals out all ranks, evenly: about the golden section, without a common factor.

    >>> sorted(number * step_of(10) % 10 for number in range(10)) == list(range(10))
    True
    """
    step = round(keywords * 0.618)
    while math.gcd(step, keywords) != 1:
        step += 1
    return step


def add_keywords(connection: Connection, first: int, last: int, of: int, say: Say) -> History:
    """Add the counts of some keywords to those that lie there, and return what lies there then.

    Any part of the keywords is distributed like the whole.

    Parameters
    ----------
    connection : Connection
        Its schema is migrated.
    first, last : int
        Numbers of the keywords, `last` excluded.
    of : int
        How many there will be in the end.
    say : callable
        Gets a line of progress.
    """
    values = {"start": AS_OF - timedelta(weeks=WEEKS), "all": of, "step": step_of(of)}
    with transaction(connection), connection.cursor() as cursor:
        for statement in _DROP:
            cursor.execute(statement)
        if first == 0:
            cursor.execute(_PLATFORM, values)
    for begin in range(first, last, _SLICE):
        end = min(begin + _SLICE, last)
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute(_ROWS, {**values, "first": begin, "last": end})
        say(f"  counts of {end:,} keywords made")
    with transaction(connection), connection.cursor() as cursor:
        for statement in _MAKE:
            cursor.execute(statement)
        cursor.execute("SELECT count(*), pg_total_relation_size('keyword_counts') FROM keyword_counts")
        rows, table_bytes = cursor.fetchone() or (0, 0)
    say(f"  {last:,} keywords, {rows:,} rows, {table_bytes / 1e6:,.0f} MB with indexes")
    return History(last, rows, table_bytes)
