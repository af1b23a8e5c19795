import contextlib
import gzip
import os
import threading
import zlib
from pathlib import Path

import pytest
from backports import zstd

from groundswell.errors import InputError
from producer.sources import Source, find_sources
from producer.streams import BrokenSourceError, SourceStream

TEXT = b"".join(b'{"id":"%d"}\n' % number for number in range(50_000))


def idle() -> None:
    """Nothing to do."""


def read_all(source: Source, offset: int = 0) -> bytes:
    with SourceStream(source, idle) as stream:
        stream.skip(offset)
        return b"".join(iter(stream.read, b""))


def write(path: Path, data: bytes) -> Source:
    path.write_bytes(data)
    (source,) = find_sources([str(path)])
    return source


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]),
        zstd.compress(TEXT),
        zstd.compress(TEXT[:1000]) + zstd.compress(TEXT[1000:]),
        b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zstd.compress(TEXT),
    ],
    ids=["plain", "gzip", "gzip members", "zstd", "zstd frames", "zstd skippable frame"],
)
def test_what_is_packed_is_told_by_its_bytes_and_can_be_entered_anywhere(tmp_path: Path, data: bytes) -> None:
    source = write(tmp_path / "no-suffix", data)
    assert read_all(source) == TEXT
    assert read_all(source, 123_456) == TEXT[123_456:]


@pytest.mark.parametrize("data", [gzip.compress(TEXT), zstd.compress(TEXT)], ids=["gzip", "zstd"])
def test_a_packed_file_that_was_cut_gives_what_it_has_and_then_says_so(tmp_path: Path, data: bytes) -> None:
    source = write(tmp_path / "cut.ndjson", data[: len(data) // 2])
    got = b""
    with SourceStream(source, idle) as stream, pytest.raises(BrokenSourceError, match=r"cut\.ndjson"):
        while chunk := stream.read():
            got += chunk
    assert got
    assert TEXT.startswith(got)


def test_a_text_that_calls_itself_gzip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a \.gz file"):
        SourceStream(write(tmp_path / "text.gz", TEXT), idle)


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_an_empty_file_has_no_lines(tmp_path: Path, suffix: str) -> None:
    assert read_all(write(tmp_path / f"empty{suffix}", b"")) == b""


def test_a_named_pipe_is_read_once_and_its_reader_has_a_turn_while_waiting(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    turns = threading.Event()

    def write_late() -> None:
        with path.open("wb", buffering=0) as pipe:
            assert turns.wait(10)
            pipe.write(b"late\n")

    writer = threading.Thread(target=write_late)
    writer.start()
    (source,) = find_sources([str(path)])
    assert not source.resumable
    with SourceStream(source, turns.set) as stream:
        assert stream.read() == b"late\n"
    writer.join()


def test_a_packed_pipe_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(TEXT),))
    writer.start()
    (source,) = find_sources([str(path)])
    assert read_all(source) == TEXT
    writer.join()


@pytest.mark.parametrize("size_bytes", [2_000, len(TEXT)])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_of_a_damaged_gzip_file_all_is_given_that_the_standard_library_can_read(
    tmp_path: Path, size_bytes: int, damage: str
) -> None:
    packed = bytearray(gzip.compress(TEXT[:size_bytes]))
    place = len(packed) * 3 // 4
    if damage == "cut":
        del packed[place:]
    else:
        packed[place] ^= 0xFF
    source = write(tmp_path / "damaged.ndjson", bytes(packed))
    expected = got = b""
    with gzip.open(tmp_path / "damaged.ndjson") as file, contextlib.suppress(EOFError, OSError, zlib.error):
        while chunk := file.read1():
            expected += chunk
    with SourceStream(source, idle) as stream, pytest.raises(BrokenSourceError, match=r"damaged\.ndjson"):
        while chunk := stream.read():
            got += chunk
    assert got
    assert got == expected


def test_globs_are_sorted_and_no_file_comes_twice(tmp_path: Path) -> None:
    for name in ("b.ndjson", "a.ndjson", "a [1].ndjson"):
        write(tmp_path / name, b"")
    names = [s.name for s in find_sources([str(tmp_path / "a [1].ndjson"), str(tmp_path / "*.ndjson")])]
    assert names == ["a [1].ndjson", "a.ndjson", "b.ndjson"]


@pytest.mark.parametrize(
    ("argument", "message"), [("none.ndjson", "no such file"), ("*.none", "no file fits"), (".", "is a folder")]
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        find_sources([argument])
