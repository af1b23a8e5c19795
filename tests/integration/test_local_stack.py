"""The local stack's promises, kept with the real servers: `groundswell up`, `status`, `down` as a person runs them."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from groundswell.settings import Settings, load_settings
from infra.stack.kafka import kafka_server
from infra.stack.local import servers_of
from infra.stack.postgres import postgres_server
from infra.stack.processes import read_record
from infra.stack.supervisor import condition, start, stop_one

PROJECT = Path(__file__).resolve().parents[2]
GROUNDSWELL = [sys.executable, "-m", "groundswell.cli"]


def groundswell(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GROUNDSWELL, *arguments],
        env={**os.environ, **variables},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def states(**variables: str) -> dict[str, dict[str, object]]:
    return {row["server"]: row for row in json.loads(groundswell("status", "--json", **variables).stdout)["servers"]}


def pids(settings: Settings) -> dict[str, int]:
    return {server.name: record.pid for server in servers_of(settings) if (record := read_record(server.pid_file))}


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.send_signal(signal.SIGKILL)
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)


def test_all_three_are_healthy(stack: Settings) -> None:
    done = groundswell("status")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("running") == 3


def test_status_tells_programs_what_it_tells_people(stack: Settings) -> None:
    rows = states()

    assert {row["pid"] for row in rows.values()} == set(pids(stack).values())
    for row in rows.values():
        assert (row["state"], row["healthy"]) == ("running", True)
        assert Path(str(row["log"])).is_file()
        assert isinstance(row["memory_mb"], float) and 5 < row["memory_mb"] < 900


def test_up_twice_starts_nothing_twice(stack: Settings) -> None:
    before = pids(stack)

    done = groundswell("up")

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("already running") == 3
    assert pids(stack) == before


def test_killed_servers_show_and_come_back_without_the_others_noticing(stack: Settings) -> None:
    before = pids(stack)
    for name in ("Kafka", "Postgres"):
        kill(before[name])

    assert groundswell("status").returncode == 1
    assert {name: row["state"] for name, row in states().items()} == {
        "Kafka": "crashed",
        "Postgres": "crashed",
        "S3": "running",
    }

    back = groundswell("up")
    assert back.returncode == 0, back.stderr
    after = pids(stack)
    for name in ("Kafka", "Postgres"):
        assert f"names process {before[name]}, which is gone" in back.stderr
        assert after[name] != before[name]
    assert after["S3"] == before["S3"]
    assert all(row["healthy"] for row in states().values())


def test_doctor_finds_nothing_to_mend_on_a_running_stack(stack: Settings) -> None:
    done = groundswell("doctor")

    assert done.returncode == 0, done.stdout
    assert stack.postgres.password.get_secret_value() not in done.stdout
    assert f"used by our Kafka (pid {pids(stack)['Kafka']})" in done.stdout


def test_postgres_lets_nobody_in_without_the_password(stack: Settings) -> None:
    import psycopg2

    address = {"host": stack.postgres.host, "port": stack.postgres.port, "user": stack.postgres.user}
    for password in ("", "wrong"):
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(dbname=stack.postgres.database, password=password, **address)


def test_s3_lets_nobody_in_without_the_key(stack: Settings) -> None:
    import boto3
    from botocore.exceptions import ClientError

    client = boto3.client(
        "s3",
        endpoint_url=stack.lake.endpoint_url,
        region_name=stack.lake.region,
        aws_access_key_id=stack.lake.access_key,
        aws_secret_access_key="wrong",
    )
    with pytest.raises(ClientError):
        client.list_buckets()


def test_no_secret_is_readable_by_others(stack: Settings) -> None:
    secret = stack.lake.secret_key.get_secret_value().encode()
    holders = [path for path in (stack.absolute_home / "run").iterdir() if secret in path.read_bytes()]

    assert holders
    assert all(path.stat().st_mode & 0o077 == 0 for path in holders)


def other_settings(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


@pytest.fixture
def second_home(environment_of: Callable[[Path], dict[str, str]]) -> Iterator[dict[str, str]]:
    """The variables of another stack, stopped at the end."""
    home = Path(tempfile.mkdtemp(prefix="groundswell-second-"))
    variables = environment_of(home)
    yield variables
    groundswell("down", **variables)
    shutil.rmtree(home, ignore_errors=True)


def test_a_second_stack_names_the_taken_ports_and_down_leaves_the_first_alone(
    stack: Settings, second_home: dict[str, str]
) -> None:
    first = pids(stack)
    taken = {
        **second_home,
        "GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS": stack.kafka.bootstrap_servers,
        "GROUNDSWELL_LAKE__ENDPOINT_URL": stack.lake.endpoint_url,
        "GROUNDSWELL_POSTGRES__PORT": str(stack.postgres.port),
    }

    refused = groundswell("up", **taken)

    assert refused.returncode == 4
    assert f"Postgres needs port {stack.postgres.port}, which is taken by postgres (pid {first['Postgres']}" in (
        refused.stderr
    )
    assert f"Kafka needs port {stack.kafka.bootstrap_servers.split(':')[1]}, which is taken by java" in refused.stderr
    assert "GROUNDSWELL_LAKE__ENDPOINT_URL=http://127.0.0.1:" in refused.stderr

    assert groundswell("down", **taken).returncode == 0
    assert pids(stack) == first
    assert all(row["healthy"] for row in states().values())


def test_a_stale_pid_file_is_said_and_passed_over(second_home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = other_settings(second_home, monkeypatch)
    server = postgres_server(settings)
    server.run_dir.mkdir(parents=True)
    # The pid lives, but it is another process than the one the file speaks of.
    stale = {"pid": os.getpid(), "create_time": 1.0, "program": "postgres"}
    server.pid_file.write_text(json.dumps(stale))
    said: list[str] = []

    assert start(server, said.append)
    assert stop_one(server, said.append)

    assert f"names process {os.getpid()}, which is gone" in said[0]
    assert psutil.Process().is_running()


def test_a_half_formatted_broker_folder_is_formatted_again(
    second_home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = other_settings(second_home, monkeypatch)
    server = kafka_server(settings)
    server.run_dir.mkdir(parents=True)
    log = settings.absolute_home / "data" / "kafka" / "log"
    log.mkdir(parents=True)
    (log / "meta.properties").write_text("version=1\n")

    assert start(server, print)
    assert condition(server).is_healthy
    assert stop_one(server, print)


def test_servers_elsewhere_are_only_asked_for_their_health(second_home: dict[str, str]) -> None:
    elsewhere = {
        "GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS": "192.0.2.1:9092",
        "GROUNDSWELL_LAKE__ENDPOINT_URL": "http://192.0.2.1:9000",
        "GROUNDSWELL_POSTGRES__HOST": "192.0.2.1",
    }

    done = groundswell("up", **{**second_home, **elsewhere})

    assert done.returncode == 4
    for name in ("Kafka", "S3", "Postgres"):
        assert f"the settings name a {name} on another machine" in done.stderr


@pytest.fixture
def ordinary_user() -> Iterator[str]:
    if os.geteuid() != 0:
        pytest.skip("runs as an ordinary user already: every test here shows it")
    if not shutil.which("useradd") or not shutil.which("runuser"):
        pytest.skip("useradd and runuser are needed to become another user")
    name = f"gs{os.getpid()}"
    subprocess.run(["useradd", "--create-home", name], check=True, capture_output=True)
    yield name
    subprocess.run(["userdel", "--remove", "--force", name], check=False, capture_output=True)


def test_the_stack_works_as_an_ordinary_user(
    ordinary_user: str, environment_of: Callable[[Path], dict[str, str]]
) -> None:
    home = Path(pwd.getpwnam(ordinary_user).pw_dir)
    variables = {
        **environment_of(home / "stack"),
        "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, sys.path)]),
    }
    become = ["runuser", "-u", ordinary_user, "--", "env", *(f"{name}={value}" for name, value in variables.items())]
    python = python_for([*become], home)
    command = [*become, python, "-m", "groundswell.cli"]

    up = subprocess.run([*command, "up"], cwd=home, capture_output=True, text=True, check=False, timeout=240)
    down = subprocess.run([*command, "down"], cwd=home, capture_output=True, text=True, check=False, timeout=120)

    assert up.returncode == 0, up.stderr
    assert down.stderr.count(": stopped in") == 3, down.stderr


def python_for(become: list[str], home: Path) -> str:
    """Return an interpreter of this version that the user may run: this one may lie in root's own folder."""
    version = f"python3.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        tried = subprocess.run(
            [*become, candidate, "-c", "import infra.commands"], cwd=home, capture_output=True, check=False
        )
        if tried.returncode == 0:
            return candidate
    pytest.skip(f"no {version} that another user may run with this project's packages")
