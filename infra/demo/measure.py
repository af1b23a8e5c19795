"""Time and memory of each part of the demonstration."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

SAMPLE_SECONDS = 1.0


@dataclass
class Meter:
    """Notes how long each part takes, and the most memory that the demonstration's processes hold meanwhile.

    Memory is the proportional set size, in which a page that several processes share counts once.

    Parameters
    ----------
    server_pids : callable
        Returns the process numbers of the servers, which aren't this process's children.
    """

    server_pids: Callable[[], list[int]]
    parts: list[tuple[str, float, float]] = field(default_factory=list)
    _peak_bytes: int = 0

    def __post_init__(self) -> None:
        """Start sampling."""
        threading.Thread(target=self._sample, daemon=True).start()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure a block."""
        self._peak_bytes = 0
        began = time.monotonic()
        yield
        self.parts.append((name, time.monotonic() - began, self._peak_bytes / 1e6))

    def _sample(self) -> None:
        while True:
            self._peak_bytes = max(self._peak_bytes, sum(map(_held_bytes, self._processes())))
            time.sleep(SAMPLE_SECONDS)

    def _processes(self) -> set[psutil.Process]:
        found: set[psutil.Process] = set()
        for root in [psutil.Process().pid, *self.server_pids()]:
            try:
                process = psutil.Process(root)
                found |= {process, *process.children(recursive=True)}
            except psutil.Error:
                continue
        return found


def _held_bytes(process: psutil.Process) -> int:
    try:
        held = process.memory_full_info()
        return int(getattr(held, "pss", 0) or held.rss)
    except psutil.Error:
        return 0
