"""A checkpoint that was deleted, and statistics of long ago: nothing counts twice, and what is old still judges."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from one_burst import DAY, POSTS, alerts_of, lines, write_statistics
from oracle import source_of


def test_without_its_checkpoint_the_lake_has_records_twice_and_the_tables_have_not(
    make_pipeline: Callable[..., Any], tmp_path: Path
) -> None:
    pipeline = make_pipeline("forgot")
    pipeline.replay(source_of(tmp_path / "posts.ndjson", lines()).path)
    write = ("stream", "--only", "raw_to_lake", "--available-now")
    assert pipeline.run(*write)[0] == 0
    shutil.rmtree(Path(pipeline.settings.checkpoint_root) / "raw_to_lake")
    assert pipeline.run(*write)[0] == 0
    assert len(pipeline.lake()) == 2 * POSTS, "the test is of nothing where the lake has each record once"
    (day,) = pipeline.json("batch", "parse-lake", "--day", f"{DAY:%Y-%m-%d}", "--json")
    assert (day["lake_rows"], day["distinct_posts"]) == (2 * POSTS, POSTS)
    assert pipeline.query("SELECT count(*), count(DISTINCT post_id) FROM posts") == [(POSTS, POSTS)]
    assert pipeline.query("SELECT sum(posts)::bigint FROM platform_counts") == [(POSTS,)]


def test_statistics_of_long_ago_still_judge(
    make_pipeline: Callable[..., Any], undisturbed_alerts: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    pipeline = make_pipeline("stale")
    write_statistics(pipeline, DAY - timedelta(days=60))
    pipeline.replay(source_of(tmp_path / "posts.ndjson", lines()).path)
    code, said = pipeline.run("stream", "--only", "keyword_alerts", "--available-now")
    assert code == 0, said
    assert alerts_of(pipeline) == undisturbed_alerts
