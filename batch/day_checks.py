"""Data checks of a day: those marked fail undo it, those marked warn are kept in the ledger."""

from typing import TYPE_CHECKING

from psycopg2.extensions import cursor as Cursor  # noqa: N812

from groundswell.errors import DataCheckError

if TYPE_CHECKING:
    from batch.replace_day import DayFacts

UNPARSABLE_SHARE = 0.01
WITHOUT_AUTHOR_SHARE = 0.05

_WITHIN = "{0} >= %(day)s::date::timestamptz AND {0} < (%(day)s::date + 1)::timestamptz"

# What it means when the two numbers differ -> the query that gives both.
_EQUAL = {
    "posts staged against distinct posts in the lake": "SELECT count(*), %(distinct_posts)s FROM day_posts",
    "sightings against parsed rows": "SELECT coalesce(sum(sightings), 0)::bigint, %(parsed_rows)s FROM day_posts",
    "rows of post_metrics against those staged": (
        f"SELECT (SELECT count(*) FROM post_metrics WHERE {_WITHIN.format('seen_at')}),"
        " (SELECT count(*) FROM day_sightings WHERE is_last_of_moment)"
    ),
    "sum of platform_counts against new posts": (
        "SELECT (SELECT coalesce(sum(posts), 0)::bigint FROM platform_counts WHERE day = %(day)s),"
        " (SELECT count(*) FROM day_posts WHERE is_new)"
    ),
    "posts staged that are missing from posts": (
        "SELECT count(*), 0 FROM day_posts WHERE NOT EXISTS"
        " (SELECT 1 FROM posts WHERE posts.post_id = day_posts.post_id)"
    ),
    "keywords with more posts than the platform had in the same 5 minutes": (
        "SELECT count(*), 0 FROM keyword_counts k LEFT JOIN platform_counts p USING (bucket_start)"
        " WHERE k.day = %(day)s AND k.posts > coalesce(p.posts, 0)"
    ),
    "keyword counts outside their day": (
        f"SELECT count(*), 0 FROM keyword_counts WHERE day = %(day)s AND NOT ({_WITHIN.format('bucket_start')})"
    ),
    "ids, texts or times that are null": (
        "SELECT count(*), 0 FROM day_posts"
        " WHERE post_id IS NULL OR text IS NULL OR first_seen_at IS NULL OR last_seen_at IS NULL"
    ),
}


def check_lake(cursor: Cursor, facts: "DayFacts") -> list[str]:
    """Check what the lake holds; return warnings.

    Raises
    ------
    DataCheckError
        The lake holds fewer records than when the day was parsed before.
    """
    cursor.execute("SELECT lake_rows FROM lake_days WHERE day = %s", [facts.day])
    before = cursor.fetchone()
    if before and facts.lake_rows < before[0]:
        raise DataCheckError(
            f"{facts.day}: the lake holds {facts.lake_rows} records, {before[0]} when the day was parsed before",
            "check lake.bucket and lake.endpoint_url; if the loss is meant, delete the day's row from lake_days",
        )
    unparsable = facts.lake_rows - facts.parsed_rows
    doubts = (
        (facts.lake_rows == 0, "no record in the lake"),
        (unparsable > UNPARSABLE_SHARE * facts.lake_rows, f"{unparsable} of {facts.lake_rows} records are no post"),
        (facts.negative_counts > 0, f"{facts.negative_counts} records with a negative count, taken for unknown"),
        (facts.unbelievable_times > 0, f"{facts.unbelievable_times} records with an unbelievable creation time"),
        (
            facts.without_author > WITHOUT_AUTHOR_SHARE * facts.parsed_rows,
            f"{facts.without_author} of {facts.parsed_rows} posts have no author",
        ),
    )
    return [text for doubtful, text in doubts if doubtful]


def check_day(cursor: Cursor, facts: "DayFacts") -> None:
    """Check the tables against what was staged and counted, inside the transaction.

    Raises
    ------
    DataCheckError
        Numbers that must be equal aren't.
    """
    for meaning, query in _EQUAL.items():
        cursor.execute(query, vars(facts))
        left, right = cursor.fetchone() or (None, None)
        if left != right:
            raise DataCheckError(
                f"{facts.day}: {meaning}: {left} and {right}; nothing was changed",
                "run the command again; if it stays, the records of that day in the lake need a look",
            )
