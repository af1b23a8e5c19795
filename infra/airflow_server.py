"""Run all of Airflow's servers in the foreground until Ctrl-C, and leave none behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import psutil

from groundswell.errors import LocalStackError, UnavailableError
from groundswell.settings import Settings
from infra.airflow_environment import ADMIN, AirflowEnvironment

START_SECONDS = 300.0
STOP_SECONDS = 30.0
PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


def require_stack(settings: Settings) -> None:
    """Raise `UnavailableError` unless the servers that the batch commands need accept connections."""
    lake = urlsplit(settings.lake.endpoint_url)
    places = {
        "Postgres": (settings.postgres.host, settings.postgres.port),
        "the lake's S3 server": (lake.hostname or "", lake.port or (443 if lake.scheme == "https" else 80)),
    }
    away = [f"{name} ({host}:{port})" for name, (host, port) in places.items() if not _accepts(host, port)]
    if away:
        raise UnavailableError(f"no answer from {' and '.join(away)}", "start the local stack: `groundswell up`")


def _accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=3):
            return True
    except OSError:
        return False


def serve(environment: AirflowEnvironment) -> None:
    """Start Airflow, say where it is, and wait for Ctrl-C or its end."""
    if _accepts("127.0.0.1", environment.port):
        raise LocalStackError(
            f"port {environment.port} is taken, perhaps by an Airflow that already runs",
            "stop that, or choose another port: `.venv/bin/python -m infra.airflow --port 18081`",
        )
    log_path = environment.home / "logs" / "standalone.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    # a handled signal is reset in the child, an ignored one (a background job's SIGINT) would stay ignored there
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with log_path.open("wb") as log_file:
        process = subprocess.Popen(
            [str(environment.command), "standalone"],
            env=environment.variables(),
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with _stopped_at_the_end(process):
        _wait_until_healthy(process, environment.url, log_path)
        _announce(environment, log_path)
        process.wait()
    raise LocalStackError(f"Airflow ended by itself, with code {process.returncode}", f"see {log_path}")


def _announce(environment: AirflowEnvironment, log_path: Path) -> None:
    password = json.loads(environment.password_file.read_text())[ADMIN]
    click.echo(f"Airflow is at {environment.url}  user {ADMIN}, password {password}")
    click.echo(f"  log      {log_path}")
    click.echo("  DAGs     nightly and light_refresh are there, paused: switch them on, or run one day by hand:")
    click.echo("           .venv/bin/python -m infra.airflow run nightly YYYY-MM-DD")
    click.echo("  Ctrl-C ends it.")


def _wait_until_healthy(process: "subprocess.Popen[bytes]", url: str, log_path: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    click.echo("starting Airflow ", nl=False, err=True)
    while not _is_healthy(url):
        if process.poll() is not None or time.monotonic() > deadline:
            click.echo(err=True)
            tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-15:])
            reason = "ended" if process.poll() is not None else f"is not healthy after {START_SECONDS:.0f} s"
            raise LocalStackError(f"Airflow {reason}; the end of its log:\n{tail}", f"see {log_path}")
        click.echo(".", nl=False, err=True)
        time.sleep(1)
    click.echo(err=True)


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/v2/monitor/health", timeout=3) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    return all((health.get(part) or {}).get("status") == "healthy" for part in PARTS)


@contextlib.contextmanager
def _stopped_at_the_end(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        click.echo("stopping Airflow", err=True)
        family = _family(process)
        try:
            if process.poll() is None:
                # `airflow standalone` ends its parts on SIGINT only
                os.kill(process.pid, signal.SIGINT)
            psutil.wait_procs(family, timeout=STOP_SECONDS)
        finally:  # a second Ctrl-C comes here at once
            for one in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            process.wait()


def _family(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Return the process, its descendants, and what else is left of its session."""
    found: dict[int, psutil.Process] = {}
    for one in psutil.process_iter():
        try:
            if os.getsid(one.pid) == process.pid:
                found[one.pid] = one
                found.update({child.pid: child for child in one.children(recursive=True)})
        except (OSError, psutil.Error):
            continue
    return list(found.values())
