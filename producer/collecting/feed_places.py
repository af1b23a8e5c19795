"""Where a feed was left, as a record of the positions topic."""

import json
from dataclasses import replace

from producer.collecting.feeds import Feed, FeedCursor
from producer.options import Clock
from producer.positions import Fingerprint, Position


def feed_key(feed: Feed) -> str:
    """Return the key that a feed's position is kept under."""
    return json.dumps({"feed": feed.source}, ensure_ascii=False)


def begun(position: Position | None) -> Position:
    """Return the position to go on from: that of a run that was cut, or a feed's beginning."""
    if position is None or position.finished:
        return Position(Fingerprint(0, ""), clock=Clock.WALL)
    return position


def cursor_of(position: Position) -> FeedCursor:
    """Return where the next page begins.

    >>> cursor_of(at(begun(None), FeedCursor("30", "s"), finished=False))
    FeedCursor(place='30', search_id='s')
    """
    return FeedCursor(**json.loads(position.feed_cursor)) if position.feed_cursor else FeedCursor()


def at(position: Position, cursor: FeedCursor, finished: bool) -> Position:
    """Return the position with the place where the next page begins."""
    place = json.dumps({"place": cursor.place, "search_id": cursor.search_id})
    return replace(position, feed_cursor=place, finished=finished)
