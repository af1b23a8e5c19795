"""A micro-batch counts in Postgres and in memory, or not at all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pyarrow as pa
import pytest
from psycopg2.extensions import connection as Connection

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.mentions import MENTIONS
from groundswell.settings import Settings
from streaming import batch_ledger, counting, kept_batches, known_posts, live_counts
from streaming.counting import Counter

START = datetime(2026, 6, 1, tzinfo=UTC)
NO_CONNECTION = cast("Connection", None)


class Memory:
    """What stays of the batches, which may have no room."""

    def __init__(self, *, is_full: bool = False) -> None:
        self.is_full = is_full
        self.post_ids: list[str] = []

    def add(self, posts: pa.Table, _: object) -> None:
        if self.is_full:
            raise MemoryError("no room")
        self.post_ids += posts["post_id"].to_pylist()


class Postgres:
    """Notes what was written into which table."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, known: Sequence[str] = ()) -> None:
        self.written: list[str] = []
        self.kept: list[dict[str, Any]] | None = None
        monkeypatch.setattr(batch_ledger, "forget_other_checkpoints", lambda *_: False)
        monkeypatch.setattr(batch_ledger, "is_done", lambda *_: False)
        monkeypatch.setattr(batch_ledger, "stream_time_before", lambda *_: None)
        monkeypatch.setattr(known_posts, "seen_before", lambda *_: list(known))
        monkeypatch.setattr(kept_batches, "keep", self._keep)
        for owner, name in ((live_counts, "add"), (batch_ledger, "note")):
            monkeypatch.setattr(owner, name, self._noted(name))

    def _noted(self, name: str) -> Any:
        return lambda *_: self.written.append(name)

    def _keep(self, _connection: Connection, _query_id: str, _batch_id: int, posts: pa.Table) -> None:
        self.kept = posts.to_pylist()


def counted(memory: Memory, monkeypatch: pytest.MonkeyPatch, *phrases: str) -> None:
    monkeypatch.setattr(counting, "read_back", lambda *_: memory)
    post = {"partition": 0, "seen_at": START, "post_id": "1", "may_be_known": False, "keywords": [PLATFORM_KEYWORD]}
    said = {"text": "a dance now", "keywords": [PLATFORM_KEYWORD, "dance", "now"]}
    posts = pa.Table.from_pylist([post, post | said | {"post_id": "2"}], MENTIONS)
    Counter(Settings(), frozenset()).count(NO_CONNECTION, posts, "query", 7, list(phrases))


def test_a_batch_is_noted_as_done_when_it_is_in_postgres_and_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres, memory = Postgres(monkeypatch), Memory()
    counted(memory, monkeypatch)
    assert memory.post_ids == ["1", "2"]
    assert postgres.written == ["add", "note"]


def test_what_goes_wrong_in_memory_ends_the_batch_before_it_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = Postgres(monkeypatch)
    with pytest.raises(MemoryError, match="no room"):
        counted(Memory(is_full=True), monkeypatch)
    assert "note" not in postgres.written


def test_a_batch_of_which_all_is_counted_stays_as_it_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = Postgres(monkeypatch)
    counted(Memory(), monkeypatch, "never said")
    assert postgres.kept is None


def test_what_is_left_out_of_a_batch_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = Postgres(monkeypatch, known=["1"])
    counted(Memory(), monkeypatch)
    assert postgres.kept is not None
    assert [post["post_id"] for post in postgres.kept] == ["2"]


def test_a_batch_of_which_nothing_is_counted_is_kept_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = Postgres(monkeypatch, known=["1", "2"])
    counted(Memory(), monkeypatch)
    assert postgres.kept == []


def test_phrases_are_kept_with_the_posts_that_say_them(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = Postgres(monkeypatch)
    counted(Memory(), monkeypatch, "dance now")
    assert postgres.kept is not None
    assert [post["keywords"][-1] for post in postgres.kept] == [PLATFORM_KEYWORD, "dance now"]
