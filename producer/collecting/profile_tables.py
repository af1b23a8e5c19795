"""What a profile's page told, merged into Postgres: the newest wins, and the same twice changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from groundswell.adapters.storable import storable_row
from groundswell.adapters.upserts import newest_wins
from groundswell.contracts.profile_pages import Profile
from groundswell.contracts.tables import POSTS, PROFILE_COUNTS, PROFILES
from groundswell.domain.keywords import hashtags_in, normal_form
from groundswell.domain.post import Post

_KNOWN = "SELECT 1 FROM profiles WHERE user_name = %s AND content_digest = %s"


@dataclass(frozen=True)
class SeenProfile:
    """A profile, when it was seen, and where its page is."""

    profile: Profile
    seen_at: datetime
    raw_key: str
    content_digest: str


def is_known(connection: Connection, user_name: str, content_digest: str) -> bool:
    """Whether the newest page of the user told the same."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [user_name, content_digest])
        found = cursor.fetchone() is not None
    connection.commit()
    return found


def merge_profile(cursor: Cursor, seen: SeenProfile) -> None:
    """Merge a profile: its newest state by user name, and its counts at this moment."""
    profile, at = seen.profile, seen.seen_at
    counts = (profile.followers, profile.following, profile.hearts, profile.posts)
    row = (
        profile.user_name, profile.user_id, profile.sec_uid, profile.nickname, profile.signature, profile.is_verified,
        profile.is_private, *counts, at, at, seen.raw_key, seen.content_digest,
    )  # fmt: skip
    execute_values(cursor, newest_wins(PROFILES, "VALUES %s", "seen_at"), [storable_row(row)])
    names = ", ".join(PROFILE_COUNTS.column_names)
    execute_values(
        cursor,
        f"INSERT INTO {PROFILE_COUNTS.name} ({names}) VALUES %s ON CONFLICT DO NOTHING",
        [(profile.user_name, at, *counts)],
    )


def merge_posts(cursor: Cursor, posts: Iterable[Post], seen_at: datetime) -> int:
    """Merge posts as they stand at a moment; return how many.

    The night, which reads them from the lake with the same moment, finds them as it would have left them.
    """
    rows = {post.post_id: storable_row(_row(post, seen_at)) for post in posts}
    if rows:
        execute_values(cursor, newest_wins(POSTS, "VALUES %s"), list(rows.values()))
    return len(rows)


def _row(post: Post, seen_at: datetime) -> tuple[Any, ...]:
    counts = (post.digg_count, post.comment_count, post.share_count, post.play_count)
    return (
        post.post_id,
        post.form,
        post.text,
        post.author_id,
        post.music_id,
        datetime.fromtimestamp(post.created_s, UTC),
        seen_at,
        seen_at,
        *(None if count is None or count < 0 else count for count in counts),
        post.duration_seconds,
        sorted(hashtags_in(normal_form(post.text), post.hashtag_names)),
    )
