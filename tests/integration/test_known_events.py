"""`alerts list`, `dismiss` and `suppress` as people and pipes use them, and what the statistics make of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from groundswell.adapters.postgres import connect, transaction
from groundswell.adapters.suppressions import read_told, taught_hours_table
from groundswell.contracts.alerts import episode_of
from groundswell.contracts.examples import example_alerts
from groundswell.contracts.topics import ALERTS
from groundswell.domain.suppression import Dismissal, SuppressionWindow
from streaming import alert_store

NEWEST = {e.alert_id: e for e in (episode_of(orjson.loads(value)) for value in example_alerts())}
CLOSED = next(e for e in NEWEST.values() if e.state == "closed")
OPEN = next(e for e in NEWEST.values() if e.state != "closed")


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any]) -> Any:
    """A pipeline whose table of alerts holds the contract's examples."""
    pipeline = make_pipeline("known_events")
    with transaction(connect(pipeline.settings)) as connection:
        alert_store.save(connection, NEWEST.values())
    return pipeline


@pytest.fixture(autouse=True)
def nothing_told(pipeline: Any) -> None:
    pipeline.query("DELETE FROM suppression_windows; DELETE FROM alert_dismissals")
    pipeline.query("UPDATE alerts SET dismissed_at = NULL")


def listed(pipeline: Any, *options: str) -> dict[str, dict[str, Any]]:
    lines = pipeline.cold("alerts", "list", *options).splitlines()
    return {record["alert_id"]: record for record in map(json.loads, lines)}


def test_piped_the_list_is_json_with_the_newest_first(pipeline: Any) -> None:
    found = list(listed(pipeline).values())
    assert {record["alert_id"] for record in found} == set(NEWEST)
    assert [record["opened_at"] for record in found] == sorted((r["opened_at"] for r in found), reverse=True)
    assert {record["dismissed_at"] for record in found} == {None}


def test_the_list_can_be_cut_to_a_keyword_to_open_ones_and_in_length(pipeline: Any) -> None:
    assert set(listed(pipeline, "--keyword", CLOSED.keyword.upper())) == {CLOSED.alert_id}
    assert CLOSED.alert_id not in listed(pipeline, "--open")
    assert len(listed(pipeline, "--rows", "1")) == 1


def test_a_dismissed_alert_says_so_twice_is_harmless_and_it_can_be_undone(pipeline: Any) -> None:
    alert_id = CLOSED.alert_id
    assert pipeline.cold("alerts", "dismiss", alert_id, "--note", "every month").endswith("UTC: dismissed\n")
    first = listed(pipeline)[alert_id]["dismissed_at"]
    assert first is not None
    assert "was dismissed already" in pipeline.cold("alerts", "dismiss", alert_id)
    assert listed(pipeline)[alert_id]["dismissed_at"] == first
    assert pipeline.query("SELECT note, dismissed_at IS NOT NULL FROM alert_dismissals") == [("every month", True)]
    assert pipeline.query("SELECT count(dismissed_at) FROM alerts") == [(1,)]
    assert "no longer dismissed" in pipeline.cold("alerts", "dismiss", alert_id, "--undo")
    assert "was not dismissed" in pipeline.cold("alerts", "dismiss", alert_id, "--undo")
    assert listed(pipeline)[alert_id]["dismissed_at"] is None
    assert pipeline.query("SELECT count(dismissed_at) FROM alerts") == [(0,)]


def test_an_open_alert_is_closed_on_the_topic_too(pipeline: Any) -> None:
    pipeline.cold("alerts", "dismiss", OPEN.alert_id)
    (record,) = (orjson.loads(r.value()) for r in pipeline.records(ALERTS) if r.key().decode() == OPEN.alert_id)
    assert record["state"] == listed(pipeline)[OPEN.alert_id]["state"] == "closed"
    assert datetime.fromisoformat(record["closed_at"]).timestamp() == OPEN.window_end_s
    assert pipeline.query("SELECT ends_at - starts_at > interval '1 day' FROM alert_dismissals") == [(True,)]


@pytest.mark.parametrize("options", [[], ["--undo"]])
def test_an_unknown_id_is_named_with_the_way_to_find_one(pipeline: Any, options: list[str]) -> None:
    said = pipeline.cold("alerts", "dismiss", "0123", *options, exit_code=2)
    assert "'0123'" in said
    assert "groundswell alerts list" in said


def test_known_events_are_added_listed_and_removed(pipeline: Any) -> None:
    add = ("alerts", "suppress", "add")
    said = pipeline.cold(*add, "New  Phone", "--from", "2026-06-01T16:30", "--until", "2026-06-02", "--note", "launch")
    assert said.endswith(": new phone is quiet from 2026-06-01 16:30 until 2026-06-02 00:00 UTC\n")
    pipeline.cold(*add, "--all", "--from", "2026-12-24T01:00+0100", "--until", "2026-12-27")
    events = [json.loads(line) for line in pipeline.cold("alerts", "suppress", "list").splitlines()]
    assert [(e["keyword"], e["starts_at"], e["note"]) for e in events] == [
        (None, "2026-12-24T00:00:00+00:00", ""),
        ("new phone", "2026-06-01T16:30:00+00:00", "launch"),
    ]
    number = str(events[0]["id"])
    assert pipeline.cold("alerts", "suppress", "remove", number) == f"{number}: removed\n"
    assert pipeline.cold("alerts", "suppress", "remove", number) == f"{number}: was not there\n"
    assert len(pipeline.cold("alerts", "suppress", "list").splitlines()) == 1


def test_the_statistics_read_the_hours_that_people_said_something_of(pipeline: Any) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    pipeline.query(
        "INSERT INTO suppression_windows (keyword, starts_at, ends_at) VALUES"
        " (NULL, '2026-05-31 00:00Z', '2026-06-01 01:30Z'), ('x', '2026-06-01 03:00Z', '2026-06-01 04:00Z'),"
        " ('x', '2026-06-01 03:10Z', '2026-06-01 03:20Z'), ('late', '2026-06-02 00:00Z', '2026-06-03 00:00Z')"
    )
    pipeline.query(
        "INSERT INTO alert_dismissals (alert_id, keyword, starts_at, ends_at)"
        " VALUES ('1', 'x', '2026-06-01 03:30Z', '2026-06-01 04:30Z')"
    )
    with transaction(connect(pipeline.settings)) as connection:
        told = read_told(connection, start, start + timedelta(days=1))
        taught = taught_hours_table(connection, start, start + timedelta(days=1))
    assert {type(one) for one in told} == {SuppressionWindow, Dismissal}
    assert {one.keyword for one in told} == {None, "x"}
    assert list(zip(*taught.to_pydict().values(), strict=True)) == [
        (None, 0, "left_out"), (None, 1, "left_out"), ("x", 3, "left_out"), ("x", 3, "taken_whole"),
        ("x", 4, "taken_whole"),
    ]  # fmt: skip


def test_where_nobody_said_anything_there_is_an_empty_table_of_the_same_columns(pipeline: Any) -> None:
    with transaction(connect(pipeline.settings)) as connection:
        taught = taught_hours_table(connection, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    assert (taught.num_rows, taught.column_names) == (0, ["keyword", "hour", "kind"])
