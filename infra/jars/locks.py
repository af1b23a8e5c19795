"""Lock files: which jars a set consists of, with size and checksum, and nothing about where they come from."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from groundswell.errors import LocalStackError

JAR_SETS = ("kafka", "s3proxy", "spark")
"""Every set of jars, each with `<name>.toml` and `<name>.lock` beside this file."""

LOCKS_DIR = Path(__file__).parent


@dataclass(frozen=True)
class LockedJar:
    """One jar: its Maven coordinate (`group:artifact:version`), size and checksum."""

    coordinate: str
    size_bytes: int
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the jar's file.

        >>> LockedJar("org.gaul:s3proxy:4.1.0", 1, "").file_name
        's3proxy-4.1.0.jar'
        """
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def read_lock(name: str, directory: Path = LOCKS_DIR) -> tuple[LockedJar, ...]:
    """Read a set's lock.

    Parameters
    ----------
    name : str
        One of `JAR_SETS`.
    directory : Path
        Where the lock files are.

    Returns
    -------
    tuple of LockedJar
        In the order of the file.

    Raises
    ------
    LocalStackError
        The lock is missing or unreadable.
    """
    path = directory / f"{name}.lock"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(LockedJar(**jar) for jar in content["jar"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LocalStackError(f"the jar lock {path} can't be read: {error}", "restore it from git") from error


def format_lock(jars: tuple[LockedJar, ...]) -> str:
    """Return the text of a lock file.

    >>> print(format_lock((LockedJar("g:a:1", 7, "ab"),)).splitlines()[-3])
    coordinate = "g:a:1"
    """
    blocks = ["# Written by `make lock`. Don't edit."]
    for jar in jars:
        blocks.append(
            f'[[jar]]\ncoordinate = "{jar.coordinate}"\nsize_bytes = {jar.size_bytes}\nsha256 = "{jar.sha256}"'
        )
    return "\n\n".join(blocks) + "\n"
