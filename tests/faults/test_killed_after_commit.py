"""Spark killed when the sink has a batch and the checkpoint hasn't: the batch comes again, and changes nothing.

The commit goes through to Postgres, which holds the live tables and the lake's catalog; its answer does not come back,
and the whole command is killed with its JVM and Python workers.
"""

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from flaky_proxy import FlakyProxy
from one_burst import POSTS, alerts_of, lines, write_statistics
from oracle import Source, source_of

from groundswell.settings import Settings

pytestmark = pytest.mark.long

COMMITS = {"keyword_alerts": [b"INSERT INTO stream_batches", b"COMMIT"], "raw_to_lake": [b"UPDATE iceberg_tables"]}
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
            assert alerts_of(pipeline) == undisturbed_alerts
