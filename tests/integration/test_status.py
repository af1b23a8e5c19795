"""How the pipeline does, as `groundswell status` tells it, and the alerts on the pipeline itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from groundswell.adapters.kafka import producer
from groundswell.adapters.metrics import write_metrics
from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.topics import ALERTS
from streaming.health_alerts import HealthWatch

POSTS = 40
FIRST_S = 1_780_000_000


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Posts over half an hour and two lines that are none, worked through by both queries and the night."""
    made = make_pipeline("status")
    lines = [
        orjson.dumps({"id": str(n), "createTime": FIRST_S + 60 * n, "desc": f"word{n % 3} #tag"}) for n in range(POSTS)
    ]
    path = tmp_path_factory.mktemp("status") / "posts.ndjson"
    path.write_bytes(b"\n".join([*lines, b"{", b"[]"]) + b"\n")
    made.replay(path)
    assert made.run("stream", "--available-now")[0] == 0
    assert made.run("batch", "parse-lake", "--day", "2026-05-28")[0] == 0
    return made


def told(pipeline: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pipeline.cold("status", "--json"))["pipeline"]
    return found


def test_it_tells_how_far_the_queries_are(pipeline: Any) -> None:
    found = told(pipeline)
    for query in ("raw_to_lake", "keyword_alerts"):
        metrics = found["components"][query]
        assert (metrics["records_since_start"], metrics["lag_records"]) == (POSTS, 0)
        assert metrics["records_per_second"] > 0
    # So little stays in memory; files are written when it is full.
    assert found["components"]["keyword_alerts"]["state_memory_bytes"] > 0
    assert found["last_bucket"] is not None
    assert found["dead_letters"] == 2


def test_it_tells_what_the_night_did(pipeline: Any) -> None:
    metrics = told(pipeline)["components"]["parse-lake"]
    assert (metrics["lake_rows"], metrics["distinct_posts"]) == (POSTS, POSTS)
    assert metrics["succeeded_s"] > 1_700_000_000


def test_people_read_the_same(pipeline: Any) -> None:
    printed = pipeline.cold("status")
    for line in ("raw_to_lake", "keyword_alerts", "last bucket judged", "dead letters", "parse-lake"):
        assert line in printed
    assert f"{POSTS} records" in printed


def test_a_job_that_fails_is_a_problem_until_it_succeeds(pipeline: Any) -> None:
    code, _ = pipeline.run("batch", "propose-phrases", "--day", "2020-01-01")
    assert code != 0
    assert any("propose-phrases" in problem for problem in told(pipeline)["problems"])
    assert pipeline.run("batch", "propose-phrases", "--day", "2026-05-28")[0] == 0
    assert told(pipeline)["problems"] == []


def test_a_feed_that_stops_and_a_failed_night_raise_alerts_on_the_topic_and_close_them(
    pipeline: Any, tmp_path: Path
) -> None:
    settings, clock = pipeline.settings, [float(FIRST_S)]
    watch = HealthWatch(settings, lambda: connect(settings), producer(settings), lambda: clock[0])

    def states() -> list[tuple[str, str]]:
        records = [orjson.loads(message.value() or b"{}") for message in pipeline.records(ALERTS)]
        return [(record["keyword"], record["state"]) for record in records if record["kind"] == "health"]

    def night(metric: str, at_s: float) -> None:
        connection = connect(settings)
        with transaction(connection):
            write_metrics(connection, "maintain-lake", {metric: at_s}, pipeline.query("SELECT now()")[0][0])
        connection.close()

    night("failed_s", clock[0])
    watch.look(last_record_s=FIRST_S - 2 * 3600)
    opened = [("night failed: maintain-lake", "opened"), ("feed stopped", "opened")]
    assert states() == opened
    watch.look(last_record_s=FIRST_S)  # too soon: it looks once a minute
    assert states() == opened
    night("succeeded_s", clock[0] + 1)
    clock[0] += 120
    watch.look(last_record_s=clock[0])
    assert states() == opened + [(name, "closed") for name, _ in opened][::-1]
    assert pipeline.query("SELECT count(*) FROM alerts WHERE kind = 'health' AND state <> 'closed'") == [(0,)]
