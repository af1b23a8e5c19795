"""A contestant with all its processes: a Python command, its JVM and the JVM's Python workers count together."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.speed.children import ContestantFailedError, Say

_POLL_SECONDS = 0.25
_SAID_POLLS = 40
_TAIL_LINES = 12


@dataclass(frozen=True)
class TreeRun:
    """A command that ended well.

    Attributes
    ----------
    output : str
        Its standard output.
    peak_bytes : int
        The most memory that they had at one moment together, pages they share counted once.
    """

    output: str
    peak_bytes: int


def run_tree(command: Sequence[str], environment: Mapping[str, str], say: Say) -> TreeRun:
    """Run a command to its end, watching its whole tree of processes.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    environment : mapping
        Variables beside this process's own.
    say : callable
        Gets a line every few seconds.

    Raises
    ------
    ContestantFailedError
        It failed; the message ends with what it said last.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **environment})
        watch = _Watch(process.pid)
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_SECONDS)
                watch.look()
                if watch.looks % _SAID_POLLS == 0:
                    say(f"  {watch.peak_bytes / 1e6:,.0f} MB of memory at most")
        finally:
            _end(process)
        out.seek(0)
        err.seek(0)
        output, said = out.read(), err.read()
    if process.returncode != 0:
        tail = "\n".join((output + said).strip().splitlines()[-_TAIL_LINES:])
        raise ContestantFailedError(f"{' '.join(command[:4])} … ended with {process.returncode}:\n{tail}")
    return TreeRun(output, watch.peak_bytes)


class _Watch:
    """What memory a tree of processes was seen to use."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self.looks = self.peak_bytes = 0

    def look(self) -> None:
        self.looks += 1
        together = 0
        for process in self._tree():
            with contextlib.suppress(psutil.Error, OSError):
                together += proportional_bytes(process.pid)
        self.peak_bytes = max(self.peak_bytes, together)

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []


def proportional_bytes(pid: int) -> int:
    """Return a process's memory, of what it shares only its part; 0 where the system doesn't tell.

    Raises
    ------
    OSError
        The process is gone.
    """
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """After Ctrl-C: the whole tree got the signal, too; what doesn't go is killed."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
