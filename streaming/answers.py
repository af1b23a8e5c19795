"""What people answer to the posts behind an alert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection  # noqa: N812
from rich.console import Console
from rich.text import Text

from groundswell.domain.evidence import SHOWN_CHARACTERS, EvidencePost

SHOWN_ANSWERS = 3

_MOST_LIKED = """
SELECT post_id, coalesce(author_name, ''), left(text, %s), coalesce(digg_count, 0) FROM (
    SELECT *, row_number() OVER (PARTITION BY post_id ORDER BY digg_count DESC NULLS LAST, comment_id) AS place
    FROM post_comments WHERE post_id = ANY (%s)
) placed WHERE place <= %s ORDER BY post_id, place"""


@dataclass(frozen=True)
class Answer:
    """A comment on a post, with its likes when it was last seen."""

    author: str
    text: str
    likes: int


def answers_to(connection: Connection, post_ids: Sequence[str]) -> dict[str, list[Answer]]:
    """Return of each post that has some the `SHOWN_ANSWERS` comments with most likes, most first."""
    found: dict[str, list[Answer]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_MOST_LIKED, [SHOWN_CHARACTERS, list(post_ids), SHOWN_ANSWERS])
        for post_id, author, text, likes in cursor:
            found.setdefault(post_id, []).append(Answer(author, text, likes))
    return found


def print_evidence(console: Console, evidence: Sequence[EvidencePost], answers: Mapping[str, Sequence[Answer]]) -> None:
    """Print an alert's posts, each with its answers below it."""
    for post in evidence:
        console.print(Text.assemble((f"@{post.author or '?'}", "bold"), f"  {post.text}"))
        console.print(Text(f"  {post.link}  {post.engagement:,} reactions", style="dim"), soft_wrap=True)
        for answer in answers.get(post.post_id, ()):
            console.print(Text.assemble("    ↳ ", (f"@{answer.author or '?'}", "bold"), f"  {answer.text}",
                                        (f"  {answer.likes:,} likes", "dim")))  # fmt: skip
