"""What a run has that nothing happened to."""

from collections.abc import Callable
from typing import Any

import pytest
from one_burst import POSTS, alerts_of, lines, write_statistics
from oracle import source_of


@pytest.fixture(scope="session")
def undisturbed_alerts(
    make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[Any, ...]]:
    """The alerts table of `one_burst`, ids included."""
    pipeline = make_pipeline("undisturbed")
    write_statistics(pipeline)
    pipeline.replay(source_of(tmp_path_factory.mktemp("undisturbed") / "posts.ndjson", lines()).path)
    code, said = pipeline.run("stream", "--only", "keyword_alerts", "--available-now")
    assert code == 0, said
    assert pipeline.query("SELECT sum(counted_posts)::bigint FROM stream_batches") == [(POSTS,)]
    alerts = alerts_of(pipeline)
    assert len(alerts) == 1
    return alerts
