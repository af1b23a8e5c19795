"""Collected comments: as they came into the lake's bucket, and read into Postgres beside their post."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import execute_values

from groundswell.adapters.postgres import transaction
from groundswell.adapters.storable import storable_row
from groundswell.adapters.upserts import newest_wins
from groundswell.contracts.comments import Comment, comment_of
from groundswell.contracts.tables import POST_COMMENTS
from groundswell.contracts.topics import DEAD_LETTERS, MAXIMUM_RECORD_BYTES
from producer.collecting.feed_places import at as at_place
from producer.collecting.feed_places import begun, cursor_of, feed_key
from producer.collecting.feeds import Feed, FeedCursor
from producer.collecting.page_store import PageStore
from producer.collecting.post_outlet import line_of
from producer.counts import Counts
from producer.cursor import Cursor, Track
from producer.dead_letters import dead_letter_headers
from producer.positions import Position
from producer.sink import Sink
from producer.sources import Source

PREFIX = "comments/raw"
REASON_NO_COMMENT = "no_comment_id"


def comments_key(post_id: str, seen_at: datetime, body: bytes) -> str:
    """Return where a page of comments is kept.

    >>> comments_key("6801", datetime(2026, 11, 22), b"{}")
    'comments/raw/day=2026-11-22/6801/44136fa355b3678a.ndjson'
    """
    return f"{PREFIX}/day={seen_at:%Y-%m-%d}/{post_id}/{hashlib.sha256(body).hexdigest()[:16]}.ndjson"


class CommentOutlet:
    """Keeps comments.

    Parameters
    ----------
    sink : Sink
        For the places, and for what is no comment.
    topic_prefix : str
    committed : Mapping
        Positions by `feed_key`.
    pages : PageStore
    connection : Connection
    now : callable
        Epoch seconds.
    restart : bool
        Forget where an earlier run was cut.
    """

    def __init__(
        self,
        sink: Sink,
        topic_prefix: str,
        committed: Mapping[str, Position],
        pages: PageStore,
        connection: Connection,
        now: Callable[[], float],
        restart: bool = False,
    ) -> None:
        self._sink = sink
        self._dead_letters_topic = DEAD_LETTERS.name(topic_prefix)
        self._committed = {} if restart else dict(committed)
        self._pages = pages
        self._connection = connection
        self._now = now
        self._feed = Feed("comments")
        self._cursor = Cursor(Source("", None), "", begun(None))
        self._before = Counts()
        self._taken: list[Any] = []

    @property
    def counts(self) -> Counts:
        """What became of the comments of all posts."""
        return self._before + self._cursor.counts_this_run

    def begin(self, feed: Feed) -> FeedCursor:
        """Take up a post's comments."""
        self._before = self.counts
        self._feed, self._taken = feed, []
        key = feed_key(feed)
        position = begun(self._committed.get(key))
        self._cursor = Cursor(Source(feed.source, None), key, position)
        return cursor_of(position)

    def take(self, items: Sequence[Any]) -> None:
        """Take a page's comments."""
        self._taken += items

    def commit(self, at: FeedCursor, finished: bool) -> None:
        """Keep what was taken: in the bucket, then in Postgres, then the place that it leads to."""
        seen_at = datetime.fromtimestamp(self._now(), UTC)
        lines = [line_of(item) for item in self._taken]
        if lines:
            body = b"\n".join(lines) + b"\n"
            self._pages.put(comments_key(self._feed.name, seen_at, body), body, "application/x-ndjson")
        self._store(self._read(lines), seen_at)
        self._taken = []
        self._cursor.finished = finished
        position = at_place(self._cursor.position(Track()), at, finished)
        self._sink.commit({self._cursor.key: position})
        self._committed[self._cursor.key] = position

    def _read(self, lines: Sequence[bytes]) -> dict[str, Comment]:
        cursor, found = self._cursor, {}
        for item, line in zip(self._taken, lines, strict=True):
            cursor.line_number += 1
            cursor.counts.read += 1
            cursor.counts.bytes_read += len(line) + 1
            comment = comment_of(item, self._feed.name)
            if comment is None:
                self._refuse(line)
            else:
                cursor.counts.sent += 1
                found[comment.comment_id] = comment
        return found

    def _refuse(self, line: bytes) -> None:
        detail = f"no comment on post {self._feed.name}"
        headers = dead_letter_headers(REASON_NO_COMMENT, detail, len(line), self._feed.source, self._cursor.line_number)
        value = line[:MAXIMUM_RECORD_BYTES]
        self._sink.produce(self._dead_letters_topic, value, timestamp=int(self._now() * 1000), headers=headers)
        self._cursor.counts.add_dead_letter(REASON_NO_COMMENT)

    def _store(self, comments: Mapping[str, Comment], seen_at: datetime) -> None:
        if not comments:
            return
        with transaction(self._connection), self._connection.cursor() as cursor:
            rows = [_row(comment, seen_at) for comment in comments.values()]
            execute_values(cursor, newest_wins(POST_COMMENTS, "VALUES %s", "seen_at"), rows)


def _row(comment: Comment, seen_at: datetime) -> tuple[Any, ...]:
    created = None if comment.created_s is None else datetime.fromtimestamp(comment.created_s, UTC)
    return storable_row(
        (
            comment.comment_id, comment.post_id, comment.author_id, comment.author_name, comment.text, created,
            comment.digg_count, comment.reply_count, comment.language, seen_at, seen_at,
        )
    )  # fmt: skip
