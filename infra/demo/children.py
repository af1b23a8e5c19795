"""The demonstration's commands, run as a person would run them."""

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundswell.errors import GroundswellError
from infra.demo.stage import Stage

STOP_SECONDS = 60.0


def run(stage: Stage, *arguments: str) -> list[dict[str, Any]]:
    """Run a command to its end, its progress on this terminal; return the JSON lines it printed.

    Raises
    ------
    GroundswellError
        It failed.
    """
    with subprocess.Popen(stage.command(*arguments), stdout=subprocess.PIPE, text=True, encoding="utf-8") as child:
        assert child.stdout is not None
        lines = child.stdout.read().splitlines()
    if child.returncode:
        raise GroundswellError(
            f"`groundswell {' '.join(arguments)}` ended with {child.returncode}", f"logs are in {stage.logs}"
        )
    return [json.loads(line) for line in lines if line.startswith("{")]


class Child:
    """A command that runs beside the demonstration, its output in a log."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, log: Path) -> None:
        self.process = process
        self.name = name
        self.log = log

    def require_alive(self) -> None:
        """Raise when it ended by itself, with what it said last."""
        if self.process.poll() is not None:
            raise GroundswellError(f"{self.name} ended early:\n{self.tail()}", f"the whole log is {self.log}")

    def tail(self, lines: int = 8) -> str:
        """Return the last lines of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


@contextmanager
def beside(stage: Stage, *arguments: str) -> Iterator[Child]:
    """Run a command beside the block, and end it with the block as Ctrl-C would."""
    name = f"groundswell {arguments[0]}"
    log = stage.logs / f"{arguments[0]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(stage.command(*arguments), stdout=output, stderr=subprocess.STDOUT)
    child = Child(process, name, log)
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
