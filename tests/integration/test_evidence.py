"""What stands behind a keyword, as a stream that starts again finds it in the real Postgres."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from psycopg2.extensions import connection as Connection

from groundswell.adapters.postgres import connect, transaction
from groundswell.domain.evidence import EvidencePost
from groundswell.frames.mentions import MENTIONS
from streaming import batch_ledger, kept_batches
from streaming.batch_ledger import Entry
from streaming.evidence import written_posts
from streaming.recent_memory import numbers_of
from streaming.recent_mentions import Behind, RecentMentions, voices_since
from streaming.vocabulary import Vocabulary

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
END = START + timedelta(hours=1)
BATCH_IDS = itertools.count()


@pytest.fixture(scope="module")
def connection(make_pipeline: Callable[..., Any]) -> Iterator[Connection]:
    connection = connect(make_pipeline("evidence").settings)
    yield connection
    connection.close()


@pytest.fixture(autouse=True)
def empty(connection: Connection) -> None:
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM stream_kept_batches; DELETE FROM stream_batches")


def write(
    connection: Connection, post_id: str, *keywords: str, minutes: float = 0, author: str | None = None,
    name: str | None = "ana", text: str = "", fingerprint: int | None = None, engagement: int = 0,
) -> None:  # fmt: skip
    """Count a batch of one post."""
    row = {
        "partition": 0, "post_id": post_id, "seen_at": START + timedelta(minutes=minutes), "author_id": author,
        "author_name": name, "text": text, "engagement": engagement, "keywords": ["", *keywords],
        "text_fingerprint": hash(post_id) if fingerprint is None else fingerprint,
    }  # fmt: skip
    batch_id = next(BATCH_IDS)
    with transaction(connection):
        kept_batches.keep(connection, "query", batch_id, pa.Table.from_pylist([row], MENTIONS))
        batch_ledger.note(connection, Entry("query", batch_id, END, 1, 0, 0))


def found_in(connection: Connection, *keywords: str) -> dict[str, Behind]:
    start_s, end_s = (int(time.timestamp()) for time in (START, END))
    vocabulary = Vocabulary()
    mentions = RecentMentions(vocabulary)
    for posts in voices_since(connection, start_s - 3600):
        mentions.add(posts, numbers_of(posts, vocabulary))
    return mentions.behind(keywords, start_s, end_s)


def shown_for(connection: Connection, keyword: str) -> list[EvidencePost]:
    top = found_in(connection, keyword)[keyword].top
    written = written_posts(connection, top)
    return [written[post] for post in top]


def test_posts_authors_and_texts_are_counted_per_keyword(connection: Connection) -> None:
    write(connection, "1", "#a", "b", author="x", fingerprint=7)
    write(connection, "2", "#a", author="x", fingerprint=7)
    write(connection, "3", "#a", author="y", fingerprint=8)
    write(connection, "4", "#c", author="z")
    found = found_in(connection, "#a", "b", "#never")
    assert {keyword: (e.posts, e.authors, e.texts) for keyword, e in found.items()} == {"#a": (3, 2, 2), "b": (1, 1, 1)}


def test_a_post_without_author_is_an_author_of_its_own(connection: Connection) -> None:
    for post_id in "123":
        write(connection, post_id, "#a")
    write(connection, "4", "#a", author="1")
    assert found_in(connection, "#a")["#a"].authors == 4


def test_the_window_begins_with_its_start_and_ends_before_its_end(connection: Connection) -> None:
    for minutes in (-0.01, 0, 59.99, 60):
        write(connection, str(minutes), "#a", minutes=minutes)
    assert {post.post_id for post in found_in(connection, "#a")["#a"].top} == {"0", "59.99"}


def test_five_posts_with_most_engagement_are_shown_the_lower_id_first_where_it_is_the_same(
    connection: Connection,
) -> None:
    for number, engagement in enumerate([5, 9, 5, 1, 5, 5, 0]):
        write(connection, f"p{number}", "#a", engagement=engagement)
    assert [post.post_id for post in shown_for(connection, "#a")] == ["p1", "p0", "p2", "p4", "p5"]


def test_a_shown_post_has_its_author_the_head_of_its_text_and_its_link(connection: Connection) -> None:
    write(connection, "68", "#a", minutes=1, name="ana", text="né 'x' \"y\" " + "z" * 300, engagement=12)
    (post,) = shown_for(connection, "#a")
    assert post == EvidencePost(
        post_id="68",
        author="ana",
        text="né 'x' \"y\" " + "z" * 189,
        engagement=12,
        seen_at_s=int(START.timestamp()) + 60,
        link="https://www.tiktok.com/@ana/video/68",
    )


def test_a_post_without_a_name_is_found_by_its_id(connection: Connection) -> None:
    write(connection, "68", "#a", name=None)
    (post,) = shown_for(connection, "#a")
    assert (post.author, post.link) == ("", "https://www.tiktok.com/@/video/68")


def test_what_json_cannot_hold_is_taken_out(connection: Connection) -> None:
    write(connection, "68", "#a", name="a\0na", text="\0b" * 201)
    (post,) = shown_for(connection, "#a")
    assert (post.author, post.text) == ("ana", "b" * 200)


def test_a_post_that_is_gone_is_not_shown(connection: Connection) -> None:
    write(connection, "68", "#a")
    top = found_in(connection, "#a")["#a"].top
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM stream_kept_batches")
    assert written_posts(connection, top) == {}


def test_the_platforms_evidence_is_of_all_posts(connection: Connection) -> None:
    write(connection, "1", "#a")
    write(connection, "2")
    assert found_in(connection, "")[""].posts == 2


def test_without_keywords_there_is_none(connection: Connection) -> None:
    write(connection, "1", "#a")
    assert found_in(connection) == {}
