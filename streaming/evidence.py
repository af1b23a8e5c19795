"""The posts that alerts show, from those that the stream counted last."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.domain.evidence import SHOWN_CHARACTERS, EvidencePost, link
from streaming import kept_batches
from streaming.recent_mentions import ShownPost

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = ("post_id", "author_name", "text")


def written_posts(connection: Connection, posts: Collection[ShownPost]) -> dict[ShownPost, EvidencePost]:
    """Return posts as they are shown; those that are not kept any more are missing.

    Parameters
    ----------
    connection : Connection
    posts : collection of ShownPost
        At least one.
    """
    times = {_EPOCH + timedelta(microseconds=post.seen_at_us) for post in posts}
    post_ids = pa.array([post.post_id for post in posts], pa.string())
    written = {
        row["post_id"]: (_storable(row["author_name"] or ""), _storable(row["text"]))
        for part in kept_batches.counted_at(connection, times, _SHOWN)
        for row in part.filter(pc.is_in(part["post_id"], post_ids)).to_pylist()
    }
    return {post: _post(post, *written[post.post_id]) for post in posts if post.post_id in written}


def _storable(text: str) -> str:
    """Return a text without the character that jsonb can't hold."""
    return text.replace("\0", "")


def _post(post: ShownPost, author: str, text: str) -> EvidencePost:
    return EvidencePost(
        post_id=post.post_id,
        author=author,
        text=text[:SHOWN_CHARACTERS],
        engagement=post.engagement,
        seen_at_s=post.seen_at_us // 1_000_000,
        link=link(author, post.post_id),
    )
