"""The posts behind keywords, from those that the stream counted last."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.domain.evidence import SHOWN_CHARACTERS, Evidence, EvidencePost, link
from streaming import kept_batches
from streaming.recent_mentions import RecentMentions, ShownPost

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = ("post_id", "author_name", "text")


def evidence(
    connection: Connection, mentions: RecentMentions, keywords: Collection[str], start_s: int, end_s: int
) -> dict[str, Evidence]:
    """Return the evidence of each keyword that has posts in [start_s, end_s).

    Parameters
    ----------
    connection : Connection
    mentions : RecentMentions
        Of the posts that are kept in Postgres, too.
    keywords : collection of str
        As in live_counts.
    start_s, end_s : int
        Stream time in epoch seconds, at most `stream.evidence_hours` ago: older posts are gone.
    """
    behind = mentions.behind(keywords, start_s, end_s)
    written = _written(connection, {post for found in behind.values() for post in found.top})
    return {
        keyword: Evidence(
            found.posts,
            found.authors,
            found.texts,
            tuple(_post(post, *written[post.post_id]) for post in found.top if post.post_id in written),
        )
        for keyword, found in behind.items()
    }


def _written(connection: Connection, posts: Collection[ShownPost]) -> dict[str, tuple[str, str]]:
    """Return the author's name and the head of the text of each post, by its id."""
    if not posts:
        return {}
    times = {_EPOCH + timedelta(microseconds=post.seen_at_us) for post in posts}
    post_ids = pa.array([post.post_id for post in posts], pa.string())
    return {
        row["post_id"]: (_storable(row["author_name"] or ""), _storable(row["text"])[:SHOWN_CHARACTERS])
        for part in kept_batches.counted_at(connection, times, _SHOWN)
        for row in part.filter(pc.is_in(part["post_id"], post_ids)).to_pylist()
    }


def _storable(text: str) -> str:
    """Return a text without the character that jsonb can't hold."""
    return text.replace("\0", "")


def _post(post: ShownPost, author: str, text: str) -> EvidencePost:
    return EvidencePost(
        post_id=post.post_id,
        author=author,
        text=text,
        engagement=post.engagement,
        seen_at_s=post.seen_at_us // 1_000_000,
        link=link(author, post.post_id),
    )
