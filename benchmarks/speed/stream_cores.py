"""How long the cores were busy with a query, by who kept them so."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from groundswell.settings import Settings
from infra.stack.local import servers_of
from infra.stack.processes import read_record

JVM, WORKERS, DRIVER = "Spark's JVM, at work", "Spark's Python workers", "the driver's Python"
COMPILERS, COLLECTORS = "Java's compilers", "Java's garbage collectors"
_THREADS = {"C1 Compiler": COMPILERS, "C2 Compiler": COMPILERS, "GC Thread": COLLECTORS}


def busy_seconds(settings: Settings) -> dict[str, float]:
    """Return the time that this process, what it started, and the servers of the stack have had on the cores.

    Parameters
    ----------
    settings : Settings
        Of the running local stack.
    """
    found = own_busy_seconds()
    for name, root in _servers(settings):
        found[name] = sum(_of_those_left([root, *root.children(recursive=True)]))
    return found


def since(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """Return the time between two looks.

    >>> since({"Postgres": 1.0}, {"Postgres": 1.5})
    {'Postgres': 0.5}
    """
    return {name: seconds - before[name] for name, seconds in now.items()}


def own_busy_seconds() -> dict[str, float]:
    """Return the time that this process and what it started have had on the cores."""
    me = psutil.Process()
    found = dict.fromkeys([DRIVER, JVM, COMPILERS, COLLECTORS, WORKERS], 0.0)
    found[DRIVER] = _seconds(me)
    for process in me.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.name() == "java":
                beside = _java_beside_its_work(process)
                found[JVM] += _seconds(process) - sum(beside.values())
                for name, seconds in beside.items():
                    found[name] += seconds
            else:
                found[WORKERS] += _seconds(process)
    return found


def _java_beside_its_work(java: psutil.Process) -> dict[str, float]:
    """Return what Java's own threads took; on few cores they live as long as the process."""
    found = dict.fromkeys([COMPILERS, COLLECTORS], 0.0)
    for thread in java.threads():
        with contextlib.suppress(OSError):
            name = Path(f"/proc/{java.pid}/task/{thread.id}/comm").read_text(encoding="utf-8")
            kind = next((kind for begin, kind in _THREADS.items() if name.startswith(begin)), None)
            if kind is not None:
                found[kind] += thread.user_time + thread.system_time
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
