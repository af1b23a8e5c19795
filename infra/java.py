"""Finding a Java that is new enough, and saying how to get one."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from groundswell.errors import LocalStackError

MINIMUM_JAVA_VERSION = 17

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True)
class Java:
    """A Java executable and its major version."""

    path: Path
    version: int


def parse_java_version(text: str) -> int | None:
    """Return the major version out of what `java -version` prints.

    >>> parse_java_version('openjdk version "17.0.15" 2025-04-15')
    17
    >>> parse_java_version('java version "1.8.0_392"')
    8
    >>> parse_java_version('The operation could not be completed.') is None
    True
    """
    found = _VERSION.search(text)
    return int(found[1]) if found else None


def install_command(package: str) -> str:
    """Return the command that installs `java`, `make` or `python` on this machine."""
    managers = {
        "apt-get": {"java": "openjdk-17-jre-headless", "make": "make", "python": "python3 python3-venv"},
        "dnf": {"java": "java-21-openjdk-headless", "make": "make", "python": "python3.12"},
        "brew": {"java": "openjdk@21", "make": "make", "python": "python@3.12"},
    }
    for manager, names in managers.items():
        if shutil.which(manager):
            sudo = "" if manager == "brew" or os.geteuid() == 0 else "sudo "
            return f"{sudo}{manager} install {'' if manager == 'brew' else '-y '}{names[package]}"
    return f"install {package} with your system's package manager"


def find_java(environment: dict[str, str] | None = None) -> Java:
    """Return the Java of JAVA_HOME, or else of PATH.

    Raises
    ------
    LocalStackError
        There is none, it doesn't run, or it is older than `MINIMUM_JAVA_VERSION`.
    """
    environment = dict(os.environ) if environment is None else environment
    home = environment.get("JAVA_HOME")
    executable = str(Path(home) / "bin" / "java") if home else shutil.which("java", path=environment.get("PATH"))
    origin = "JAVA_HOME" if home else "PATH"
    way_out = install_command("java") + (", or correct JAVA_HOME" if home else ", or set JAVA_HOME")
    if not executable or not Path(executable).is_file():
        raise LocalStackError(f"no Java found through {origin}", way_out)
    try:
        answer = subprocess.run([executable, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LocalStackError(f"{executable} doesn't run: {error}", way_out) from error
    version = parse_java_version(answer.stderr + answer.stdout)
    if version is None:
        raise LocalStackError(f"{executable} doesn't say its version", way_out)
    if version < MINIMUM_JAVA_VERSION:
        raise LocalStackError(f"{executable} is Java {version}, {MINIMUM_JAVA_VERSION} or newer is needed", way_out)
    return Java(Path(executable), version)
