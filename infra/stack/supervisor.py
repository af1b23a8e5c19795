"""Start, watch and stop the servers of the local stack."""

import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import Literal

import psutil

from groundswell.errors import GroundswellError, LocalStackError, UnavailableError
from infra.stack.logs import log_tail, open_log
from infra.stack.ports import require_free
from infra.stack.processes import read_record, spawn, stop
from infra.stack.server import Server

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.15
STARTING_SECONDS = 20.0
"""How long a server that doesn't answer yet is called starting, not unhealthy."""

State = Literal["running", "starting", "unhealthy", "crashed", "stopped", "remote", "unreachable"]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Condition:
    """A server's state at one moment."""

    server: Server
    state: State
    reason: str = ""
    pid: int | None = None
    memory_mb: float | None = None
    uptime_seconds: float | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether the server can be used."""
        return self.state in {"running", "remote"}


def condition(server: Server) -> Condition:
    """Look at a server: its process, if it is ours, and whether it answers."""
    problem = _problem(server)
    if not server.is_local:
        return Condition(server, "unreachable" if problem else "remote", problem)
    record = read_record(server.pid_file)
    process = record.process() if record else None
    if process is None:
        if record is not None:
            return Condition(server, "crashed", f"{record} is gone", pid=record.pid)
        # An answer from a server that isn't ours is no health: it may hold anything.
        return Condition(server, "stopped", "" if problem else "something else answers at its address")
    try:
        memory_mb = _memory_mb(process)
        uptime_seconds = max(0.0, time.time() - process.create_time())
    except psutil.Error:
        return Condition(server, "crashed", f"process {process.pid} is gone", pid=process.pid)
    failing: State = "starting" if uptime_seconds < STARTING_SECONDS else "unhealthy"
    return Condition(server, failing if problem else "running", problem, process.pid, memory_mb, uptime_seconds)


def conditions(servers: tuple[Server, ...]) -> list[Condition]:
    """Look at all servers at once."""
    with ThreadPoolExecutor(len(servers)) as threads:
        return list(threads.map(condition, servers))


def start_all(servers: tuple[Server, ...], say: Say) -> list[Server]:
    """Start every server that isn't running, all at once, and wait until each is healthy.

    Parameters
    ----------
    servers : tuple of Server
        What should run.
    say : callable
        Gets one line per event.

    Returns
    -------
    list of Server
        Those that this call started.

    Raises
    ------
    LocalStackError
        One or more can't be started; the others run.
    """
    interrupted = Event()
    with ThreadPoolExecutor(len(servers)) as threads:
        tasks = {server.name: threads.submit(start, server, say, interrupted) for server in servers}
        try:
            wait(tasks.values())
        except BaseException:
            interrupted.set()
            raise
    errors = [(name, error) for name, task in tasks.items() if (error := task.exception()) is not None]
    for _, error in errors:
        if not isinstance(error, GroundswellError):
            raise error
    if errors:
        first = errors[0][1]
        if len(errors) == 1:
            raise first
        raise LocalStackError("\n".join(str(error) for _, error in errors))
    return [server for server in servers if tasks[server.name].result()]


def start(server: Server, say: Say, interrupted: Event | None = None) -> bool:
    """Start one server and wait until it is healthy, or until `interrupted` is set.

    Returns
    -------
    bool
        Whether it had to be started.
    """
    if not server.is_local:
        _require_remote(server, say)
        return False
    before = time.monotonic()
    record = read_record(server.pid_file)
    if record is not None:
        if record.process() is not None:
            _wait_until_healthy(server, None, interrupted)
            say(f"{server.name}: already running (pid {record.pid})")
            return False
        say(f"{server.name}: {server.pid_file.name} names {record}, which is gone: starting again")
        server.pid_file.unlink(missing_ok=True)
    require_free(server.name, server.ports)
    launch = server.prepare()
    if _is_set(interrupted):
        return False
    log_offset = open_log(server.log)
    record = spawn(
        launch.command,
        log=server.log,
        pid_file=server.pid_file,
        folder=launch.folder,
        environment=launch.environment,
        user=launch.user,
    )
    _wait_until_healthy(server, log_offset, interrupted)
    if _is_set(interrupted):
        return True
    say(f"{server.name}: up in {time.monotonic() - before:.1f} s at {server.ports[0].address} (pid {record.pid})")
    return True


def stop_all(servers: tuple[Server, ...], say: Say) -> list[Server]:
    """Stop, in this order, the servers that `start` started and that still are the same processes.

    Returns
    -------
    list of Server
        Those that were stopped.
    """
    return [server for server in servers if stop_one(server, say)]


def stop_one(server: Server, say: Say) -> bool:
    """Stop one server if it is ours; return whether there was something to stop."""
    record = read_record(server.pid_file)
    if record is None:
        say(
            f"{server.name}: not started by `groundswell up`" if server.is_local else f"{server.name}: not ours to stop"
        )
        return False
    process = record.process()
    if process is None:
        say(f"{server.name}: {record} was gone already")
    else:
        before = time.monotonic()
        willing = stop(process, server.stop_signal, server.stop_deadline_seconds)
        how = "" if willing else f", killed: it did not stop within {server.stop_deadline_seconds:.0f} s"
        say(f"{server.name}: stopped in {time.monotonic() - before:.1f} s{how}")
    server.pid_file.unlink(missing_ok=True)
    return process is not None


def _wait_until_healthy(server: Server, log_offset: int | None, interrupted: Event | None) -> None:
    deadline = time.monotonic() + server.start_deadline_seconds
    while True:
        record = read_record(server.pid_file)
        if record is None or record.process() is None:
            raise LocalStackError(
                f"{server.name} died while starting; the end of its log {server.log}:\n"
                f"{log_tail(server.log, offset=log_offset or 0) or '(it logged nothing)'}",
                "mend what the log names and run `groundswell up` again; `groundswell doctor` checks the machine",
            )
        problem = _problem(server)
        if not problem or _is_set(interrupted):
            return
        if time.monotonic() > deadline:
            kind = "runs but isn't healthy" if log_offset is None else "did not get healthy"
            raise LocalStackError(
                f"{server.name} {kind} after {server.start_deadline_seconds:.0f} s: {problem}\n"
                f"the end of its log {server.log}:\n{log_tail(server.log, offset=log_offset or 0)}",
                "run `groundswell down`, then `groundswell up`",
            )
        time.sleep(POLL_SECONDS)


def _is_set(event: Event | None) -> bool:
    return event is not None and event.is_set()


def _require_remote(server: Server, say: Say) -> None:
    address = server.ports[0].address
    problem = _problem(server)
    if problem:
        variable = server.ports[0].variable
        raise UnavailableError(
            f"the settings name a {server.name} on another machine, {address}, which is not ours to start: {problem}",
            f"start it there, or set {variable} to a loopback address to have one started here",
        )
    say(f"{server.name}: {address} is on another machine, so it is not started here; it is healthy")


def _problem(server: Server) -> str:
    try:
        server.probe()
    except GroundswellError as error:
        return error.message
    except Exception as error:
        _log.debug("probing %s", server.name, exc_info=True)
        return f"{type(error).__name__}: {error}"
    return ""


def _memory_mb(process: psutil.Process) -> float:
    # Private memory of the whole family: Postgres' processes share most of theirs.
    total_bytes = process.memory_info().rss
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            memory = child.memory_info()
            total_bytes += max(0, memory.rss - getattr(memory, "shared", 0))
    return total_bytes / 1e6
