"""Fetch the locked jars into flat folders, checked and in parallel.

A jar is downloaded into a scratch folder, compared with the lock and only then moved to its place, so a jar in place is
a whole jar; one that isn't (cut by another tool, a full disk) shows by its size and is fetched again.
"""

import fcntl
import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from groundswell.errors import LocalStackError
from groundswell.settings import Settings
from infra.jars.locks import JAR_SETS, LockedJar, read_lock

_log = logging.getLogger(__name__)

PARALLEL_DOWNLOADS = 6
ATTEMPTS = 3
TIMEOUT_SECONDS = 60

Say = Callable[[str], None]
Download = Callable[[LockedJar, Path], Path]
"""Download a jar somewhere below the given scratch folder and return where."""


def jars_folder(settings: Settings, name: str) -> Path:
    """Return the flat folder of one set of jars."""
    return settings.jars_root / name


def incomplete_jars(settings: Settings, name: str, *, thorough: bool = False) -> list[LockedJar]:
    """Return the jars of a set that are missing or not whole.

    Parameters
    ----------
    settings : Settings
        Says where the jars are.
    name : str
        One of `JAR_SETS`.
    thorough : bool
        Compare checksums too, not only sizes.
    """
    folder = jars_folder(settings, name)
    return [jar for jar in read_lock(name) if not _is_whole(folder / jar.file_name, jar, thorough)]


def ensure_jars(
    settings: Settings, names: Sequence[str] = JAR_SETS, say: Say = _log.info, download: Download | None = None
) -> int:
    """Fetch whatever is missing of these sets; two processes may call it at once.

    Parameters
    ----------
    settings : Settings
        Says where the jars go.
    names : sequence of str
        Sets out of `JAR_SETS`.
    say : callable
        Gets a line of progress now and then.
    download : callable, optional
        Takes the place of the Maven download, for tests.

    Returns
    -------
    int
        How many jars were fetched.

    Raises
    ------
    LocalStackError
        A jar can't be fetched, or what comes is not what the lock says.
    """
    if not any(incomplete_jars(settings, name) for name in names):
        return 0
    root = settings.jars_root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _exclusive(root / ".lock", say), tempfile.TemporaryDirectory(prefix=".partial-", dir=root) as scratch:
            _remove_leftovers(root, keep=Path(scratch))
            missing = [(name, jar) for name in names for jar in incomplete_jars(settings, name)]
            _fetch_all(settings, missing, Path(scratch), say, download or maven_download())
            for name in names:
                _remove_unlocked(jars_folder(settings, name), read_lock(name))
            return len(missing)
    except OSError as error:
        raise LocalStackError(
            f"jars can't be written to {root}: {error}", "make room or set GROUNDSWELL_JARS_DIR to another folder"
        ) from error


def maven_download() -> Download:
    """Return a download from Maven Central, by jgo."""
    from jgo.maven import MavenContext

    def download(jar: LockedJar, scratch: Path) -> Path:
        group, artifact, version = jar.coordinate.split(":")
        context = MavenContext(repo_cache=scratch, timeout=TIMEOUT_SECONDS)
        return Path(context.project(group, artifact).at_version(version).artifact().resolve())

    return download


def _fetch_all(
    settings: Settings, missing: list[tuple[str, LockedJar]], scratch: Path, say: Say, download: Download
) -> None:
    total_bytes = sum(jar.size_bytes for _, jar in missing)
    fetched_bytes = 0
    said_percent = 0
    say(f"fetching {len(missing)} jars, {total_bytes / 1e6:.0f} MB, into {settings.jars_root}")
    with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as threads:
        # The big ones first: they take longest, the small ones fill the gaps.
        missing.sort(key=lambda pair: -pair[1].size_bytes)
        tasks = {
            threads.submit(_fetch, jar, jars_folder(settings, name), scratch / str(number), download): jar
            for number, (name, jar) in enumerate(missing)
        }
        try:
            for done, task in enumerate(as_completed(tasks), 1):
                task.result()
                fetched_bytes += tasks[task].size_bytes
                percent = 100 * fetched_bytes // max(total_bytes, 1)
                if percent >= said_percent + 10 or done == len(tasks):
                    said_percent = percent
                    say(f"  {done}/{len(tasks)} jars, {fetched_bytes / 1e6:.0f} MB, {percent}%")
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _fetch(jar: LockedJar, folder: Path, scratch: Path, download: Download) -> None:
    problem = ""
    for _ in range(ATTEMPTS):
        try:
            path = download(jar, scratch)
        except Exception as error:
            problem = str(error)
        else:
            if _is_whole(path, jar, thorough=True):
                folder.mkdir(parents=True, exist_ok=True)
                path.replace(folder / jar.file_name)
                return
            problem = f"came with {path.stat().st_size} bytes and another checksum than the lock's"
        shutil.rmtree(scratch, ignore_errors=True)
    raise LocalStackError(
        f"{jar.file_name} can't be fetched ({ATTEMPTS} tries): {problem}",
        "check the network to Maven Central and run the command again: what is complete is kept",
    )


def _is_whole(path: Path, jar: LockedJar, thorough: bool) -> bool:
    if not path.is_file() or path.stat().st_size != jar.size_bytes:
        return False
    if not thorough:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256


def _remove_unlocked(folder: Path, jars: Sequence[LockedJar]) -> None:
    # Two versions of a library on one class path would be worse than none.
    wanted = {jar.file_name for jar in jars}
    for path in folder.glob("*.jar"):
        if path.name not in wanted:
            path.unlink()


def _remove_leftovers(root: Path, keep: Path) -> None:
    for path in root.glob(".partial-*"):
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _exclusive(path: Path, say: Say) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is fetching jars: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
