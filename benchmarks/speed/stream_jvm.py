"""What Spark's JVM spends the cores' time on: async-profiler's samples, sorted by what a thread was in.

Unlike Java's own Flight Recorder it sees native code, too: decompressing, RocksDB, the compilers.
"""

import hashlib
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.speed.data import data_folder
from groundswell.errors import LocalStackError
from infra.jars.fetch import maven_download
from infra.jars.locks import LockedJar
from infra.java import find_java

PROFILER_JAR = LockedJar(
    "tools.profiler:async-profiler:4.1", 836_577, "5535baa56133628cfffe2f05ca9bfef1fae3d5abe49835447262b1c6da4a9582"
)
DECOMPRESS, FETCH, RECORDS = "Kafka: decompressing", "Kafka: fetching, reading batches", "Kafka's records to rows"
ROWS, ARROW = "copying rows", "rows to Arrow and Python, and back"
SHUFFLE, STATE = "shuffle", "state: RocksDB and its checkpoint"
COMPILE, COLLECT, DRIVE, REST = "compiling", "collecting garbage", "planning, scheduling, answers to Python", "the rest"
PARTS = (DECOMPRESS, FETCH, RECORDS, ROWS, ARROW, SHUFFLE, STATE, COMPILE, COLLECT, DRIVE, REST)

_INTERVAL_MILLISECONDS = 5
_THREADS = {"[C1 Comp": COMPILE, "[C2 Comp": COMPILE, "[GC ": COLLECT, "[VM ": COLLECT}
_TASK = "[Executor task"
_FRAMES = (
    (("ZSTD", "HUF_", "FSE_", "zstd"), DECOMPRESS),
    (("org/apache/kafka/",), FETCH),
    (("spark/sql/kafka010/",), RECORDS),
    (("rocksdb", "execution/streaming/"), STATE),
    (("spark/shuffle/", "spark/storage/", "spark/io/", "UnsafeRowSerializer"), SHUFFLE),
    (("arrow", "Arrow", "spark/api/python/", "execution/python/"), ARROW),
    (("catalyst/expressions/", "spark/unsafe/"), ROWS),
)


def profiler(folder: Path | None = None) -> Path:
    """Return the profiler's library for this machine, fetched now if it isn't there.

    Raises
    ------
    LocalStackError
        It came with another checksum than expected.
    """
    library = (folder or data_folder()) / "async-profiler" / "libasyncProfiler.so"
    if not library.exists():
        with tempfile.TemporaryDirectory() as scratch:
            jar = maven_download()(PROFILER_JAR, Path(scratch))
            if hashlib.sha256(jar.read_bytes()).hexdigest() != PROFILER_JAR.sha256:
                raise LocalStackError(f"{PROFILER_JAR.file_name} came with another checksum than expected")
            library.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(jar) as packed:
                library.write_bytes(packed.read(f"{_platform()}/{library.name}"))
    return library


@contextmanager
def sampled_jvm(library: Path) -> Iterator[dict[str, float]]:
    """Sample the JVM below this process; what is yielded has, at the end, the seconds of each of `PARTS`.

    Parameters
    ----------
    library : Path
        Of `profiler`.
    """
    (java,) = (each for each in psutil.Process().children(recursive=True) if each.name() == "java")
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "stacks"
        _command(java.pid, library, f"start,event=ctimer,interval={_INTERVAL_MILLISECONDS}ms,threads")
        try:
            yield found
        finally:
            _command(java.pid, library, f"stop,collapsed,file={file}")
        found |= seconds_by_part(file.read_text(encoding="utf-8").splitlines())


def seconds_by_part(stacks: Iterable[str]) -> dict[str, float]:
    """Sum up samples.

    Parameters
    ----------
    stacks : iterable of str
        Frames from the thread to the innermost one with `;` between, and after a space how many samples had them.

    >>> found = seconds_by_part(["[Executor task 1];a.b;org/apache/kafka/X.y;copy 400", "[GC Thread#0];mark 200"])
    >>> found["Kafka: fetching, reading batches"], found["collecting garbage"], found["the rest"]
    (2.0, 1.0, 0.0)
    """
    found = dict.fromkeys(PARTS, 0.0)
    for stack in stacks:
        frames, _, samples = stack.rpartition(" ")
        found[part_of(frames.split(";"))] += int(samples) * _INTERVAL_MILLISECONDS / 1000
    return found


def part_of(frames: list[str]) -> str:
    """Return the part that the innermost frame with a known place is in."""
    thread = frames[0]
    for begin, part in _THREADS.items():
        if thread.startswith(begin):
            return part
    if not thread.startswith(_TASK):
        return DRIVE
    for frame in reversed(frames[1:]):
        for marks, part in _FRAMES:
            if any(mark in frame for mark in marks):
                return part
    return REST


def _command(pid: int, library: Path, arguments: str) -> None:
    jcmd = find_java().path.with_name("jcmd")
    # In quotes, or jcmd takes what it finds before a `=` for an option of its own.
    command = [str(jcmd), str(pid), "JVMTI.agent_load", str(library), f'"{arguments}"']
    said = subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout
    if "return code: 0" not in said:
        raise LocalStackError(f"async-profiler refused {arguments!r}: {said.strip()}")


def _platform() -> str:
    if sys.platform == "darwin":
        return "macos"
    return "linux-arm64" if platform.machine() == "aarch64" else "linux-x64"
