"""A person's rows in Postgres; counts of keywords, which name nobody, stay."""

from collections.abc import Mapping
from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812

from batch.forgetting.kept_posts import forget_kept
from batch.forgetting.person import Person

_OWN_SOUNDS = """
SELECT DISTINCT p.music_id FROM posts p JOIN music m USING (music_id) WHERE p.post_id = ANY (%(posts)s)
    AND m.is_original AND NOT EXISTS (
        SELECT 1 FROM posts o WHERE o.music_id = p.music_id AND NOT o.post_id = ANY (%(posts)s))"""
_MUSICIANS = "SELECT DISTINCT author_name FROM music WHERE music_id = ANY (%(sounds)s) AND author_name IS NOT NULL"
_THEIR_NAME = "author_id = %(id)s OR (author_id IS NULL AND lower(author_name) = ANY (%(names)s))"
_DELETES = {
    "post_metrics": "post_id = ANY (%(posts)s)",
    "post_hashtags": "post_id = ANY (%(posts)s)",
    "post_challenges": "post_id = ANY (%(posts)s)",
    "post_comments": f"post_id = ANY (%(posts)s) OR {_THEIR_NAME}",
    "profile_counts": "user_name = ANY (%(names)s)",
    "profiles": "user_id = %(id)s OR user_name = ANY (%(names)s)",
    "trending_musicians_daily": "musician = ANY (%(musicians)s)",
    "music": "music_id = ANY (%(sounds)s)",
    "posts": "post_id = ANY (%(posts)s)",
    "authors": "author_id = %(id)s",
}
_THEIRS = "(post ->> 'post_id' = ANY (%(posts)s) OR lower(post ->> 'author') = ANY (%(names)s))"
_EVIDENCE = f"""
UPDATE alerts SET evidence = coalesce(
    (SELECT jsonb_agg(post ORDER BY place) FROM jsonb_array_elements(evidence) WITH ORDINALITY AS e (post, place)
        WHERE NOT {_THEIRS}), '[]')
WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(evidence) AS e (post) WHERE {_THEIRS})"""


def forget_rows(cursor: Cursor, person: Person) -> dict[str, int]:
    """Delete a person's rows, and their posts from the evidence of alerts; the caller commits.

    Returns
    -------
    dict
        Table -> rows that were deleted; in the case of alerts those that were changed, of kept batches the posts.
    """
    values: dict[str, Any] = {"id": person.author_id, "names": list(person.names), "posts": list(person.post_ids)}
    values["sounds"] = _column(cursor, _OWN_SOUNDS, values)
    values["musicians"] = _column(cursor, _MUSICIANS, values)
    done = {}
    for table, condition in _DELETES.items():
        cursor.execute(f"DELETE FROM {table} WHERE {condition}", values)
        done[table] = cursor.rowcount
    done["stream_kept_batches"] = forget_kept(cursor, person.author_id, person.names, person.post_ids)
    cursor.execute(_EVIDENCE, values)
    done["alerts"] = cursor.rowcount
    return done


def _column(cursor: Cursor, query: str, values: Mapping[str, Any]) -> list[str]:
    cursor.execute(query, values)
    return [str(row[0]) for row in cursor.fetchall()]
