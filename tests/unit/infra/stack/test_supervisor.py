"""The supervisor's promises, on a server that is up in no time."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

import pytest

from groundswell.errors import LocalStackError, UnavailableError
from infra.stack.addresses import Address, accepts_connections
from infra.stack.ports import Port, free_port
from infra.stack.processes import read_record
from infra.stack.server import Launch, Server
from infra.stack.supervisor import condition, start, start_all, stop_one

LISTEN = """
import socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    listener.accept()
"""
FAIL = "print('cannot open the vault'); raise SystemExit(1)"


def server(folder: Path, script: str = LISTEN, host: str = "127.0.0.1", name: str = "Demo") -> Server:
    address = Address(host, free_port())

    def probe() -> None:
        if not accepts_connections(address, 0.2):
            raise UnavailableError(f"nothing listens at {address}")

    return Server(
        name=name,
        ports=(Port(address, "GROUNDSWELL_DEMO__PORT", "{port}"),),
        run_dir=folder,
        logs_dir=folder / "logs",
        prepare=lambda: Launch([sys.executable, "-c", script, str(address.port)], folder),
        probe=probe,
        start_deadline_seconds=10,
    )


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Server]:
    found = server(tmp_path)
    yield found
    stop_one(found, lambda _: None)


@pytest.fixture
def said() -> list[str]:
    return []


def kill(one: Server) -> int:
    record = read_record(one.pid_file)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    while record.process() is not None:
        time.sleep(0.02)
    return record.pid


def test_a_server_goes_from_stopped_to_running_to_stopped(demo: Server, said: list[str]) -> None:
    assert condition(demo).state == "stopped"
    assert start(demo, said.append)
    running = condition(demo)
    assert (running.state, running.is_healthy) == ("running", True)
    assert running.memory_mb is not None and running.memory_mb > 1
    assert stop_one(demo, said.append)
    assert condition(demo).state == "stopped"


def test_starting_twice_starts_once(demo: Server, said: list[str]) -> None:
    start(demo, said.append)
    pid = condition(demo).pid

    assert not start(demo, said.append)
    assert condition(demo).pid == pid
    assert f"already running (pid {pid})" in said[-1]


def test_a_crash_shows_and_is_mended_by_starting_again(demo: Server, said: list[str]) -> None:
    start(demo, said.append)
    pid = kill(demo)

    assert condition(demo).state == "crashed"
    assert start(demo, said.append)
    assert any(f"names process {pid}, which is gone" in line for line in said)
    assert condition(demo).is_healthy


def test_a_server_that_dies_shows_the_end_of_its_log(tmp_path: Path, said: list[str]) -> None:
    dying = server(tmp_path, FAIL)

    with pytest.raises(LocalStackError, match="cannot open the vault") as caught:
        start(dying, said.append)
    assert str(dying.log) in caught.value.message


def test_only_this_starts_lines_are_shown(tmp_path: Path, said: list[str]) -> None:
    dying = server(tmp_path, FAIL)
    dying.log.parent.mkdir()
    dying.log.write_text("yesterday's trouble\n")

    with pytest.raises(LocalStackError) as caught:
        start(dying, said.append)
    assert "yesterday" not in caught.value.message


def test_a_taken_port_stops_the_start_before_anything_is_made(tmp_path: Path, said: list[str]) -> None:
    blocked = server(tmp_path)
    with (
        socket.create_server(("127.0.0.1", blocked.ports[0].address.port)),
        pytest.raises(LocalStackError, match="taken by"),
    ):
        start(blocked, said.append)
    assert not blocked.pid_file.exists()


def test_what_answers_at_the_address_of_a_stopped_server_is_not_taken_for_it(tmp_path: Path) -> None:
    stopped = server(tmp_path)
    with socket.create_server(("127.0.0.1", stopped.ports[0].address.port)):
        found = condition(stopped)
    assert (found.state, found.is_healthy) == ("stopped", False)
    assert "something else" in found.reason


def test_stopping_leaves_a_process_that_is_not_ours_alone(demo: Server, said: list[str]) -> None:
    start(demo, said.append)
    record = read_record(demo.pid_file)
    assert record is not None
    own = demo.pid_file.read_text()
    demo.pid_file.write_text(own.replace(str(record.create_time), str(record.create_time - 3600)))

    assert not stop_one(demo, said.append)
    assert record.process() is not None
    demo.pid_file.write_text(own)


def test_one_failing_server_keeps_no_other_from_starting(tmp_path: Path, said: list[str]) -> None:
    good, bad = server(tmp_path, name="Good"), server(tmp_path, FAIL, name="Bad")

    with pytest.raises(LocalStackError, match="Bad died"):
        start_all((good, bad), said.append)
    assert condition(good).is_healthy
    stop_one(good, said.append)


def test_a_server_elsewhere_is_only_asked_for_its_health(tmp_path: Path, said: list[str]) -> None:
    remote = server(tmp_path, host="192.0.2.1")

    with pytest.raises(UnavailableError, match="another machine") as caught:
        start(remote, said.append)
    assert "GROUNDSWELL_DEMO__PORT" in caught.value.way_out
    assert condition(remote).state == "unreachable"
    assert not stop_one(remote, said.append)


def test_an_interrupted_start_does_not_wait(tmp_path: Path, said: list[str]) -> None:
    silent = server(tmp_path, "import time; time.sleep(60)")
    interrupted = Event()
    Timer(0.5, interrupted.set).start()
    before = time.monotonic()

    assert start(silent, said.append, interrupted)
    assert time.monotonic() - before < silent.start_deadline_seconds / 2
    assert condition(silent).state == "starting"
    stop_one(silent, said.append)
