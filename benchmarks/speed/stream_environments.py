"""Environments of contestants whose packages don't go with the project's: made once, below the folder of made data."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.speed.children import Say, run_child
from benchmarks.speed.data import data_folder
from groundswell.errors import LocalStackError
from infra.jars.fetch import maven_download
from infra.jars.locks import LockedJar, read_lock

CONNECTOR_JAR = LockedJar(
    "org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2",
    10_666_527,
    "5605c691d11a501382c383fecba37a7a552467da5ab7ba904ef5d6f3d62c5616",
)
ENVIRONMENTS = {"flink": "Flink SQL", "bytewax": "bytewax"}
"""Name -> the contestant that it is for."""
_LOCKS = Path(__file__).parent


def python_of(name: str, say: Say) -> Path:
    """Return the Python of an environment with the packages of `stream_<name>.lock`, made now if it isn't there.

    Parameters
    ----------
    name : {"flink", "bytewax"}
    say : callable
    """
    lock = _LOCKS / f"stream_{name}.lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    home = data_folder() / name
    made = home / "made-of"
    python = home / "bin" / "python"
    if made.is_file() and made.read_text(encoding="ascii") == wanted:
        return python
    say(f"making the environment of {name}")
    shutil.rmtree(home, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    run_child([uv, "venv", "--quiet", "--python", sys.executable, str(home)], say=say)
    arguments = ["pip", "install", "--quiet", "--require-hashes", "--python", str(python), "-r", str(lock)]
    run_child([uv, *arguments], say=say)
    if name == "flink":
        _add_jars(next(home.glob("lib/python*/site-packages/pyflink/lib")))
    made.write_text(wanted, encoding="ascii")
    return python


def version_of(name: str, package: str) -> str:
    """Return the version that an environment's lock names.

    >>> version_of("flink", "apache-flink").count(".")
    2
    """
    lines = (_LOCKS / f"stream_{name}.lock").read_text(encoding="utf-8").splitlines()
    return next(line.split("==")[1].split()[0] for line in lines if line.startswith(f"{package}=="))


def _add_jars(folder: Path) -> None:
    # Beside Flink's own jars: a class path of the job's own would be loaded, and compiled, anew for each job.
    for jar in (CONNECTOR_JAR, _zstd_jar()):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            found = maven_download()(jar, Path(scratch))
            if hashlib.sha256(found.read_bytes()).hexdigest() != jar.sha256:
                raise LocalStackError(f"{jar.file_name} came with another checksum than expected")
            shutil.move(found, folder / jar.file_name)


def _zstd_jar() -> LockedJar:
    """Return the broker's: the connector lacks it, and the topic is compressed by it."""
    return next(jar for jar in read_lock("kafka") if jar.coordinate.split(":")[1] == "zstd-jni")
