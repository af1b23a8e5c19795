"""The posts behind keywords, from those that the stream counted last."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.domain.evidence import SHOWN_CHARACTERS, SHOWN_POSTS, Evidence, EvidencePost, link

_EVIDENCE = """
WITH found AS (
    SELECT mentioned.keyword, p.*,
        row_number() OVER (
            PARTITION BY mentioned.keyword ORDER BY p.engagement DESC, p.post_id COLLATE "C"
        ) AS place
    FROM live_posts p CROSS JOIN LATERAL unnest(p.keywords) AS mentioned (keyword)
    WHERE p.seen_at >= %(start)s AND p.seen_at < %(end)s
        AND p.keywords && %(keywords)s::text[] AND mentioned.keyword = ANY (%(keywords)s::text[])
)
SELECT keyword, count(*), count(DISTINCT coalesce('id ' || author_id, 'of ' || post_id)),
    count(DISTINCT text_fingerprint),
    jsonb_agg(jsonb_build_object(
        'post_id', post_id, 'author', coalesce(author_name, ''), 'text', left(text, %(characters)s),
        'engagement', engagement, 'seen_at_s', floor(extract(epoch FROM seen_at))::bigint
    ) ORDER BY place) FILTER (WHERE place <= %(shown)s)
FROM found GROUP BY keyword ORDER BY keyword"""


def evidence(
    connection: Connection, keywords: Collection[str], window_start: datetime, window_end: datetime
) -> dict[str, Evidence]:
    """Return the evidence of each keyword that has posts in [window_start, window_end).

    Parameters
    ----------
    connection : Connection
    keywords : collection of str
        As in live_counts.
    window_start, window_end : datetime
        Stream time, at most `stream.evidence_hours` ago: older posts are gone.
    """
    parameters = {
        "start": window_start,
        "end": window_end,
        "keywords": list(keywords),
        "shown": SHOWN_POSTS,
        "characters": SHOWN_CHARACTERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EVIDENCE, parameters)
        return {
            keyword: Evidence(posts, authors, texts, tuple(map(_post, top)))
            for keyword, posts, authors, texts, top in cursor
        }


def _post(row: dict[str, Any]) -> EvidencePost:
    return EvidencePost(**row, link=link(row["author"], row["post_id"]))
