"""Files of a data set: written beside their names first, so that a cut run leaves no half file under a good name."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

SUFFIXES = {"none": "", "gz": ".gz", "zst": ".zst"}
_BATCH_BYTES = 1 << 20


class _Writable(Protocol):
    def write(self, data: bytes, /) -> int: ...


class LineSink:
    """Takes lines, and knows how many bytes they are before compression."""

    def __init__(self, file: _Writable) -> None:
        self._file = file
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self.text_bytes = 0

    def write(self, line: bytes) -> None:
        """Take a line with its line end."""
        self._pending.append(line)
        self._pending_bytes += len(line)
        if self._pending_bytes >= _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand what was taken to the compressor."""
        self._file.write(b"".join(self._pending))
        self.text_bytes += self._pending_bytes
        self._pending.clear()
        self._pending_bytes = 0


@contextmanager
def line_sink(path: Path, compress: str) -> Iterator[LineSink]:
    """Open a file for lines; it appears under its name when all went well, and not at all otherwise."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as raw, _compressor(raw, compress) as file:
            sink = LineSink(file)
            yield sink
            sink.flush()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _compressor(raw: BinaryIO, compress: str) -> Iterator[_Writable]:
    if compress == "zst":
        with zstandard.ZstdCompressor(level=1, write_checksum=True).stream_writer(raw, closefd=False) as file:
            yield file
    elif compress == "gz":
        # No name and no time in the header: the same seed gives the same bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=4, fileobj=raw, mtime=0) as file:
            yield file
    else:
        yield raw
