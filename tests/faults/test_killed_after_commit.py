"""Spark killed between the steps of a batch: it is worked through once, whoever has noted it by then.

The whole command is killed with its JVM and Python workers, once when a commit has gone through to Postgres, which
holds the kept batches and the lake's catalog, and its answer has not come back: the batch comes again. And once when
Spark has noted a batch that is kept and not counted: it never comes again.
"""

import contextlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from flaky_proxy import FlakyProxy
from one_burst import POSTS, alerts_of, lines, write_statistics
from oracle import Source, source_of

from groundswell.contracts.kept_posts import unpacked
from groundswell.settings import Settings

pytestmark = pytest.mark.long

_KEEP = b'COPY "stream_kept_batches"'
COMMITS = {
    # Of the second batch, so that there is one in the ledger.
    "keyword_alerts": [_KEEP, b"INSERT INTO stream_batches", _KEEP, b"COMMIT"],
    "raw_to_lake": [b"UPDATE iceberg_tables"],
}
KILLED = -9


def kill(stream: "subprocess.Popen[bytes]") -> None:
    family = [*psutil.Process(stream.pid).children(recursive=True), psutil.Process(stream.pid)]
    for process in family:
        with contextlib.suppress(psutil.Error):
            process.kill()


def checkpointed(pipeline: Any, query: str) -> int:
    folder = Path(pipeline.settings.checkpoint_root) / query / "commits"
    return sum(path.name.isdigit() for path in folder.glob("*"))


def in_sink(pipeline: Any, query: str) -> int:
    if query == "raw_to_lake":
        return len(pipeline.lake())
    return sum(unpacked(posts).num_rows for (posts,) in pipeline.query("SELECT posts FROM stream_kept_batches"))


def counted(pipeline: Any) -> int:
    return int(pipeline.query("SELECT coalesce(sum(counted_posts), 0)::bigint FROM stream_batches")[0][0])


@pytest.mark.parametrize("query", COMMITS)
def test_a_batch_that_comes_again_changes_nothing(
    stack: Settings,
    make_pipeline: Callable[..., Any],
    undisturbed_alerts: list[tuple[Any, ...]],
    tmp_path: Path,
    query: str,
) -> None:
    work = ("stream", "--only", query, "--available-now")
    with FlakyProxy(stack.postgres.port) as postgres:
        pipeline = make_pipeline(
            "between", GROUNDSWELL_POSTGRES__PORT=str(postgres.port), GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER="300"
        )
        write_statistics(pipeline)
        source: Source = source_of(tmp_path / "posts.ndjson", lines())
        pipeline.replay(source.path)
        started: list[subprocess.Popen[bytes]] = []
        postgres.strike_after(COMMITS[query], lambda: kill(started[0]))
        started.append(pipeline.start(*work, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        _, said = started[0].communicate(timeout=120)
        assert started[0].returncode == KILLED, said.decode()
        assert postgres.has_struck
        done, committed = in_sink(pipeline, query), checkpointed(pipeline, query)
        assert 0 < done < POSTS
        assert done > 300 * committed, "the checkpoint was as far as the sink"
        code, again = pipeline.run(*work)
        assert code == 0, again
        assert in_sink(pipeline, query) == POSTS
        if query == "raw_to_lake":
            assert len({row["key"] for row in pipeline.lake()}) == POSTS
        else:
            assert counted(pipeline) == POSTS
            assert alerts_of(pipeline) == undisturbed_alerts


def test_a_batch_that_spark_has_noted_and_nobody_counted_is_counted_by_the_next_stream(
    stack: Settings, make_pipeline: Callable[..., Any], undisturbed_alerts: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    work = ("stream", "--only", "keyword_alerts", "--available-now")
    with FlakyProxy(stack.postgres.port) as postgres:
        pipeline = make_pipeline(
            "uncounted",
            GROUNDSWELL_POSTGRES__PORT=str(postgres.port),
            GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER="300",
        )
        write_statistics(pipeline)
        pipeline.replay(source_of(tmp_path / "posts.ndjson", lines()).path)
        started: list[subprocess.Popen[bytes]] = []

        def kill_when_noted() -> None:
            """The thread that counts waits for its answer meanwhile."""
            deadline = time.monotonic() + 60
            while not checkpointed(pipeline, "keyword_alerts") and time.monotonic() < deadline:
                time.sleep(0.05)
            kill(started[0])

        postgres.strike_at(b"INSERT INTO stream_batches", kill_when_noted)
        started.append(pipeline.start(*work, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        _, said = started[0].communicate(timeout=120)
        assert started[0].returncode == KILLED, said.decode()
        assert postgres.has_struck
        assert checkpointed(pipeline, "keyword_alerts") == 1
        assert 0 < in_sink(pipeline, "keyword_alerts") <= 300
        assert counted(pipeline) == 0
        code, again = pipeline.run(*work)
        assert code == 0, again
        assert "was read and not counted before" in again
        assert (in_sink(pipeline, "keyword_alerts"), counted(pipeline)) == (POSTS, POSTS)
        assert pipeline.query("SELECT sum(posts)::bigint FROM live_counts WHERE keyword = ''") == [(POSTS,)]
        assert alerts_of(pipeline) == undisturbed_alerts
