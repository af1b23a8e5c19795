"""A person's posts among those that the stream keeps, a part at a time."""

from collections.abc import Collection, Iterator, Sequence

import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from groundswell.contracts.kept_posts import packed, unpacked

_KEY = "query_id = %s AND batch_id = %s AND part = %s"
_WHOSE = ("post_id", "author_id", "author_name")


def names_and_posts(cursor: Cursor, author_id: str) -> tuple[set[str], set[str]]:
    """Return the user names, in lower case, and the ids of the posts that are kept of an author."""
    names: set[str] = set()
    post_ids: set[str] = set()
    for _, part in _parts(cursor, _WHOSE):
        theirs = part.filter(_is_any(part, "author_id", [author_id]))
        names |= {_storable(name).lower() for name in theirs["author_name"].to_pylist() if name}
        post_ids |= set(theirs["post_id"].to_pylist())
    return names, post_ids


def forget_kept(cursor: Cursor, author_id: str, names: Collection[str], post_ids: Collection[str]) -> int:
    """Take posts out of the parts that hold them, and return how many there were; the caller commits.

    Parameters
    ----------
    cursor : Cursor
    author_id : str
    names : collection of str
        In lower case; they tell whose a post is that has no author's id.
    post_ids : collection of str
    """
    forgotten = 0
    for key, part in _parts(cursor):
        unnamed = pc.and_(pc.is_null(part["author_id"]), _is_any(part, "author_name", names))
        theirs = pc.or_(_is_any(part, "post_id", post_ids), pc.or_(_is_any(part, "author_id", [author_id]), unnamed))
        others = part.filter(pc.invert(theirs))
        if others.num_rows < part.num_rows:
            _replace(cursor, key, others)
            forgotten += part.num_rows - others.num_rows
    return forgotten


def _parts(cursor: Cursor, columns: Sequence[str] | None = None) -> Iterator[tuple[tuple[str, int, int], pa.Table]]:
    """Yield the key and the posts of each part."""
    with cursor.connection.cursor("kept_posts") as found:
        found.itersize = 1
        found.execute("SELECT query_id, batch_id, part, posts FROM stream_kept_batches")
        for *key, posts in found:
            yield tuple(key), unpacked(posts, columns)


def _replace(cursor: Cursor, key: tuple[str, int, int], posts: pa.Table) -> None:
    if posts.num_rows:
        written = psycopg2.Binary(packed(posts))
        cursor.execute(f"UPDATE stream_kept_batches SET posts = %s WHERE {_KEY}", [written, *key])
    else:
        cursor.execute(f"DELETE FROM stream_kept_batches WHERE {_KEY}", key)


def _is_any(part: pa.Table, column: str, values: Collection[str]) -> pa.ChunkedArray:
    """Tell of each post whether it has one of the values, which are as Postgres has them; names in lower case."""
    found = pc.replace_substring(part[column], "\0", "")
    if column == "author_name":
        found = pc.utf8_lower(found)
    return pc.is_in(found, pa.array(values, pa.string()))


def _storable(text: str) -> str:
    """Return a text without the character that Postgres can't hold."""
    return text.replace("\0", "")
