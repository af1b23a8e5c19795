"""S3 away, slow, overloaded, and cut in the middle of an upload: the lake has every record once in the end."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from flaky_proxy import FlakyProxy, Mode
from oracle import lake_lines, made_source, once_each

from groundswell.settings import Settings
from infra.stack.local import servers_of, start_stack
from infra.stack.processes import read_record

pytestmark = pytest.mark.long

POSTS = 4_000
STREAM_DIED = 6
# Away for longer than any client's own patience, which is a minute or two.
SECONDS = {Mode.AWAY: 150, Mode.BUSY: 20, Mode.SLOW: 20}


@pytest.mark.parametrize("mode", [Mode.AWAY, Mode.BUSY, Mode.SLOW])
def test_the_lake_has_every_record_once_whatever_s3_did(
    make_pipeline: Callable[..., Any], stack: Settings, tmp_path: Path, mode: Mode
) -> None:
    with FlakyProxy(urlparse(stack.lake.endpoint_url).port or 0) as proxy:
        pipeline = make_pipeline("s3_faults", GROUNDSWELL_LAKE__ENDPOINT_URL=f"http://127.0.0.1:{proxy.port}")
        pipeline.replay(made_source(tmp_path / "before.ndjson", POSTS, padding=2_000).path)
        pipe = subprocess.PIPE
        stream = pipeline.start("stream", "--only", "raw_to_lake", stdout=pipe, stderr=pipe)
        wait_until(lambda: written(pipeline) == POSTS, "the first half was not written")
        proxy.become(mode)
        pipeline.replay(made_source(tmp_path / "during.ndjson", POSTS, first_id=POSTS, padding=2_000).path)
        wait_until(lambda: proxy.struck[mode] > 0, "S3 was not asked for anything")
        time.sleep(SECONDS[mode])
        proxy.become(Mode.PASS)
        time.sleep(5)
        if stream.poll() is None:
            stream.send_signal(signal.SIGINT)
        _, said = stream.communicate(timeout=120)
        assert stream.returncode in (STREAM_DIED, 128 + signal.SIGINT), said.decode()
        code, again = pipeline.run("stream", "--only", "raw_to_lake", "--available-now")
        assert code == 0, again
        keys = Counter(row["key"] for row in pipeline.lake())
    assert proxy.struck[mode] > 0, "the fault did not strike"
    assert keys == Counter(f"68{number:08}".encode() for number in range(2 * POSTS))


def test_s3_killed_in_the_middle_of_an_upload_costs_and_doubles_nothing(
    make_pipeline: Callable[..., Any], stack: Settings, tmp_path: Path
) -> None:
    (server,) = [server for server in servers_of(stack) if server.name == "S3"]
    record = read_record(server.pid_file)
    assert record is not None
    with FlakyProxy(urlparse(stack.lake.endpoint_url).port or 0) as proxy:
        pipeline = make_pipeline("s3_killed", GROUNDSWELL_LAKE__ENDPOINT_URL=f"http://127.0.0.1:{proxy.port}")
        source = made_source(tmp_path / "posts.ndjson", POSTS, padding=2_000)
        pipeline.replay(source.path)
        write = ("stream", "--only", "raw_to_lake", "--available-now")
        # What follows the request's line is the file itself.
        proxy.strike_at(b".parquet HTTP/1.1", lambda: os.kill(record.pid, signal.SIGKILL))
        stream = pipeline.start(*write, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            wait_until(lambda: proxy.has_struck, "nothing was uploaded")
            time.sleep(5)
        finally:
            start_stack(stack, print)
        _, said = stream.communicate(timeout=180)
        assert stream.returncode in (0, STREAM_DIED), said.decode()
        code, again = pipeline.run(*write)
        assert code == 0, again
        assert lake_lines(pipeline, source) == once_each(source)


def written(pipeline: Any) -> float:
    """Return how many records the running query says it has written."""
    query = "SELECT value FROM pipeline_metrics WHERE component = 'raw_to_lake' AND metric = 'records_since_start'"
    found = pipeline.query(query)
    return float(found[0][0]) if found else 0.0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)
