"""A contestant as a process of its own: how long it took, how much memory it had at most, what it printed."""

import contextlib
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundswell.errors import GroundswellError

_POLL_SECONDS = 0.05
_SAID_SECONDS = 3.0

Say = Callable[[str], None]
_TAIL_LINES = 12


class ContestantFailedError(GroundswellError):
    """A contestant ended with another code than 0."""


@dataclass(frozen=True)
class Child:
    """A process that ended well.

    Attributes
    ----------
    output : str
        Its standard output.
    seconds : float
        From its start to its end.
    cpu_seconds : float
        Time on the cores, user and system, of all its threads: unlike `seconds`, it hardly depends on what else runs.
    peak_bytes : int
        The most resident memory it ever had; 0 where the system doesn't tell (it is read on Linux only).
    """

    output: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run_child(command: Sequence[str], environment: Mapping[str, str] | None = None, say: Say = lambda _: None) -> Child:
    """Run a process to its end.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    environment : mapping, optional
        Variables beside this process's own.
    say : callable
        Gets a line every few seconds, so that nobody has to wonder.

    Raises
    ------
    ContestantFailedError
        It failed; the message ends with what it said last.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        began, cpu_before = time.monotonic(), _children_cpu_seconds()
        process = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **(environment or {})})
        try:
            peak_bytes = _wait(process, say)
        finally:
            _end(process)
        seconds, cpu_seconds = time.monotonic() - began, _children_cpu_seconds() - cpu_before
        out.seek(0)
        err.seek(0)
        output, said = out.read(), err.read()
    if process.returncode != 0:
        tail = "\n".join((output + said).strip().splitlines()[-_TAIL_LINES:])
        raise ContestantFailedError(f"{' '.join(command[:4])} … ended with {process.returncode}:\n{tail}")
    return Child(output, seconds, cpu_seconds, peak_bytes)


def _children_cpu_seconds() -> float:
    # Of those that ended and were waited for: the servers, which live on, are not among them.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait(process: "subprocess.Popen[bytes]", say: Say) -> int:
    """Wait; the high-water mark is read while it lives, as the one that `wait4` gives begins with the parent's."""
    peak_bytes = 0
    began = said = time.monotonic()
    while process.poll() is None:
        peak_bytes = max(peak_bytes, high_water_bytes(Path(f"/proc/{process.pid}/status")))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
        if (now := time.monotonic()) - said > _SAID_SECONDS:
            said = now
            say(f"  {now - began:.0f} s, {peak_bytes / 1e6:,.0f} MB of memory at most")
    return peak_bytes


def high_water_bytes(status: Path) -> int:
    """Return the peak of resident memory out of a process's status file; 0 where there is none."""
    try:
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """After Ctrl-C: it got the signal, too; it is killed only when it doesn't go."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
