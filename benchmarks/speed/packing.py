"""The data packed, and how fast it can be unpacked when nothing else is done with it."""

import gzip
import shutil
import time
from pathlib import Path
from typing import BinaryIO, Literal, cast

from backports import zstd
from isal import igzip

from benchmarks.speed.children import Say

SUFFIXES = (".gz", ".zst")
_CHUNK_BYTES = 1 << 18
_SAID_SECONDS = 3.0


def _open(path: Path, suffix: str, mode: Literal["rb", "wb"]) -> BinaryIO:
    """Open a packed file; gzip packs at level 6, zstd at its default, 3."""
    if suffix == ".gz" and mode == "rb":
        return cast("BinaryIO", igzip.open(path, mode))  # type: ignore[no-untyped-call]
    if suffix == ".gz":
        return cast("BinaryIO", gzip.open(path, mode, compresslevel=6))
    return cast("BinaryIO", zstd.open(path, mode))


def packed(path: Path, say: Say) -> dict[str, Path]:
    """Return the file's .gz and .zst siblings, packed now if they aren't there."""
    found = {}
    for suffix in SUFFIXES:
        target = path.with_name(path.name + suffix)
        if not target.exists():
            partial = target.with_suffix(".partial")
            with path.open("rb") as source, _open(partial, suffix, "wb") as sink:
                _copy(source, sink, path, suffix, say)
            partial.replace(target)
        found[suffix] = target
    return found


def _copy(source: BinaryIO, sink: BinaryIO, path: Path, suffix: str, say: Say) -> None:
    size_bytes, said = path.stat().st_size, time.monotonic()
    while chunk := source.read(_CHUNK_BYTES):
        sink.write(chunk)
        if (now := time.monotonic()) - said > _SAID_SECONDS:
            said = now
            say(f"  packing the data into {suffix}: {source.tell() / size_bytes:.0%}")


def unpacking_seconds(path: Path) -> float:
    """Return how long unpacking alone takes, by the library that the replay uses."""
    began = time.monotonic()
    with _open(path, path.suffix, "rb") as file:
        while file.read(_CHUNK_BYTES):
            pass
    return time.monotonic() - began


def repeated(path: Path, times: int, target: Path) -> Path:
    """Write a file that holds another one several times, and return where."""
    with target.open("wb") as sink:
        for _ in range(times):
            with path.open("rb") as source:
                shutil.copyfileobj(source, sink, _CHUNK_BYTES)
    return target
