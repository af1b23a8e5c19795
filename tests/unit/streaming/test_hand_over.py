"""Between Spark and the work: a batch is kept, then worked through beside the next one, and no error is lost."""

from collections.abc import Callable, Iterator
from threading import Event, get_ident
from typing import Any, cast

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame

from groundswell.errors import GroundswellError
from streaming import batch_ledger, kept_batches
from streaming.hand_over import HandOver

WAIT_SECONDS = 20


class Postgres:
    """Connections that note what becomes of them, a ledger, and what is kept."""

    closed = False

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: set[int] = set()
        self.kept: dict[int, pa.Table] = {}
        self.happened: list[str] = []
        monkeypatch.setattr(batch_ledger, "is_done", lambda _connection, _query, batch_id: batch_id in self.done)
        monkeypatch.setattr(kept_batches, "keep", self._keep)
        monkeypatch.setattr(kept_batches, "pending", lambda *_: iter(sorted(self.kept.items())))

    def _keep(self, _connection: Any, _query_id: str, batch_id: int, posts: pa.Table) -> None:
        self.kept[batch_id] = posts
        self.happened.append(f"kept {batch_id}")

    def commit(self) -> None:
        self.happened.append("committed")

    def rollback(self) -> None:
        self.happened.append("rolled back")

    def close(self) -> None:
        pass


class Work:
    """Work that waits until it may go on, or dies."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self.may_go_on = Event()
        self.may_go_on.set()
        self.error: Exception | None = None

    def __call__(self, _posts: pa.Table, _query_id: str, batch_id: int) -> None:
        self._postgres.happened.append(f"began {batch_id}")
        assert self.may_go_on.wait(WAIT_SECONDS)
        if self.error is not None:
            raise self.error
        self.batches.append(batch_id)
        self.threads.add(get_ident())


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch) -> Postgres:
    return Postgres(monkeypatch)


@pytest.fixture
def work(postgres: Postgres) -> Work:
    return Work(postgres)


@pytest.fixture
def hand_over(postgres: Postgres, work: Work) -> Iterator[HandOver]:
    hand_over = HandOver(cast("Any", lambda: postgres), work)
    yield hand_over
    work.may_go_on.set()
    hand_over.close()


def from_spark(posts: int = 1, query_id: str | None = "query") -> DataFrame:
    """A micro-batch, as far as it is looked at."""

    class FromSpark:
        @property
        def sparkSession(self) -> "FromSpark":
            return self

        sparkContext = sparkSession

        def getLocalProperty(self, _name: str) -> str | None:
            return query_id

        def toArrow(self) -> pa.Table:
            return pa.table({"post_id": [str(number) for number in range(posts)]})

    return cast("DataFrame", FromSpark())


def test_a_batch_is_kept_before_work_on_it_begins(hand_over: HandOver, postgres: Postgres) -> None:
    hand_over(from_spark(), 0)
    hand_over.finish()
    assert postgres.happened == ["kept 0", "committed", "began 0"]


def test_spark_goes_on_while_a_batch_is_worked_through(hand_over: HandOver, work: Work) -> None:
    work.may_go_on.clear()
    hand_over(from_spark(), 0)
    assert hand_over.is_behind()
    assert work.batches == []
    work.may_go_on.set()
    hand_over.finish()
    assert not hand_over.is_behind()
    assert work.batches == [0]
    assert get_ident() not in work.threads


def test_batches_are_worked_through_one_after_the_other(hand_over: HandOver, work: Work, postgres: Postgres) -> None:
    for batch_id in range(3):
        hand_over(from_spark(), batch_id)
    hand_over.finish()
    assert work.batches == [0, 1, 2]
    assert len(work.threads) == 1
    assert postgres.happened == [each for n in range(3) for each in (f"kept {n}", "committed", f"began {n}")]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(lambda hand_over: hand_over(from_spark(), 1), id="next batch"),
        pytest.param(lambda hand_over: hand_over.finish(), id="finish"),
    ],
)
def test_what_a_batch_died_of_is_told_each_time_and_no_later_one_is_taken(
    hand_over: HandOver, work: Work, postgres: Postgres, asked: Callable[[HandOver], object]
) -> None:
    work.error = ValueError("no room")
    hand_over(from_spark(), 0)
    for _ in range(2):
        with pytest.raises(ValueError, match="no room"):
            asked(hand_over)
    with pytest.raises(ValueError, match="no room"):
        hand_over.is_behind()
    assert list(postgres.kept) == [0]
    assert [what for what in postgres.happened if what.startswith("began")] == ["began 0"]


def test_what_is_pending_comes_first_in_order_and_once(hand_over: HandOver, work: Work, postgres: Postgres) -> None:
    postgres.kept = dict.fromkeys((4, 3), pa.table({"post_id": ["1"]}))
    hand_over.resume("query")
    hand_over.resume("query")
    hand_over(from_spark(), 5)
    hand_over.finish()
    assert work.batches == [3, 4, 5]


def test_where_the_first_that_is_pending_dies_no_other_is_taken(
    hand_over: HandOver, work: Work, postgres: Postgres
) -> None:
    postgres.kept = dict.fromkeys((3, 4), pa.table({"post_id": ["1"]}))
    work.error = ValueError("no room")
    with pytest.raises(ValueError, match="no room"):
        hand_over(from_spark(), 5)
    # What was read of it is let go of before it is counted.
    assert postgres.happened == ["committed", "began 3"]


def test_a_batch_without_posts_is_not_kept(hand_over: HandOver, work: Work, postgres: Postgres) -> None:
    hand_over(from_spark(posts=0), 0)
    hand_over.finish()
    assert (postgres.happened, work.batches) == ([], [])


def test_a_batch_that_the_ledger_has_is_not_kept(hand_over: HandOver, work: Work, postgres: Postgres) -> None:
    postgres.done = {7}
    hand_over(from_spark(), 7)
    hand_over.finish()
    assert (postgres.happened, work.batches) == (["committed"], [])


def test_without_the_querys_id_nothing_is_taken(hand_over: HandOver, postgres: Postgres) -> None:
    with pytest.raises(GroundswellError, match="which query"):
        hand_over(from_spark(query_id=None), 0)
    assert postgres.happened == []
