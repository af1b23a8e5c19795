"""A local stack of a benchmark's own: free ports, a temporary home, stopped and deleted whatever happens."""

import math
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from benchmarks.speed.children import Say
from groundswell.settings import Settings, load_settings
from infra.jars.fetch import ensure_jars
from infra.stack.kafka import kafka_server
from infra.stack.local import servers_of
from infra.stack.ports import free_port
from infra.stack.processes import read_record
from infra.stack.supervisor import start_all, stop_all

ALL_SERVERS = ("Kafka", "S3", "Postgres")


@contextmanager
def local_stack(say: Say, names: Sequence[str] = ALL_SERVERS, **variables: str) -> Iterator[Settings]:
    """Run servers for the duration of a benchmark; child processes find them through the environment.

    Parameters
    ----------
    say : callable
        Gets a line per event.
    names : sequence of str
        Which of `ALL_SERVERS` are needed.
    **variables
        Further environment variables.

    Yields
    ------
    Settings
        Those of the stack.
    """
    home = Path(tempfile.mkdtemp(prefix="groundswell-bench-"))
    changed = own_environment(home, load_settings().jars_root) | variables
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    former = signal.signal(signal.SIGTERM, _leave)
    settings = load_settings()
    servers = tuple(server for server in servers_of(settings) if server.name in names)
    try:
        for folder in ("run", "logs"):
            (home / folder).mkdir()
        ensure_jars(settings, [server.jar_set for server in servers if server.jar_set], say)
        start_all(servers, say)
        yield settings
    finally:
        # A second Ctrl-C must not leave servers behind.
        former_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop_all(servers, say)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        shutil.rmtree(home, ignore_errors=True)
        signal.signal(signal.SIGINT, former_interrupt)
        signal.signal(signal.SIGTERM, former)


class Stopwatch:
    """Counts the time that the broker spends on the cores.

    Parameters
    ----------
    settings : Settings
        Of the running stack.
    """

    def __init__(self, settings: Settings) -> None:
        record = read_record(kafka_server(settings).pid_file)
        self._process = record.process() if record else None
        self._before = self._used()

    def cpu_seconds(self) -> float:
        """Return the seconds since it was made."""
        return self._used() - self._before

    def _used(self) -> float:
        if self._process is None:
            return math.nan
        times = self._process.cpu_times()
        return float(times.user + times.system)


def own_environment(home: Path, jars_root: Path) -> dict[str, str]:
    """Return the variables of a stack that shares nothing with another one but the jars."""
    return {
        "GROUNDSWELL_HOME": str(home),
        "GROUNDSWELL_JARS_DIR": str(jars_root),
        "GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "GROUNDSWELL_KAFKA__CONTROLLER_PORT": str(free_port()),
        "GROUNDSWELL_POSTGRES__PORT": str(free_port()),
        "GROUNDSWELL_LAKE__ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
    }


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
