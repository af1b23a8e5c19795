"""Posts that come again after the stream has forgotten them: the nightly batch knows each post ever parsed."""

import pyarrow as pa
from psycopg2.extensions import connection as Connection  # noqa: N812

_POSTS_PER_LOOKUP = 5000
# Strictly earlier: where it is the same moment, the night was quicker than the stream, and the post counts.
_SEEN_BEFORE = (
    "SELECT post_id FROM unnest(%s::text[], %s::timestamptz[]) AS seen (post_id, seen_at) JOIN posts USING (post_id)"
    " WHERE posts.first_seen_at < seen.seen_at"
)


def seen_before(connection: Connection, posts: pa.Table) -> list[str]:
    """Return the ids of the posts that were first seen earlier than now.

    Parameters
    ----------
    connection : Connection
    posts : pyarrow.Table
        post_id string, seen_at timestamp.
    """
    known: list[str] = []
    with connection.cursor() as cursor:
        for start in range(0, posts.num_rows, _POSTS_PER_LOOKUP):
            some = posts.slice(start, _POSTS_PER_LOOKUP)
            cursor.execute(_SEEN_BEFORE, [some["post_id"].to_pylist(), some["seen_at"].to_pylist()])
            known += [post_id for (post_id,) in cursor]
    return known
