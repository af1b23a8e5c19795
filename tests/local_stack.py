"""One real local stack for all tests that need servers, on free ports, in a folder of its own."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, Message, TopicPartition

from groundswell.adapters.kafka import partitions_of, read_committed_consumer
from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.topics import Topic
from groundswell.errors import GroundswellError
from groundswell.settings import Settings, load_settings
from infra.migrate_command import run_migrations
from infra.stack.local import servers_of, start_stack, stop_stack
from infra.stack.logs import log_tail
from infra.stack.ports import free_port

# With less, Kafka ends in the middle of the run and every later test tells of that only.
_NEEDED_DISK_GB = 4.0


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
    free_gb = shutil.disk_usage(home).free / 1e9
    if free_gb < _NEEDED_DISK_GB:
        pytest.exit(f"{home} has {free_gb:.1f} GB free; the tests need {_NEEDED_DISK_GB:g} (TMPDIR names another)", 3)
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


class WarmProcess:
    """Runs `groundswell` commands one after the other in one process, which keeps its JVM."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("warm_process.py")
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, str(script)], stdin=pipe, stdout=pipe, text=True)

    def run(self, environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"environment": environment, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the process ended with {self._process.wait(10)}"
        code, printed, said = json.loads(answer)
        return code, printed, said

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


@pytest.fixture(scope="session")
def warm_process() -> Iterator[WarmProcess]:
    process = WarmProcess()
    yield process
    process.stop()


class Pipeline:
    """The commands on topics, a schema, a lake namespace and checkpoints of their own, and what they left there."""

    def __init__(self, process: WarmProcess, environment: dict[str, str]) -> None:
        self._process = process
        self.environment = os.environ | environment
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            self.settings = load_settings()
        run_migrations(self.settings)

    def run(self, *arguments: object) -> tuple[int, str]:
        """Run a command in the warm process; return its exit code and what it said on standard error."""
        code, _, said = self._process.run(self.environment, *map(str, arguments))
        return code, said

    def json(self, *arguments: object) -> list[dict[str, Any]]:
        code, printed, said = self._process.run(self.environment, *map(str, arguments))
        assert code == 0, said
        return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]

    def start(self, *arguments: object, **options: Any) -> "subprocess.Popen[bytes]":
        """Start a command in a process of its own."""
        command = [sys.executable, "-m", "groundswell.cli", *map(str, arguments)]
        return subprocess.Popen(command, env=self.environment, **options)

    def cold(self, *arguments: object, exit_code: int = 0) -> str:
        """Run a command in a process of its own; return its standard output, or its standard error where it fails."""
        process = self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=240)
        assert process.returncode == exit_code, err.decode()
        return (err if exit_code else out).decode()

    def replay(self, *arguments: object) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads(self.cold("replay", *arguments, "--json"))
        return summary

    def query(self, text: str, *parameters: object) -> list[tuple[Any, ...]]:
        connection = connect(self.settings)
        try:
            with transaction(connection), connection.cursor() as cursor:
                cursor.execute(text, parameters or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def lake(self) -> list[dict[str, Any]]:
        """Return the raw table's rows: binary columns as bytes, headers as a dict, `timestamp_ms`."""
        rows = self.json("lake")
        for row in rows:
            row |= {name: base64.b64decode(row[name]) for name in ("key", "value")}
            row["headers"] = {h["key"]: base64.b64decode(h["value"]) for h in row["headers"]}
        return rows

    def records(self, topic: Topic) -> list[Message]:
        """Return the committed records of a topic."""
        return committed_records(self.settings, topic.name(self.settings.kafka.topic_prefix))


def committed_records(settings: Settings, topic_name: str) -> list[Message]:
    """Read a topic to its end, committed records only."""
    consumer = read_committed_consumer(settings, None)
    partitions = partitions_of(consumer, settings, topic_name)
    consumer.assign([TopicPartition(topic_name, number, OFFSET_BEGINNING) for number in partitions])
    found, ended = [], 0
    while ended < len(partitions):
        message = consumer.poll(20)
        assert message is not None, f"{topic_name}: end not reached"
        if message.error() is None:
            found.append(message)
        else:
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            ended += 1
    consumer.close()
    return found


@pytest.fixture(scope="session")
def read_topic(stack: Settings) -> Callable[[str], list[Message]]:
    """Topic's name -> its committed records."""
    return partial(committed_records, stack)


@pytest.fixture(scope="session")
def make_pipeline(stack: Settings, warm_process: WarmProcess) -> Callable[..., Pipeline]:
    """(name, further variables) -> a migrated pipeline of its own on the shared stack."""

    def make(name: str, **environment: str) -> Pipeline:
        own = f"{name}_{uuid.uuid4().hex[:8]}"
        return Pipeline(
            warm_process,
            {
                "GROUNDSWELL_KAFKA__TOPIC_PREFIX": f"{own}.",
                "GROUNDSWELL_POSTGRES__DB_SCHEMA": own,
                "GROUNDSWELL_LAKE__NAMESPACE": own,
                "GROUNDSWELL_STREAM__CHECKPOINT_DIR": str(stack.absolute_home / "checkpoints" / own),
                **environment,
            },
        )

    return make


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
