"""A source opened as one stream of decompressed bytes, whatever it is packed in."""

import gzip
import io
import lzma
import os
import select
import sys
import zlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self, cast

from backports import zstd
from isal import igzip, isal_zlib
from typing_extensions import Buffer

from groundswell.errors import InputError
from producer.sources import Source

CHUNK_BYTES = 1 << 18
_IDLE_SECONDS = 0.2
_GZIP_MAGIC = b"\x1f\x8b\x08"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
# Its stub says that it is an exception, not a kind of exceptions.
_IGZIP_ERROR = cast("type[Exception]", isal_zlib.error)
_DECOMPRESSION_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError, lzma.LZMAError)


class BrokenSourceError(InputError):
    """A source whose compressed data ends early or is damaged."""


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class _Pipe(io.RawIOBase):
    """A pipe whose reader gets a turn to work while nothing comes."""

    def __init__(self, descriptor: int, on_idle: Callable[[], None], owned: bool) -> None:
        self._descriptor = descriptor
        self._on_idle = on_idle
        self._owned = owned

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        while not select.select([self._descriptor], [], [], _IDLE_SECONDS)[0]:
            self._on_idle()
        data = os.read(self._descriptor, len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if self._owned and not self.closed:
            os.close(self._descriptor)
        super().close()


class _Gzip:
    """A gzip file unpacked by igzip, which takes half the time; where it fails, the standard library has the last word.

    igzip keeps back what it unpacked just before a damage.
    """

    def __init__(self, raw: "io.BufferedReader[Any]") -> None:
        self._raw = raw
        self._given_bytes = 0
        self._thorough = False
        self._unpacked: _Readable = igzip.IGzipFile(fileobj=cast("BinaryIO", raw), mode="rb")  # type: ignore[no-untyped-call]

    def read1(self, size: int, /) -> bytes:
        try:
            data = self._unpacked.read1(size)
        except (EOFError, gzip.BadGzipFile, _IGZIP_ERROR):
            if self._thorough:
                raise
            data = self._read_thoroughly(size)
        self._given_bytes += len(data)
        return data

    def close(self) -> None:
        self._unpacked.close()

    def _read_thoroughly(self, size: int) -> bytes:
        self._thorough = True
        self._unpacked.close()
        self._raw.seek(0)
        unpacked = _gzip(self._raw)
        self._unpacked = unpacked
        unpacked.seek(self._given_bytes)
        return unpacked.read1(size)


def _gzip(raw: "io.BufferedReader[Any]") -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=cast("BinaryIO", raw), mode="rb")


class SourceStream:
    """Decompressed bytes of a source, with the place reached in the packed file.

    Parameters
    ----------
    source : Source
        What to open.
    on_idle : callable
        Called every now and then while a pipe has nothing to give; may raise to stop the reading.
    """

    def __init__(self, source: Source, on_idle: Callable[[], None]) -> None:
        self.source = source
        self._on_idle = on_idle
        self._raw = _open_raw(source, on_idle)
        self._unpacked = _unpack(self._raw, source)

    def read(self) -> bytes:
        """Return the next bytes, as many as there are up to `CHUNK_BYTES`; empty at the end.

        Raises
        ------
        BrokenSourceError
            The packed data ends early or is damaged.
        """
        try:
            return self._unpacked.read1(CHUNK_BYTES)
        except _DECOMPRESSION_ERRORS as error:
            raise BrokenSourceError(
                f"{self.source.name} is cut short or damaged: {error}",
                "get the file again; what could be read of it has been dealt with",
            ) from error
        except OSError as error:
            raise BrokenSourceError(f"{self.source.name} can't be read on: {error}", "check the disk") from error

    def skip(self, offset: int) -> None:
        """Go to a byte offset of the decompressed stream."""
        if self._unpacked is self._raw and self._raw.seekable():
            self._raw.seek(offset)
            return
        left = offset
        while left and (chunk := self._unpacked.read1(min(left, CHUNK_BYTES))):
            left -= len(chunk)
            self._on_idle()

    def packed_position(self) -> int:
        """Bytes of the file read so far, in its packed form; 0 for a pipe."""
        return self._raw.tell() if self._raw.seekable() else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close both layers: gzip and zstd leave the file below them open."""
        self._unpacked.close()
        self._raw.close()


def _open_raw(source: Source, on_idle: Callable[[], None]) -> "io.BufferedReader[Any]":
    if source.resumable and source.path is not None:
        return io.BufferedReader(io.FileIO(source.path), CHUNK_BYTES)
    if source.path is None:
        pipe = _Pipe(sys.stdin.fileno(), on_idle, owned=False)
    else:
        pipe = _Pipe(os.open(source.path, os.O_RDONLY), on_idle, owned=True)
    return io.BufferedReader(pipe, CHUNK_BYTES)


def _unpack(raw: "io.BufferedReader[Any]", source: Source) -> _Readable:
    """Tell the packing by its first bytes, since names lie."""
    magic = raw.peek(4)[:4]
    suffix = source.path.suffix.lower() if source.path else ""
    if magic[:3] == _GZIP_MAGIC:
        # igzip waits until half a megabyte has come, however slow a pipe is.
        return _Gzip(raw) if source.resumable else _gzip(raw)
    if magic == _ZSTD_MAGIC or (magic[1:] == _ZSTD_SKIPPABLE and magic[0] >> 4 == 5):
        # The largest window there is: dumps are packed with `zstd --long=31`.
        options = {int(zstd.DecompressionParameter.window_log_max): 31}
        return cast("_Readable", zstd.ZstdFile(raw, "rb", options=options))
    if suffix in {".gz", ".zst"} and magic:
        raw.close()
        raise InputError(f"{source.name} is not a {suffix} file", "unpack it or correct its name")
    return raw
