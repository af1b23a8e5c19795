"""Ctrl-C and SIGTERM: the first asks for a clean end, the second ends at once."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequested(Exception):  # noqa: N818 - a wish, not an error
    """The replay is to end cleanly, now."""


class Interruption:
    """Within it, the first signal is noted and the second raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._previous: dict[int, Any] = {}

    @property
    def exit_code(self) -> int:
        """What a shell expects after the signal."""
        return 128 + (self.signal_number or 0)

    def check(self) -> None:
        """Raise StopRequested when a signal came."""
        if self.signal_number is not None:
            raise StopRequested

    def __enter__(self) -> Self:
        """Take the signals over."""
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal_number is not None:
            raise KeyboardInterrupt
        self.signal_number = number
