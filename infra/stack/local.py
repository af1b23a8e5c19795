"""The local stack as a whole, as the settings describe it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from groundswell.errors import LocalStackError
from groundswell.settings import Settings
from infra.jars.fetch import ensure_jars
from infra.stack.kafka import kafka_server
from infra.stack.postgres import postgres_server
from infra.stack.s3 import s3_server
from infra.stack.server import Server
from infra.stack.supervisor import Say, start_all, stop_all


def servers_of(settings: Settings) -> tuple[Server, ...]:
    """Return the servers in the order in which they are stopped."""
    return kafka_server(settings), s3_server(settings), postgres_server(settings)


def start_stack(settings: Settings, say: Say) -> list[Server]:
    """Fetch what is missing and start what isn't running.

    Raises
    ------
    LocalStackError
        A jar can't be fetched or a server can't be started.
    """
    servers = servers_of(settings)
    with _alone(settings, say):
        sets = [server.jar_set for server in servers if server.is_local and server.jar_set]
        ensure_jars(settings, [*sets, "spark"], say)
        return start_all(servers, say)


def stop_stack(settings: Settings, say: Say) -> list[Server]:
    """Stop what `start_stack` started."""
    with _alone(settings, say):
        return stop_all(servers_of(settings), say)


@contextmanager
def _alone(settings: Settings, say: Say) -> Iterator[None]:
    """Let no two `up` or `down` of one home run at once."""
    run_dir = settings.absolute_home / "run"
    try:
        for folder in (settings.absolute_home, run_dir, settings.absolute_home / "logs"):
            folder.mkdir(parents=True, exist_ok=True)
        file = (run_dir / "lock").open("w")
    except OSError as error:
        raise LocalStackError(
            f"{settings.absolute_home} can't be written: {error}", "set GROUNDSWELL_HOME to a folder of yours"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another `groundswell up` or `down` is at work on this home: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
