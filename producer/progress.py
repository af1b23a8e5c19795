"""The live line of a replay: posts/s, MB/s, per cent, time left."""

import sys
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from producer.counts import Counts

_LIVE_SECONDS = 0.25
_PLAIN_SECONDS = 5.0
_WINDOW_SECONDS = 5.0


class Meter:
    """Shows how a replay goes: one line that changes on a terminal, a line every few seconds elsewhere.

    Parameters
    ----------
    total_bytes : int
        Bytes of the packed files that are to be read; 0 where it isn't known.
    monotonic : callable
        Seconds.
    what : str
        What is counted.
    """

    def __init__(self, total_bytes: int, monotonic: Callable[[], float], what: str = "posts") -> None:
        self._what = what
        self._total_bytes = total_bytes
        self._monotonic = monotonic
        self._console = Console(file=sys.stderr)
        self._live: Progress | None = None
        self._samples: deque[tuple[float, int, int, int]] = deque([(monotonic(), 0, 0, 0)])
        self._next = monotonic()

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live = Progress(
                BarColumn(bar_width=24), TextColumn("{task.description}"),
                console=self._console, auto_refresh=False, transient=True,
            )  # fmt: skip
            self._live.add_task("starting", total=self._total_bytes or None)
            self._live.start()
        else:
            self._next += _PLAIN_SECONDS
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the live line."""
        if self._live is not None:
            self._live.stop()

    def is_due(self) -> bool:
        """Whether it is time for `show`."""
        return self._monotonic() >= self._next

    def show(self, counts: Counts, done_bytes: int) -> None:
        """Show how far this run is."""
        now = self._monotonic()
        text = self._describe(now, counts, done_bytes)
        if self._live is not None:
            self._live.update(self._live.task_ids[0], completed=done_bytes, description=text, refresh=True)
            self._next = now + _LIVE_SECONDS
        else:
            self._console.print(text, highlight=False, soft_wrap=True)
            self._next = now + _PLAIN_SECONDS

    def _describe(self, now: float, counts: Counts, done_bytes: int) -> str:
        self._samples.append((now, counts.sent, counts.bytes_read, done_bytes))
        while len(self._samples) > 2 and self._samples[0][0] < now - _WINDOW_SECONDS:
            self._samples.popleft()
        then, sent, read, done = self._samples[0]
        seconds = max(now - then, 1e-6)
        parts = [
            f"{counts.sent:,} {self._what}",
            f"{(counts.sent - sent) / seconds:,.0f} {self._what}/s",
            f"{(counts.bytes_read - read) / seconds / 1e6:,.1f} MB/s",
        ]
        if counts.dead:
            parts.append(f"{counts.dead:,} dead-lettered")
        if self._total_bytes:
            parts.append(f"{min(done_bytes / self._total_bytes, 1):.0%}")
            speed = (done_bytes - done) / seconds
            if speed > 0:
                parts.append(f"{_clock(max(self._total_bytes - done_bytes, 0) / speed)} left")
        return " · ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
