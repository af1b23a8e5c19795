"""One real local stack for all integration tests, on free ports, in a folder of its own."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groundswell.errors import GroundswellError
from groundswell.settings import Settings, load_settings
from infra.migrate_command import run_migrations
from infra.stack.local import servers_of, start_stack, stop_stack
from infra.stack.logs import log_tail
from infra.stack.ports import free_port


def stack_environment(home: Path) -> dict[str, str]:
    """Return the variables of a stack of its own: free ports, another home, the project's jars."""
    return {
        "GROUNDSWELL_HOME": str(home),
        # Fetched once for all homes.
        "GROUNDSWELL_JARS_DIR": str(load_settings().jars_root),
        "GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "GROUNDSWELL_KAFKA__CONTROLLER_PORT": str(free_port()),
        "GROUNDSWELL_POSTGRES__PORT": str(free_port()),
        "GROUNDSWELL_LAKE__ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
    }


@pytest.fixture
def environment_of() -> Callable[[Path], dict[str, str]]:
    """For a test that needs a stack of its own: home -> variables."""
    return stack_environment


@pytest.fixture(scope="session")
def stack() -> Iterator[Settings]:
    """A running, migrated local stack; subprocesses find it through the environment."""
    home = Path(tempfile.mkdtemp(prefix="groundswell-test-"))
    environment = stack_environment(home)
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    # A run that is told to stop, by CI's time limit say, must not leave servers behind.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", 143))
    settings = load_settings()
    try:
        start_stack(settings, print)
        run_migrations(settings)
        yield settings
    except GroundswellError:
        _print_log_tails(settings)
        raise
    finally:
        stop_stack(settings, print)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        shutil.rmtree(home, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Put the ends of the servers' logs into the report of a test that failed on the stack."""
    report = yield
    settings = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(settings, Settings):  # type: ignore[attr-defined]
        for server in servers_of(settings):
            report.sections.append((f"end of {server.log.name}", log_tail(server.log)))  # type: ignore[attr-defined]
    return report


def _print_log_tails(settings: Settings) -> None:
    for server in servers_of(settings):
        print(f"--- {server.log}\n{log_tail(server.log)}")
