"""Python workers killed under the stream, and a full disk: it stops loudly, and started again it has all once."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from oracle import made_source

pytestmark = pytest.mark.long

POSTS = 20_000
STREAM_DIED = 6


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def counted(pipeline: Any) -> int:
    return int(pipeline.query("SELECT coalesce(sum(counted_posts), 0)::bigint FROM stream_batches")[0][0])


def test_a_killed_python_worker_costs_and_doubles_nothing(make_pipeline: Callable[..., Any], tmp_path: Path) -> None:
    pipeline = make_pipeline("workers", GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER="2000")
    pipeline.replay(made_source(tmp_path / "posts.ndjson", POSTS).path)
    pipe = subprocess.PIPE
    stream = pipeline.start("stream", "--only", "keyword_alerts", stdout=pipe, stderr=pipe)
    killed = 0
    deadline = time.monotonic() + 120
    while not killed and time.monotonic() < deadline:
        if counted(pipeline):
            for process in psutil.Process(stream.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):  # it is gone already
                    if "pyspark.daemon" in " ".join(process.cmdline()):
                        process.kill()
                        killed += 1
        time.sleep(0.05)
    assert killed, "there was no Python worker to kill"
    assert counted(pipeline) < POSTS, "it had counted everything before it was struck"
    time.sleep(5)
    if stream.poll() is None:
        stream.send_signal(signal.SIGINT)
    _, said = stream.communicate(timeout=120)
    assert stream.returncode in (STREAM_DIED, 128 + signal.SIGINT), said.decode()
    assert pipeline.run("stream", "--only", "keyword_alerts", "--available-now")[0] == 0
    assert counted(pipeline) == POSTS
    assert pipeline.query("SELECT sum(posts)::bigint FROM live_counts WHERE keyword = ''") == [(POSTS,)]


def test_a_full_disk_is_named_and_with_room_again_it_goes_on(
    make_pipeline: Callable[..., Any], tmp_path: Path, small_disk: Path
) -> None:
    pipeline = make_pipeline("disk", GROUNDSWELL_STREAM__CHECKPOINT_DIR=str(small_disk / "checkpoints"))
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 3_900_000)
    pipeline.replay(made_source(tmp_path / "posts.ndjson", POSTS).path)
    said = pipeline.cold("stream", "--available-now", exit_code=STREAM_DIED)
    assert "no space left" in said.lower(), said
    ballast.unlink()
    code, again = pipeline.run("stream", "--available-now")
    assert code == 0, again
    assert counted(pipeline) == POSTS
    assert len(pipeline.lake()) == POSTS
