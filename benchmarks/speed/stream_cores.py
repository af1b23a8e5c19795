"""How long the cores were busy with a query, by the kind of process that kept them so."""

import contextlib
from collections.abc import Iterator

import psutil

from groundswell.settings import Settings
from infra.stack.local import servers_of
from infra.stack.processes import read_record

JVM, WORKERS, DRIVER = "Spark's JVM", "Spark's Python workers", "the driver's Python"


def busy_seconds(settings: Settings) -> dict[str, float]:
    """Return the time that this process, what it started, and the servers of the stack have had on the cores.

    Parameters
    ----------
    settings : Settings
        Of the running local stack.
    """
    me = psutil.Process()
    found = {DRIVER: _seconds(me), JVM: 0.0, WORKERS: 0.0}
    for process in me.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found[JVM if process.name() == "java" else WORKERS] += _seconds(process)
    for name, root in _servers(settings):
        found[name] = sum(_of_those_left([root, *root.children(recursive=True)]))
    return found


def _servers(settings: Settings) -> Iterator[tuple[str, psutil.Process]]:
    for server in servers_of(settings):
        record = read_record(server.pid_file)
        process = record.process() if record else None
        if process is not None:
            yield server.name, process


def _of_those_left(processes: list[psutil.Process]) -> Iterator[float]:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            yield _seconds(process)


def _seconds(process: psutil.Process) -> float:
    """Return its time, and that of its children that are gone."""
    return float(sum(process.cpu_times()[:4]))
