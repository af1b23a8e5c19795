"""A process is known by pid and creation time, never by pid alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from groundswell.errors import LocalStackError
from infra.stack.processes import ProcessRecord, read_record, run_to_end, spawn, stop, write_record

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[ProcessRecord]:
    record = start(SLEEP, tmp_path)
    yield record
    if process := record.process():
        stop(process, signal.SIGKILL, 5)


def start(command: list[str], folder: Path) -> ProcessRecord:
    return spawn(command, log=folder / "log", pid_file=folder / "pid", folder=folder, environment={"A": "1"}, user=None)


def test_a_started_process_is_found_through_its_pid_file(sleeper: ProcessRecord, tmp_path: Path) -> None:
    record = read_record(tmp_path / "pid")

    assert record == sleeper
    assert record is not None
    assert record.process() == psutil.Process(sleeper.pid)


def test_it_is_in_a_session_of_its_own(sleeper: ProcessRecord) -> None:
    assert os.getsid(sleeper.pid) == sleeper.pid != os.getsid(0)


def test_a_pid_that_was_given_to_another_process_is_not_it(sleeper: ProcessRecord) -> None:
    earlier = replace(sleeper, create_time=sleeper.create_time - 60)

    assert earlier.process() is None


def test_a_pid_that_runs_another_program_is_not_it(sleeper: ProcessRecord) -> None:
    assert replace(sleeper, program="java").process() is None


def test_a_process_that_ended_is_not_it(sleeper: ProcessRecord) -> None:
    os.kill(sleeper.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while sleeper.process() is not None and time.monotonic() < deadline:
        time.sleep(0.02)

    assert sleeper.process() is None


def test_no_pid_file_means_no_record(tmp_path: Path) -> None:
    assert read_record(tmp_path / "none") is None


@pytest.mark.parametrize("text", ["", "12", "{}", '{"pid": 1}', "[]"])
def test_a_spoiled_pid_file_names_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "pid").write_text(text)

    record = read_record(tmp_path / "pid")

    assert record is not None
    assert record.process() is None


def test_a_willing_process_stops_by_itself(sleeper: ProcessRecord) -> None:
    assert stop(psutil.Process(sleeper.pid), signal.SIGTERM, 5) is True
    assert sleeper.process() is None


def test_a_deaf_process_is_killed_after_the_deadline(tmp_path: Path) -> None:
    record = start(DEAF, tmp_path)
    while "deaf" not in (tmp_path / "log").read_text():
        time.sleep(0.02)

    assert stop(psutil.Process(record.pid), signal.SIGTERM, 0.3) is False
    assert record.process() is None


def test_our_own_process_can_be_recorded(tmp_path: Path) -> None:
    record = write_record(tmp_path / "pid", os.getpid(), "python")

    assert record.create_time == psutil.Process().create_time()


def test_a_failing_program_says_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match=r"exit code 3:\nno space"):
        run_to_end(
            [sys.executable, "-c", "print('no space'); raise SystemExit(3)"],
            folder=tmp_path,
            environment={},
            user=None,
        )


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="no-such-program"):
        run_to_end(["no-such-program"], folder=tmp_path, environment={}, user=None)


def test_the_started_process_outlives_its_starter(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from infra.stack.processes import spawn; folder = Path(sys.argv[1]);"
        "spawn([sys.executable, '-c', 'import time; time.sleep(60)'], log=folder / 'log', pid_file=folder / 'pid',"
        "folder=folder, environment={}, user=None)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    record = read_record(tmp_path / "pid")

    assert record is not None
    process = record.process()
    assert process is not None
    stop(process, signal.SIGKILL, 5)
