"""Ctrl-C, or a polite end, while Python waits for Java.

PySpark's own handler asks Java to cancel all jobs from within whatever call is under way, which breaks the connection
that both would use, and with it the rest of the command. Here a call is waited for; only one that takes long has its
jobs cancelled, by another thread.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

AGAIN_SECONDS = 0.1
TRIES_BEFORE_CANCELLING = 3
_ENDINGS: dict[int, Callable[[], BaseException]] = {
    signal.SIGINT: KeyboardInterrupt,
    signal.SIGTERM: lambda: SystemExit(128 + signal.SIGTERM),
}


def interrupt_between_calls(cancel_jobs: Callable[[], object]) -> None:
    """Have SIGINT and SIGTERM raise where no call to Java is under way; in the main thread only.

    Parameters
    ----------
    cancel_jobs : callable
        Ends what a long call waits for.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    tries = 0

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal tries
        if not _waits_for_java(frame):
            tries = 0
            raise _ENDINGS[number]()
        tries += 1
        cancel = cancel_jobs if tries == TRIES_BEFORE_CANCELLING else None
        threading.Thread(target=_again, args=[number, cancel]).start()

    for number in _ENDINGS:
        signal.signal(number, interrupt)


def _waits_for_java(frame: FrameType | None) -> bool:
    while frame is not None:
        if "py4j" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def _again(number: int, cancel_jobs: Callable[[], object] | None) -> None:
    if cancel_jobs is not None:
        # What goes wrong here the main thread will meet in its own call.
        with contextlib.suppress(Exception):
            cancel_jobs()
    time.sleep(AGAIN_SECONDS)
    os.kill(os.getpid(), number)
