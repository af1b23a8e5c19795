"""What is replayed: files, globs and standard input, found and told apart; opening them is `streams`."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from groundswell.errors import InputError

STDIN = "-"


@dataclass(frozen=True)
class Source:
    """One file, or standard input.

    `size_bytes` is 0 where it isn't known (standard input, pipes); such a source can't be resumed.
    """

    name: str
    path: Path | None
    size_bytes: int = 0
    resumable: bool = False

    @property
    def absolute_path(self) -> str:
        """The path that names the source in the positions topic."""
        return str(self.path.resolve()) if self.path else STDIN


def find_sources(arguments: Iterable[str]) -> list[Source]:
    """Turn the command's arguments into sources, each file once, in the order given (globs: by name).

    Raises
    ------
    InputError
        A file isn't there or can't be read, or a glob fits nothing.
    """
    found: dict[str, Source] = {}
    for argument in arguments:
        for source in _of_argument(argument):
            found.setdefault(source.absolute_path, source)
    return list(found.values())


def _of_argument(argument: str) -> list[Source]:
    if argument == STDIN:
        return [Source("stdin", None)]
    if Path(argument).exists():
        return [_of_path(Path(argument))]
    matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 - absolute patterns, too
    sources = [_of_path(Path(match)) for match in matches if not Path(match).is_dir()]
    if sources:
        return sources
    if glob.has_magic(argument):
        raise InputError(f"no file fits {argument}", "check the pattern; quote it when it holds ** for sub-folders")
    raise InputError(f"{argument}: no such file", "check the path")


def _of_path(path: Path) -> Source:
    if path.is_dir():
        raise InputError(f"{path} is a folder", f"name the files in it, such as '{path}/*.ndjson'")
    if not path.is_file():
        return Source(path.name, path)  # a pipe or device: read once, front to back
    try:
        with path.open("rb"):
            return Source(path.name, path, path.stat().st_size, resumable=True)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}", "check its permissions") from error
