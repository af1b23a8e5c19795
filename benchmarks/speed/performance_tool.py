"""The broker's own ProducerPerformance: the nearest thing to a limit that its makers give."""

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.children import Say
from benchmarks.speed.data import data_folder
from groundswell.errors import LocalStackError
from groundswell.settings import Settings
from infra.jars.fetch import jars_folder, maven_download
from infra.jars.locks import LockedJar
from infra.java import find_java

TOOLS_JAR = LockedJar(
    "org.apache.kafka:kafka-tools:4.3.1", 698_668, "62f3c5dd7aa3442d4c5bc6a95f86e2502178ea09de8e27f74d9563bf955e253c"
)
"""The broker needs none of it, and what it needs itself for measuring is among the broker's jars."""

_TOTAL = re.compile(r"^(\d+) records sent, ([\d.]+) records/sec .*$", re.MULTILINE)


def tools_jar(say: Say) -> Path:
    """Return the jar of Kafka's command-line tools, fetched when it isn't there.

    Raises
    ------
    LocalStackError
        What comes isn't what was expected.
    """
    import hashlib

    path = data_folder() / "jars" / TOOLS_JAR.file_name
    if path.exists():
        return path
    say(f"fetching {TOOLS_JAR.file_name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        found = maven_download()(TOOLS_JAR, Path(scratch))
        if hashlib.sha256(found.read_bytes()).hexdigest() != TOOLS_JAR.sha256:
            raise LocalStackError(f"{TOOLS_JAR.file_name} came with another checksum than expected")
        shutil.move(found, path)
    return path


def performance_command(settings: Settings, jar: Path, payload: Path, topic: str, records: int) -> Sequence[str]:
    """Return the command that sends `records` lines drawn from `payload`, with the shipped producer's settings."""
    properties = {
        "acks": "all",
        "enable.idempotence": "true",
        "compression.type": "zstd",
        "compression.zstd.level": "1",
        "linger.ms": "50",
        "batch.size": "1000000",
        "buffer.memory": str(64 << 20),
        "max.request.size": "2000000",
    }
    return [
        str(find_java().path), "-Xmx2g", "-cp", f"{jar}:{jars_folder(settings, 'kafka')}/*",
        "org.apache.kafka.tools.ProducerPerformance",
        "--bootstrap-server", settings.kafka.bootstrap_servers, "--topic", topic, "--num-records", str(records),
        "--throughput", "-1", "--payload-file", str(payload),
        "--command-property", *(f"{name}={value}" for name, value in properties.items()),
    ]  # fmt: skip


def total_seconds(output: str) -> float:
    """Return the seconds from its first record to its last acknowledgement, out of the line of totals.

    >>> total_seconds("9 records sent, 9.0 records/sec (1.0 MB/sec)\\n100 records sent, 50.0 records/sec (2 MB/sec), 1")
    2.0
    """
    records, rate = _TOTAL.findall(output)[-1]
    return int(records) / float(rate)
