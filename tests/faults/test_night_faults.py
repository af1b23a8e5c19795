"""The nightly batch killed while it loads, or while it writes statistics: run again it leaves what it always leaves."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from oracle import made_source

pytestmark = pytest.mark.long

POSTS = 20_000
DAY, NEXT_DAY = "2020-03-12", "2020-03-13"
TABLES = ("posts", "authors", "post_hashtags", "keyword_counts", "platform_counts", "lake_days")
CONTENT = "SELECT count(*), md5(coalesce(string_agg(r::text, '|' ORDER BY r::text), '')) FROM {} AS r"


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = make_pipeline("night_faults")
    made.replay(made_source(tmp_path_factory.mktemp("night") / "day.ndjson", POSTS).path)
    assert made.run("stream", "--only", "raw_to_lake", "--available-now")[0] == 0
    return made


def killed_when(pipeline: Any, holds: Callable[[], bool], *arguments: str) -> "subprocess.Popen[bytes]":
    """Start a command, and kill it at the first moment at which something holds."""
    pipe = subprocess.PIPE
    process: subprocess.Popen[bytes] = pipeline.start(*arguments, stdout=pipe, stderr=pipe)
    deadline = time.monotonic() + 120
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate(timeout=60)
    return process


def contents(pipeline: Any) -> dict[str, Any]:
    found = {table: pipeline.query(CONTENT.format(table))[0] for table in TABLES if table != "lake_days"}
    return found | {"lake_days": pipeline.query("SELECT day, lake_rows, distinct_posts, new_posts FROM lake_days")}


def test_killed_in_mid_load_it_leaves_nothing_and_run_again_everything(pipeline: Any) -> None:
    def is_loading() -> bool:
        if pipeline.query("SELECT to_regclass('staging_posts')") == [(None,)]:
            return False
        return bool(pipeline.query("SELECT EXISTS (SELECT 1 FROM staging_posts)")[0][0])

    parse = ("batch", "parse-lake", "--day", DAY)
    assert killed_when(pipeline, is_loading, *parse).returncode == -9
    assert pipeline.query("SELECT count(*) FROM posts") == [(0,)]
    assert pipeline.run(*parse)[0] == 0
    once = contents(pipeline)
    assert once["posts"][0] == POSTS
    assert pipeline.query("SELECT count(DISTINCT post_id) FROM posts") == [(POSTS,)]
    for _ in range(2):  # a backfill, twice
        assert pipeline.run(*parse)[0] == 0
        assert contents(pipeline) == once
    assert pipeline.query("SELECT to_regclass('staging_posts')") == [(None,)]


def test_killed_while_it_writes_statistics_the_version_in_force_stays(pipeline: Any) -> None:
    current = "SELECT version FROM current_statistics"
    compute = ("batch", "recompute-statistics", "--as-of", NEXT_DAY)
    assert pipeline.run("batch", "parse-lake", "--day", DAY)[0] == 0
    assert pipeline.run(*compute)[0] == 0
    before = pipeline.query(current)
    rows = pipeline.query("SELECT count(*) FROM keyword_statistics")
    ((version,),) = before
    reserved = f"SELECT to_regclass('keyword_statistics_{version + 1}') IS NOT NULL"
    killed = killed_when(pipeline, lambda: bool(pipeline.query(reserved)[0][0]), *compute)
    assert killed.returncode == -9
    assert pipeline.query(current) == before
    assert pipeline.query("SELECT count(*) FROM keyword_statistics") == rows
    assert pipeline.run(*compute)[0] == 0
    assert pipeline.query(current)[0][0] > version
