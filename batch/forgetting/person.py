"""Whose data is taken out, and what of theirs Postgres knows."""

from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor  # noqa: N812

from batch.forgetting.kept_posts import names_and_posts
from groundswell.errors import InputError

_NAMES = """
SELECT lower(unique_name) FROM authors WHERE author_id = %(id)s AND unique_name IS NOT NULL
UNION SELECT user_name FROM profiles WHERE user_id = %(id)s
UNION SELECT lower(author_name) FROM post_comments WHERE author_id = %(id)s AND author_name IS NOT NULL"""
_POSTS = "SELECT post_id FROM posts WHERE author_id = %(id)s"
_COMMENTED = "SELECT DISTINCT post_id FROM post_comments WHERE author_id = %(id)s"


@dataclass(frozen=True)
class Person:
    """A person, by TikTok's id.

    Attributes
    ----------
    author_id : str
    names : tuple of str
        User names that they have had, in lower case, without @.
    post_ids : tuple of str
        Their posts.
    commented_ids : tuple of str
        Posts that they have commented on.
    """

    author_id: str
    names: tuple[str, ...]
    post_ids: tuple[str, ...]
    commented_ids: tuple[str, ...]


def find_person(cursor: Cursor, author_id: str, names: tuple[str, ...] = ()) -> Person:
    """Return what Postgres knows of a person.

    Parameters
    ----------
    cursor : Cursor
    author_id : str
    names : tuple of str
        Further user names that they have had.

    Raises
    ------
    InputError
        It is no id.
    """
    if not author_id.strip() or author_id.startswith("@"):
        raise InputError(f"{author_id!r} is no author's id", "it is authors.author_id; give a user name with --name")
    known = {"id": author_id}

    def column(query: str) -> set[str]:
        cursor.execute(query, known)
        return {str(row[0]) for row in cursor.fetchall()}

    kept_names, kept_ids = names_and_posts(cursor, author_id)
    found = column(_NAMES) | kept_names | {name.removeprefix("@").lower() for name in names}
    post_ids = column(_POSTS) | kept_ids
    return Person(author_id, *(tuple(sorted(each)) for each in (found - {""}, post_ids, column(_COMMENTED))))
