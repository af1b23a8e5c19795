"""Postgres killed at the very statement: as the statistics are read, and as alerts are saved."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flaky_proxy import FlakyProxy
from one_burst import POSTS, alerts_of, lines, write_statistics
from oracle import source_of

from groundswell.contracts.topics import ALERTS
from groundswell.settings import Settings
from infra.stack.local import servers_of, start_stack
from infra.stack.processes import read_record

pytestmark = pytest.mark.long

STREAM_DIED = 6
STATEMENTS = {"statistics": b"FROM keyword_statistics WHERE version", "alerts": b"INSERT INTO alerts"}


def kill_postgres(stack: Settings) -> None:
    (server,) = [server for server in servers_of(stack) if server.name == "Postgres"]
    record = read_record(server.pid_file)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)


@pytest.fixture
def postgres(stack: Settings) -> Iterator[FlakyProxy]:
    with FlakyProxy(stack.postgres.port) as proxy:
        yield proxy
        start_stack(stack, print)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_stream_dies_of_it_and_started_again_raises_the_same_alerts_once(
    stack: Settings,
    make_pipeline: Callable[..., Any],
    postgres: FlakyProxy,
    undisturbed_alerts: list[tuple[Any, ...]],
    tmp_path: Path,
    statement: str,
) -> None:
    pipeline = make_pipeline(
        f"struck_{statement}",
        GROUNDSWELL_POSTGRES__PORT=str(postgres.port),
        GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER="300",
    )
    write_statistics(pipeline)
    pipeline.replay(source_of(tmp_path / "posts.ndjson", lines()).path)
    postgres.strike_at(STATEMENTS[statement], lambda: kill_postgres(stack))
    said = pipeline.cold("stream", "--only", "keyword_alerts", "--available-now", exit_code=STREAM_DIED)
    assert postgres.has_struck
    assert "start again" in said
    start_stack(stack, print)
    assert pipeline.query("SELECT coalesce(sum(counted_posts), 0)::bigint < %s FROM stream_batches", POSTS) == [(True,)]
    code, again = pipeline.run("stream", "--only", "keyword_alerts", "--available-now")
    assert code == 0, again
    assert pipeline.query("SELECT sum(counted_posts)::bigint FROM stream_batches") == [(POSTS,)]
    assert alerts_of(pipeline) == undisturbed_alerts
    assert {record.key() for record in pipeline.records(ALERTS)} == {str(row[0]).encode() for row in undisturbed_alerts}
