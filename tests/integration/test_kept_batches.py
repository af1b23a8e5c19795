"""Batches as they are kept in the real Postgres: which are pending, how they are cut, and when they go."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from psycopg2.extensions import connection as Connection

from groundswell.adapters.postgres import connect, transaction
from groundswell.frames.mentions import MENTIONS
from streaming import batch_ledger, kept_batches
from streaming.batch_ledger import Entry
from streaming.recent_mentions import voices_since

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
QUERY, OTHER = "query", "another"


@pytest.fixture(scope="module")
def connection(make_pipeline: Callable[..., Any]) -> Iterator[Connection]:
    connection = connect(make_pipeline("kept").settings)
    yield connection
    connection.close()


@pytest.fixture(autouse=True)
def empty(connection: Connection) -> None:
    connection.rollback()
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM stream_kept_batches; DELETE FROM stream_batches")


def posts(*post_ids: str, hours: float = 0) -> pa.Table:
    """Posts, a second after each other."""
    seen = [NOON + timedelta(hours=hours, seconds=number) for number in range(len(post_ids))]
    rows = [
        {"post_id": post_id, "seen_at": at, "text": "é\0" * 400, "keywords": ["", "#a"], "engagement": 1,
         "text_fingerprint": 5}
        for post_id, at in zip(post_ids, seen, strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, MENTIONS)


def keep(connection: Connection, batch_id: int, table: pa.Table, query_id: str = QUERY) -> None:
    with transaction(connection):
        kept_batches.keep(connection, query_id, batch_id, table)


def note(connection: Connection, batch_id: int, query_id: str = QUERY) -> None:
    with transaction(connection):
        batch_ledger.note(connection, Entry(query_id, batch_id, NOON, 1, 0, 0))


def pending(connection: Connection, query_id: str = QUERY) -> dict[int, list[str]]:
    return {batch_id: table["post_id"].to_pylist() for batch_id, table in kept_batches.pending(connection, query_id)}


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def kept(connection: Connection) -> list[tuple[Any, ...]]:
    return rows(connection, "SELECT query_id, batch_id FROM stream_kept_batches ORDER BY query_id, batch_id, part")


def test_what_is_newer_than_the_ledger_is_pending_in_its_order(connection: Connection) -> None:
    for batch_id in (2, 1, 3):
        keep(connection, batch_id, posts(f"p{batch_id}"))
    keep(connection, 9, posts("other"), OTHER)
    assert list(pending(connection)) == [1, 2, 3]
    note(connection, 1)
    assert pending(connection) == {2: ["p2"], 3: ["p3"]}
    note(connection, 9, OTHER)
    assert list(pending(connection)) == [2, 3]


def test_an_old_batch_that_the_ledger_has_forgotten_is_not_pending(connection: Connection) -> None:
    keep(connection, 1, posts("1"))
    note(connection, 2)
    assert pending(connection) == {}


def test_a_batch_comes_back_as_it_was(connection: Connection) -> None:
    table = posts("1", "2")
    keep(connection, 0, table)
    ((_, found),) = kept_batches.pending(connection, QUERY)
    assert found.equals(table)


def test_a_batch_is_kept_in_place_of_itself_and_without_posts_it_is_gone(connection: Connection) -> None:
    keep(connection, 0, posts("1", "2"))
    keep(connection, 0, posts("2"))
    assert pending(connection) == {0: ["2"]}
    keep(connection, 0, posts())
    assert kept(connection) == []


def test_a_large_batch_is_cut_by_time(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_batches, "_POSTS_A_PART", 2)
    backwards = posts(*"abcde").take([4, 3, 2, 1, 0])
    keep(connection, 0, backwards)
    note(connection, 0)
    times = rows(connection, "SELECT first_seen_at, last_seen_at FROM stream_kept_batches ORDER BY part")
    at = [NOON + timedelta(seconds=number) for number in range(5)]
    assert times == [(at[0], at[1]), (at[2], at[3]), (at[4], at[4])]
    read = [part["post_id"].to_pylist() for part in kept_batches.counted_at(connection, {at[2], at[3]}, ["post_id"])]
    assert read == [["c", "d"]]
    assert [part.num_rows for part in kept_batches.counted_at(connection, {at[0], at[4]}, ["post_id"])] == [2, 1]


def test_what_is_pending_is_neither_read_back_nor_evidence(connection: Connection) -> None:
    keep(connection, 0, posts("counted"))
    note(connection, 0)
    keep(connection, 1, posts("pending"))
    keep(connection, 0, posts("of nobody"), OTHER)
    (voices,) = voices_since(connection, int(NOON.timestamp()))
    assert voices["post_id"].to_pylist() == ["counted"]
    (part,) = kept_batches.counted_at(connection, {NOON}, ["post_id"])
    assert part["post_id"].to_pylist() == ["counted"]


def test_posts_are_read_back_from_a_time_on(connection: Connection) -> None:
    keep(connection, 0, posts("1", "2", "3"))
    keep(connection, 1, posts("old", hours=-1))
    note(connection, 1)
    parts = voices_since(connection, int(NOON.timestamp()) + 1)
    (second, third) = (post for part in parts for post in part.to_pylist())
    assert (second["post_id"], second["author"], second["keywords"]) == ("2", "of 2", ["", "#a"])
    assert second["seen_at_us"] == (int(NOON.timestamp()) + 1) * 1_000_000
    assert third["post_id"] == "3"


def test_what_is_older_than_some_hours_goes_but_nothing_that_is_pending(connection: Connection) -> None:
    for batch_id, hours in enumerate((-9, -7.1, -6.9, -8)):
        keep(connection, batch_id, posts("1", hours=hours))
    keep(connection, 0, posts("1", hours=-9), OTHER)
    note(connection, 2)
    with transaction(connection):
        kept_batches.expire(connection, QUERY, NOON, 7)
    assert kept(connection) == [(QUERY, 2), (QUERY, 3)]


def test_a_new_checkpoint_leaves_only_what_is_pending_of_itself(connection: Connection) -> None:
    keep(connection, 0, posts("1"), OTHER)
    note(connection, 0, OTHER)
    keep(connection, 0, posts("2"))
    with transaction(connection):
        assert batch_ledger.forget_other_checkpoints(connection, QUERY)
    assert kept(connection) == [(QUERY, 0)]
    assert pending(connection) == {0: ["2"]}
