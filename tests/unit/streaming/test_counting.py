"""A micro-batch counts in Postgres and in memory, or not at all."""

from datetime import UTC, datetime
from typing import Any, cast

import pyarrow as pa
import pytest
from psycopg2.extensions import connection as Connection

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.mentions import MENTIONS
from groundswell.settings import Settings
from streaming import batch_ledger, counting, known_posts, live_counts, recent_posts
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

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[str] = []
        monkeypatch.setattr(batch_ledger, "forget_other_checkpoints", lambda *_: False)
        monkeypatch.setattr(batch_ledger, "is_done", lambda *_: False)
        monkeypatch.setattr(batch_ledger, "stream_time_before", lambda *_: None)
        monkeypatch.setattr(known_posts, "seen_before", lambda *_: [])
        for owner, name in ((live_counts, "add"), (recent_posts, "write"), (batch_ledger, "note")):
            monkeypatch.setattr(owner, name, self._noted(name))

    def _noted(self, name: str) -> Any:
        return lambda *_: self.written.append(name)


def counted(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "read_back", lambda *_: memory)
    post = {"partition": 0, "seen_at": START, "post_id": "1", "may_be_known": False, "keywords": [PLATFORM_KEYWORD]}
    posts = pa.Table.from_pylist([post], MENTIONS)
    Counter(Settings(), frozenset()).count(NO_CONNECTION, posts, "query", 7, [])


def test_a_batch_is_noted_as_done_when_it_is_in_postgres_and_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres, memory = Postgres(monkeypatch), Memory()
    counted(memory, monkeypatch)
    assert memory.post_ids == ["1"]
    assert postgres.written == ["add", "write", "note"]


def test_what_goes_wrong_in_memory_ends_the_batch_before_it_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = Postgres(monkeypatch)
    with pytest.raises(MemoryError, match="no room"):
        counted(Memory(is_full=True), monkeypatch)
    assert "note" not in postgres.written
