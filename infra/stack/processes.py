"""Detached processes that are known again later: a pid file holds pid, creation time and program.

A pid alone proves nothing, since the system gives it to another process sooner or later; pid and creation time together
name one process.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from groundswell.errors import LocalStackError

_CLOCK_SLACK_SECONDS = 2.0
"""Creation times are computed from the boot time, which moves a little when the system clock is set."""


@dataclass(frozen=True)
class ProcessRecord:
    """What the pid file says about a process."""

    pid: int
    create_time: float
    program: str

    def __str__(self) -> str:
        return f"process {self.pid}" if self.pid > 0 else "no process (it can't be read)"

    def process(self) -> psutil.Process | None:
        """Return the process if it lives and is the one that was recorded."""
        try:
            process = psutil.Process(self.pid)
            with process.oneshot():
                if process.status() == psutil.STATUS_ZOMBIE:
                    return None
                same_time = abs(process.create_time() - self.create_time) <= _CLOCK_SLACK_SECONDS
                command = process.cmdline()
        except (psutil.Error, ValueError):
            return None
        # The command line is empty for a moment while a program is being loaded.
        same_program = not command or self.program in command[0]
        return process if same_time and same_program else None


def read_record(path: Path) -> ProcessRecord | None:
    """Return what a pid file says; None if there is none or it is unreadable."""
    try:
        return ProcessRecord(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return ProcessRecord(pid=-1, create_time=0.0, program="?")


def write_record(path: Path, pid: int, program: str) -> ProcessRecord:
    """Write the pid file of a process that was just started."""
    record = ProcessRecord(pid, psutil.Process(pid).create_time(), program)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(record)), encoding="utf-8")
    partial.replace(path)
    return record


def spawn(
    command: Sequence[str], *, log: Path, pid_file: Path, folder: Path, environment: Mapping[str, str], user: str | None
) -> ProcessRecord:
    """Start a process that outlives this one and write its pid file.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    log : Path
        Gets standard output and error, appended.
    pid_file : Path
        Where to note the process.
    folder : Path
        Its working folder.
    environment : mapping
        Variables beside this process's own.
    user : str or None
        User to run as; None for the current one.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **environment},
            start_new_session=True,
            **_identity(user),
        )
    try:
        return write_record(pid_file, process.pid, Path(command[0]).name)
    except psutil.NoSuchProcess:
        return ProcessRecord(process.pid, 0.0, Path(command[0]).name)
    finally:
        process.returncode = 0  # It is meant to outlive this object: no warning, no wait.


def run_to_end(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], user: str | None) -> None:
    """Run a short program and raise with what it printed if it fails.

    Raises
    ------
    LocalStackError
        It exits with another code than 0, or takes over two minutes.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=folder,
            env={**os.environ, **environment},
            timeout=120,
            check=False,
            **_identity(user),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LocalStackError(f"{Path(command[0]).name} can't be run: {error}") from error
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise LocalStackError(f"{Path(command[0]).name} failed with exit code {done.returncode}:\n{tail}")


def _identity(user: str | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}


def stop(process: psutil.Process, stop_signal: signal.Signals, deadline_seconds: float) -> bool:
    """End a process with its children; return whether it went by itself within the deadline."""
    family = [process]
    with contextlib.suppress(psutil.Error):
        family += process.children(recursive=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(stop_signal)
    alive = _wait_for_end(family, deadline_seconds)
    for left in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.kill()
    _wait_for_end(alive, 5)
    return not alive


def _wait_for_end(processes: list[psutil.Process], deadline_seconds: float) -> list[psutil.Process]:
    """Wait and return those that still run; one that only waits for its parent to notice has ended."""
    deadline = time.monotonic() + deadline_seconds
    while alive := [process for process in processes if _runs(process)]:
        if time.monotonic() > deadline:
            return alive
        time.sleep(0.05)
    return []


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
