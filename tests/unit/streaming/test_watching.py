import pytest

from streaming.watching import QueryFailedError, RunningQuery, failure, watch

LOST = (
    "Job aborted: java.lang.IllegalStateException: Partition posts_v1-0's offset was changed from 5 to 9, some data "
    "may have been missed.\nSome data may have been lost because they are not available in Kafka any more\n"
    "=== Streaming Query ==="
)
CUT = (
    'Cannot invoke "scala.collection.IterableOps.map(scala.Function1)" because the return value of '
    '"scala.Option.get()" is null\n=== Streaming Query ==='
)


class Query:
    """What the watcher sees of a query, which has ended."""

    runId = "run"
    name = "raw_to_lake"
    recentProgress: tuple[()] = ()
    isActive = False

    def __init__(self, error: str | None) -> None:
        self._error = error

    def exception(self) -> Exception | None:
        return None if self._error is None else Exception(self._error)

    def stop(self) -> None:
        pass


def started(*errors: str | None) -> RunningQuery:
    """A query that dies of each error in turn, each time it is started."""
    queries = iter([Query(error) for error in errors])
    return RunningQuery(lambda: next(queries))


def test_lost_offsets_are_named_with_the_choice_that_is_left() -> None:
    error = failure("raw_to_lake", LOST)
    assert error.exit_code == 6
    assert error.message == "raw_to_lake: the posts topic no longer holds records that this query has not read"
    assert "delete the checkpoint folder of" in error.way_out
    assert "offset was changed from 5 to 9" in error.way_out


def test_another_failure_is_told_in_few_lines() -> None:
    error = failure("keyword_alerts", "\nboom\n\n=== Streaming Query ===\nIdentifier: x\n" + "at a.b(C.java)\n" * 50)
    assert error.message == "keyword_alerts failed: boom | === Streaming Query === | Identifier: x"
    assert "goes on where it was" in error.way_out


IN_PYTHON = """[FOREACH_BATCH_USER_FUNCTION_ERROR] Reason: An exception was raised by the Python Proxy.
Return Message: Traceback (most recent call last):
  File "clientserver.py", line 644, in _call_proxy
    return_value = getattr(self.pool[obj_id], method)(*params)
psycopg2.OperationalError: server closed the connection unexpectedly
\tThis probably means the server terminated abnormally

 SQLSTATE: 39000
"""


def test_of_a_failure_in_python_the_error_is_told_and_not_its_stack() -> None:
    message = failure("keyword_alerts", IN_PYTHON).message
    assert message.startswith("keyword_alerts failed: psycopg2.OperationalError: server closed the connection")
    assert "Traceback" not in message


def test_offsets_lost_under_python_are_known_as_such() -> None:
    java = "py4j.protocol.Py4JJavaError: o1.append\n: KafkaIllegalStateException: Some data may have been lost because"
    error = failure("raw_to_lake", IN_PYTHON.replace("psycopg2.OperationalError: server closed", java))
    assert "no longer holds" in error.message
    assert "KafkaIllegalStateException" in error.way_out
    assert "Traceback" not in str(error)


def test_a_long_message_is_cut() -> None:
    assert len(failure("keyword_alerts", "x" * 5000).message) < 700


def test_a_failure_without_words_is_told_too() -> None:
    assert failure("keyword_alerts", "").message.startswith("keyword_alerts failed")
    assert failure("keyword_alerts", "failOnDataLoss").exit_code == 6


def test_a_query_that_dies_over_the_batch_it_was_cut_in_is_started_once_more() -> None:
    watch([started(CUT, None)], lambda _: None)
    with pytest.raises(QueryFailedError, match=r"Option\.get"):
        watch([started(CUT, CUT, None)], lambda _: None)


def test_what_the_last_batch_dies_of_is_told_however_late_it_was_handed_over() -> None:
    answers = iter([lambda: False, lambda: 1 / 0])
    query = RunningQuery(lambda: Query(None), lambda: bool(next(answers)()))
    with pytest.raises(QueryFailedError, match="ZeroDivisionError"):
        watch([query], lambda _: None)


def test_a_query_that_dies_of_anything_else_is_not_started_again() -> None:
    with pytest.raises(QueryFailedError, match="raw_to_lake failed: boom"):
        watch([started(None), started("boom", None)], lambda _: None)
