"""Checks of this machine and the settings, each with a way out."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
from pydantic import BaseModel

from groundswell.adapters.chromium import find_chromium
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from infra.jars.fetch import incomplete_jars
from infra.jars.locks import JAR_SETS
from infra.java import find_java, install_command
from infra.stack.local import servers_of
from infra.stack.ports import free_port, holder, is_free
from infra.stack.supervisor import Condition, conditions

Grade = Literal["ok", "warn", "fail"]

MINIMUM_PYTHON = (3, 11)
WANTED_DISK_GB = 5.0
NEEDED_DISK_GB = 1.5
WANTED_MEMORY_GB = 4.0
NEEDED_MEMORY_GB = 2.0


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    grade: Grade
    subject: str
    text: str
    way_out: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Run every check, cheapest first."""
    yield _python()
    yield _java()
    yield _make()
    yield _browser(settings)
    yield grade_space("disk", _free_disk_gb(settings.absolute_home), NEEDED_DISK_GB, WANTED_DISK_GB)
    yield grade_space("memory", psutil.virtual_memory().available / 1e9, NEEDED_MEMORY_GB, WANTED_MEMORY_GB)
    yield _home(settings)
    for name in JAR_SETS:
        yield _jars(settings, name)
    found = conditions(servers_of(settings))
    for one in found:
        yield from _ports(one)
    for one in found:
        yield _server(one)


def describe_settings(settings: BaseModel, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each setting's dotted name and value; secrets stay stars."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from describe_settings(value, f"{prefix}{name}.")
        elif name in {"client_options", "options"}:
            # May hold credentials of a cluster: names only.
            yield prefix + name, ", ".join(sorted(value)) or "-"
        else:
            yield prefix + name, str(value)


def grade_space(subject: str, free_gb: float, needed_gb: float, wanted_gb: float) -> Finding:
    """Grade free disk or memory.

    >>> grade_space("disk", 3.0, needed_gb=1.5, wanted_gb=5.0).grade
    'warn'
    """
    text = f"{free_gb:.1f} GB free"
    if free_gb >= wanted_gb:
        return Finding("ok", subject, text)
    way_out = f"free some: {wanted_gb:.0f} GB are comfortable for the local stack and Spark"
    if subject == "disk":
        way_out += ", or set GROUNDSWELL_HOME to a folder on a larger disk"
    return Finding("warn" if free_gb >= needed_gb else "fail", subject, text, way_out)


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info >= MINIMUM_PYTHON:
        return Finding("ok", "python", f"{version} ({sys.executable})")
    return Finding("fail", "python", f"{version} is too old, 3.11 or newer is needed", install_command("python"))


def _java() -> Finding:
    try:
        java = find_java()
    except GroundswellError as error:
        return Finding("fail", "java", error.message, error.way_out)
    return Finding("ok", "java", f"{java.version} ({java.path})")


def _make() -> Finding:
    path = shutil.which("make")
    if path:
        return Finding("ok", "make", path)
    return Finding("warn", "make", "not found: `make demo` and `make test` need it", install_command("make"))


def _browser(settings: Settings) -> Finding:
    if path := find_chromium(settings.scrape.browser_path):
        return Finding("ok", "browser", str(path))
    return Finding("warn", "browser", "no Chromium: only `groundswell scrape` needs it", "make browser")


def _free_disk_gb(folder: Path) -> float:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e9


def _home(settings: Settings) -> Finding:
    folder = settings.absolute_home
    nearest = folder
    while not nearest.exists():
        nearest = nearest.parent
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding("ok", "home", str(folder))
    return Finding("fail", "home", f"{nearest} can't be written", "set GROUNDSWELL_HOME to a folder of yours")


def _jars(settings: Settings, name: str) -> Finding:
    subject = f"jars of {name}"
    missing = incomplete_jars(settings, name, thorough=True)
    if not missing:
        return Finding("ok", subject, f"complete and whole in {settings.jars_root / name}")
    damaged = [jar for jar in missing if (settings.jars_root / name / jar.file_name).exists()]
    if damaged:
        names = ", ".join(jar.file_name for jar in damaged[:3])
        paths = " ".join(str(settings.jars_root / name / jar.file_name) for jar in damaged)
        return Finding("fail", subject, f"{len(damaged)} damaged: {names}", f"rm {paths}; groundswell jars")
    megabytes = sum(jar.size_bytes for jar in missing) / 1e6
    text = f"{len(missing)} not fetched yet ({megabytes:.0f} MB)"
    return Finding("warn", subject, text, "groundswell jars (`groundswell up` does it too)")


def _ports(one: Condition) -> Iterator[Finding]:
    if not one.server.is_local:
        return
    for port in one.server.ports:
        subject = f"port {port.address.port}"
        if one.state in {"running", "unhealthy"}:
            yield Finding("ok", subject, f"used by our {one.server.name} (pid {one.pid})")
        elif is_free(port.address):
            yield Finding("ok", subject, f"free for {one.server.name}")
        else:
            way_out = f"stop it, or set {port.setting(free_port(port.address.host))}"
            text = f"{one.server.name} needs it; taken by {holder(port.address.port)}"
            yield Finding("fail", subject, text, way_out)


def _server(one: Condition) -> Finding:
    address = one.server.ports[0].address
    if one.is_healthy:
        return Finding("ok", one.server.name, f"{one.state} at {address}")
    if one.state == "stopped":
        return Finding("warn", one.server.name, f"not running at {address}", "groundswell up")
    way_out = "start it there, or correct the settings" if one.state == "unreachable" else _restart(one)
    return Finding("fail", one.server.name, f"{one.state} at {address}: {one.reason}", way_out)


def _restart(one: Condition) -> str:
    command = "groundswell up" if one.state == "crashed" else "groundswell down; groundswell up"
    return f"{command} (its log: {one.server.log})"


def has_failed(findings: list[Finding]) -> bool:
    """Whether a check failed; warnings don't count."""
    return any(finding.grade == "fail" for finding in findings)
