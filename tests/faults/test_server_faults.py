"""Servers killed under a running stream: it stops loudly or waits, and started again it loses and doubles nothing."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from one_burst import DAY, POSTS, alerts_of, lines, write_statistics
from oracle import arrived, lake_lines, once_each, source_of

from groundswell.contracts import topics
from groundswell.settings import Settings
from infra.stack.local import servers_of, start_stack
from infra.stack.processes import read_record

pytestmark = pytest.mark.long

HALF = POSTS // 2
STREAM_DIED = 6


def pid_of(stack: Settings, name: str) -> int:
    (server,) = [server for server in servers_of(stack) if server.name == name]
    record = read_record(server.pid_file)
    assert record is not None
    return record.pid


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


class Struck:
    """A stream at work when a server is killed, and what was there when all was done."""

    def __init__(self, pipeline: Any, stack: Settings, server: str, folder: Path) -> None:
        self.pipeline, self.stack = pipeline, stack
        write_statistics(pipeline)
        self.sources = [
            source_of(folder / f"{name}.ndjson", lines()[start : start + HALF])
            for name, start in (("a", 0), ("b", HALF))
        ]
        pipeline.replay(self.sources[0].path)
        pipe = subprocess.PIPE
        stream: subprocess.Popen[bytes] = pipeline.start("stream", stdout=pipe, stderr=pipe)
        wait_until(lambda: self.counted() == HALF, "the first half was not counted")
        killed = pid_of(stack, server)
        os.kill(killed, signal.SIGKILL)
        if server != "Kafka":  # without a broker there is nothing to send to
            pipeline.replay(self.sources[1].path)
        time.sleep(5)
        start_stack(stack, print)
        self.was_restarted = pid_of(stack, server) != killed
        if server == "Kafka":
            pipeline.replay(self.sources[1].path)
        time.sleep(5)
        if stream.poll() is None:
            stream.send_signal(signal.SIGINT)
        _, said = stream.communicate(timeout=120)
        self.said, self.exit_code = said.decode(), stream.returncode
        self.again = pipeline.run("stream", "--available-now")

    def counted(self) -> int:
        query = "SELECT coalesce(sum(counted_posts), 0)::bigint FROM stream_batches"
        return int(self.pipeline.query(query)[0][0])


@pytest.fixture(scope="module", params=["Postgres", "S3", "Kafka"])
def struck(
    request: pytest.FixtureRequest,
    make_pipeline: Callable[..., Any],
    stack: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Struck:
    name = request.param
    return Struck(make_pipeline(f"struck_{name.lower()}"), stack, name, tmp_path_factory.mktemp(name))


def test_the_server_was_killed_and_the_stream_noticed_or_waited(struck: Struck) -> None:
    assert struck.was_restarted
    assert struck.exit_code in (STREAM_DIED, 128 + signal.SIGINT), struck.said
    if struck.exit_code == STREAM_DIED:
        assert "start again" in struck.said
    assert struck.again[0] == 0, struck.again[1]


def test_the_lake_has_every_line_once(struck: Struck) -> None:
    for source in struck.sources:
        assert lake_lines(struck.pipeline, source) == once_each(source)
        assert arrived(struck.pipeline.records(topics.POSTS), source) == once_each(source)


def test_every_post_is_counted_once(struck: Struck) -> None:
    assert struck.counted() == 2 * HALF
    counts = struck.pipeline.query("SELECT sum(posts)::bigint FROM live_counts WHERE keyword = ''")
    assert counts == [(2 * HALF,)]


def test_the_alerts_are_those_of_a_run_that_nothing_happened_to(
    struck: Struck, undisturbed_alerts: list[tuple[Any, ...]]
) -> None:
    assert alerts_of(struck.pipeline) == undisturbed_alerts
    keys = {record.key() for record in struck.pipeline.records(topics.ALERTS)}
    assert {str(row[0]).encode() for row in undisturbed_alerts} <= keys


def test_the_night_has_every_post_once(struck: Struck) -> None:
    (day,) = struck.pipeline.json("batch", "parse-lake", "--day", f"{DAY:%Y-%m-%d}", "--json")
    assert (day["lake_rows"], day["distinct_posts"], day["repeated"]) == (2 * HALF, 2 * HALF, 0)
