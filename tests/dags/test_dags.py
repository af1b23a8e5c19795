"""What Airflow makes of dags/: they load, run in order, on the right day, again after a failure, and again at will."""

import ast
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from infra.airflow import logical_date
from infra.airflow_environment import PROJECT, RETRY_SECONDS_VARIABLE, AirflowEnvironment

DAG_FILES = sorted((PROJECT / "dags").glob("*.py"))
PAST_DAY = datetime(2026, 6, 28)
NIGHT = [
    "batch parse-lake --day 2026-06-28",
    "batch recompute-statistics --as-of 2026-06-29 --keep-newer",
    "batch maintain-lake",
]
PROPOSAL = "batch propose-phrases --day 2026-06-28"


def imported_packages(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else str(node.module).split(".")[0])
    return found


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_dag_imports_airflow_and_the_standard_library_only(path: Path) -> None:
    assert imported_packages(path) <= {"airflow", *sys.stdlib_module_names}


def test_the_import_rule_sees_imports_of_every_form(tmp_path: Path) -> None:
    path = tmp_path / "dag.py"
    path.write_text("import os, batch.x as b\nfrom . import y\ndef f():\n    from groundswell.z import q\n")
    assert imported_packages(path) == {"os", "batch", ".", "groundswell"}


@pytest.fixture(scope="module")
def described(airflow: AirflowEnvironment) -> dict[str, Any]:
    done = subprocess.run(
        [
            str(airflow.python),
            str(Path(__file__).with_name("describe_dags.py")),
            str(airflow.project / "dags"),
            logical_date(PAST_DAY).isoformat(),
        ],
        env=airflow.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_every_dag_file_loads_and_holds_the_dag_of_its_name(described: dict[str, Any]) -> None:
    assert described["import_errors"] == {}
    assert sorted(described["dags"]) == [path.stem for path in DAG_FILES] == ["collect", "light_refresh", "nightly"]


def test_every_dag_is_documented_and_runs_once_at_a_time(described: dict[str, Any]) -> None:
    for dag in described["dags"].values():
        assert dag["documented"]
        assert dag["max_active_runs"] == 1
        assert dag["catchup"] is False, "years of runs would start by themselves"


def test_the_nightly_parses_then_computes_then_maintains_and_nothing_waits_for_the_proposals(
    described: dict[str, Any],
) -> None:
    tasks = described["dags"]["nightly"]["tasks"]
    assert {name: task["downstream"] for name, task in tasks.items()} == {
        "parse_lake": ["propose_phrases", "recompute_statistics"],
        "propose_phrases": [],
        "recompute_statistics": ["maintain_lake"],
        "maintain_lake": [],
    }


def test_every_task_is_tried_again_later_and_ended_if_it_hangs(described: dict[str, Any]) -> None:
    for dag in described["dags"].values():
        for task in dag["tasks"].values():
            assert task["retries"] >= 1
            assert task["retry_delay_seconds"] == 300
            assert 0 < task["timeout_seconds"] <= 6 * 3600
            assert task["depends_on_past"] is False, "a failed day would block all later ones"


def test_the_nightlys_data_interval_is_a_day_that_begins_on_the_day_asked_for(described: dict[str, Any]) -> None:
    assert described["dags"]["nightly"]["interval"] == ["2026-06-28T02:15:00+00:00", "2026-06-29T02:15:00+00:00"]


def test_the_light_refresh_has_a_data_interval_of_six_hours(described: dict[str, Any]) -> None:
    start, end = map(datetime.fromisoformat, described["dags"]["light_refresh"]["interval"])
    assert (end - start).total_seconds() == 6 * 3600


def test_profiles_are_fetched_though_tiktok_refused_the_feeds(described: dict[str, Any]) -> None:
    tasks = described["dags"]["collect"]["tasks"]
    assert {name: task["downstream"] for name, task in tasks.items()} == {
        "scrape_watchlist": ["collect_profiles"],
        "collect_profiles": [],
    }


def test_collecting_waits_until_somebody_switches_it_on() -> None:
    assert "is_paused_upon_creation=True" in (PROJECT / "dags" / "collect.py").read_text("utf-8")


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    """A stand-in for `groundswell` that writes down its arguments and fails when told to."""
    command = tmp_path / "a folder" / "groundswell"
    command.parent.mkdir()
    command.write_text(
        f'#!/bin/sh\necho "$*" >> "{tmp_path}/calls"\n'
        f'if [ -e "{tmp_path}/fail" ]; then rm "{tmp_path}/fail"; exit 5; fi\n'
    )
    command.chmod(0o755)
    return command


def run_night(airflow: AirflowEnvironment, recorder: Path, dag: str = "nightly") -> list[str]:
    calls = recorder.parents[1] / "calls"
    calls.unlink(missing_ok=True)
    done = subprocess.run(
        [str(airflow.command), "dags", "test", dag, logical_date(PAST_DAY).isoformat()],
        env={**airflow.variables(), "GROUNDSWELL_COMMAND": str(recorder), RETRY_SECONDS_VARIABLE: "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return calls.read_text().splitlines()


def test_airflow_collects_by_the_commands(airflow: AirflowEnvironment, recorder: Path) -> None:
    assert run_night(airflow, recorder, "collect") == ["scrape watchlist", "profiles collect --no-follow"]


def assert_is_the_night(calls: list[str]) -> None:
    """Phrases are proposed at any time after the day was parsed; all else has its order."""
    assert [call for call in calls if call != PROPOSAL] == NIGHT
    assert calls.count(PROPOSAL) == 1
    assert calls[0] == NIGHT[0]


def test_airflow_runs_a_past_day_again_and_again_with_the_same_commands(
    airflow: AirflowEnvironment, recorder: Path
) -> None:
    assert_is_the_night(run_night(airflow, recorder))
    assert_is_the_night(run_night(airflow, recorder))


def test_a_step_that_fails_once_is_repeated_before_the_next_one_begins(
    airflow: AirflowEnvironment, recorder: Path
) -> None:
    (recorder.parents[1] / "fail").touch()
    calls = run_night(airflow, recorder)
    assert calls[:2] == [NIGHT[0], NIGHT[0]]
    assert_is_the_night(calls[1:])
