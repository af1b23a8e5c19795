"""The nightly DAG for a past day, run by Airflow against the real lake and Postgres, twice."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from groundswell.adapters.postgres import connect
from groundswell.settings import Settings, load_settings
from infra.airflow_environment import AirflowEnvironment
from infra.migrate_command import run_migrations

DAY = datetime(2026, 6, 28, tzinfo=UTC)
POSTS_ON_THE_DAY = 48
OWN = {
    "GROUNDSWELL_KAFKA__TOPIC_PREFIX": "nightly.",
    "GROUNDSWELL_LAKE__NAMESPACE": "nightly",
    "GROUNDSWELL_POSTGRES__DB_SCHEMA": "nightly",
}
# what a run leaves to look at, without the moments of writing and the numbers of versions
CONTENTS = {
    "posts": "SELECT post_id, text, author_id, created_at, digg_count, hashtags FROM posts ORDER BY 1",
    "authors": "SELECT author_id, unique_name, nickname FROM authors ORDER BY 1",
    "post_hashtags": "SELECT post_id, hashtag, day FROM post_hashtags ORDER BY 1, 2",
    "post_metrics": "SELECT post_id, seen_at, digg_count FROM post_metrics ORDER BY 1, 2",
    "keyword_counts": "SELECT day, keyword, bucket_start, posts, authors FROM keyword_counts ORDER BY 2, 3",
    "platform_counts": "SELECT bucket_start, day, posts, authors FROM platform_counts ORDER BY 1",
    "statistics": "SELECT keyword, level, dispersion_hour, dispersion_six_hours, profile, posts FROM keyword_statistics"
    " JOIN current_statistics USING (version) ORDER BY 1",
}


def post(number: int, created: datetime) -> dict[str, Any]:
    """Return a post of the nested form, half of them with a hashtag."""
    text = f"waves again today {number} " + ("#groundswelltest" if number % 2 else "")
    tag = [{"HashtagName": "groundswelltest", "HashtagId": "1", "Type": 1}] if number % 2 else []
    return {
        "itemInfos": {
            "id": str(int(created.timestamp()) << 32 | number),
            "text": text,
            "createTime": str(int(created.timestamp())),
            "authorId": f"author{number % 5}",
            "musicId": "77",
            "diggCount": number,
            "shareCount": 1,
            "playCount": 100,
            "commentCount": 2,
        },
        "authorInfos": {"userId": f"author{number % 5}", "uniqueId": f"name{number % 5}", "nickName": "N"},
        "musicInfos": {"musicId": "77", "musicName": "sea", "authorName": "the band", "original": True},
        "textExtra": tag,
    }


def groundswell(*arguments: str) -> None:
    command = [sys.executable, "-m", "groundswell.cli", *arguments]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{arguments}:\n{done.stdout[-6000:]}"


@pytest.fixture(scope="module")
def filled_lake(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A lake, schema and topics of this module's own, holding a day of posts and one post of the next day."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in OWN.items():
            patch.setenv(name, value)
        folder = tmp_path_factory.mktemp("nightly")
        patch.setenv("GROUNDSWELL_STREAM__CHECKPOINT_DIR", str(folder / "checkpoints"))
        settings = load_settings()
        run_migrations(settings)
        moments = [DAY + timedelta(minutes=30 * number) for number in range(POSTS_ON_THE_DAY + 1)]
        lines = [json.dumps(post(number, moment)) for number, moment in enumerate(moments)]
        path = folder / "posts.ndjson"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        groundswell("replay", str(path))
        groundswell("stream", "--only", "raw_to_lake", "--available-now")
        yield settings


@pytest.fixture(scope="module")
def airflow(filled_lake: Settings) -> AirflowEnvironment:
    environment = AirflowEnvironment(filled_lake, filled_lake.airflow.port)
    environment.install()
    return environment


def run_nightly(airflow: AirflowEnvironment) -> dict[str, list[tuple[Any, ...]]]:
    done = subprocess.run(
        [sys.executable, "-m", "infra.airflow", "run", "nightly", f"{DAY:%Y-%m-%d}"],
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    assert f"nightly done for {DAY:%Y-%m-%d}" in done.stdout
    connection = connect(airflow.settings)
    try:
        contents = {}
        for name, query in CONTENTS.items():
            with connection.cursor() as cursor:
                cursor.execute(query)
                contents[name] = cursor.fetchall()
        return contents
    finally:
        connection.close()


@pytest.mark.timeout(1500)
def test_a_past_day_runs_through_airflow_and_again_with_the_same_tables(airflow: AirflowEnvironment) -> None:
    first = run_nightly(airflow)
    assert len(first["posts"]) == POSTS_ON_THE_DAY
    assert len(first["authors"]) == 5
    assert len(first["post_hashtags"]) == POSTS_ON_THE_DAY // 2
    assert {row[2] for row in first["post_hashtags"]} == {DAY.date()}
    assert sum(row[2] for row in first["platform_counts"]) == POSTS_ON_THE_DAY
    counted = {keyword for _, keyword, *_ in first["keyword_counts"]}
    assert {"#groundswelltest", "waves"} <= counted
    assert sum(row[3] for row in first["keyword_counts"] if row[1] == "#groundswelltest") == POSTS_ON_THE_DAY // 2
    assert "#groundswelltest" in {row[0] for row in first["statistics"]}

    assert run_nightly(airflow) == first
