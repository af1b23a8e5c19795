"""What a speed was measured on."""

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.detection.tables import machine
from infra.jars.locks import read_lock
from infra.java import find_java


def machine_line(packages: Sequence[str]) -> str:
    """Return cores, memory, processor, load, and the versions of Python packages, Kafka and Java.

    Parameters
    ----------
    packages : sequence of str
        Names of the Python distributions that took part.
    """
    packed = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{machine()}, {_processor()}, {platform.system()}; Python {platform.python_version()}, {packed},"
        f" Kafka {jar_version('kafka', 'kafka-clients')} on the same cores, Java {find_java().version};"
        f" load before the first run {os.getloadavg()[0]:.1f}"
    )


def jar_version(jar_set: str, artifact: str) -> str:
    """Return the version of a locked jar.

    >>> jar_version("kafka", "kafka-clients").count(".")
    2
    """
    return next(v for _, name, v in (jar.coordinate.split(":") for jar in read_lock(jar_set)) if name == artifact)


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"model name\s*: (.+)", text)
    return found[1].strip() if found else platform.machine()
