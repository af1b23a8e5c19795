"""What must be there after whatever happened: every line of a source has a number and a hash, and arrives once."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Message

from groundswell.contracts.topics import HEADER_LINE_NUMBER, HEADER_SOURCE

FIRST_SECOND = 1_584_000_000


@dataclass(frozen=True)
class Source:
    """A file of posts, and the hash of each line by its number from 1 on."""

    path: Path
    hashes: dict[int, str]


def hash_of(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def made_source(path: Path, posts: int, first_id: int = 0, padding: int = 400) -> Source:
    """Write a file of posts with consecutive ids, each made a second after the one before."""
    numbers = range(first_id, first_id + posts)
    return source_of(path, [_line(number, FIRST_SECOND + number, padding) for number in numbers])


def source_of(path: Path, lines: Sequence[bytes]) -> Source:
    """Write a file of these lines."""
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return Source(path, {number: hash_of(line) for number, line in enumerate(lines, 1)})


def _line(number: int, created_s: int, padding: int) -> bytes:
    item = {"id": f"68{number:08}", "text": f"né #día{number % 7} 🔥", "createTime": str(created_s)}
    return json.dumps({"itemInfos": item, "pad": "x" * padding}, ensure_ascii=False).encode()


def arrived(records: Iterable[Message], source: Source) -> Counter[tuple[int, str]]:
    """Count the records of a source by line number and hash of the line, `time_stamp` taken out."""
    found: Counter[tuple[int, str]] = Counter()
    for record in records:
        headers = dict(record.headers() or [])
        if (headers[HEADER_SOURCE] or b"").decode().endswith(source.path.name):
            value = record.value() or b""
            stamp = b',"time_stamp":%d' % json.loads(value)["time_stamp"]
            assert value.count(stamp) == 1
            found[int(headers[HEADER_LINE_NUMBER] or 0), hash_of(value.replace(stamp, b""))] += 1
    return found


def once_each(source: Source) -> Counter[tuple[int, str]]:
    """Return what `arrived` must be."""
    return Counter(source.hashes.items())


def lake_lines(pipeline: Any, source: Source) -> Counter[tuple[int, str]]:
    """Count a source's lines in the lake as `oracle.arrived` does on the topic."""

    class Row:
        def __init__(self, row: dict[str, Any]) -> None:
            self._row = row

        def headers(self) -> list[tuple[str, bytes]]:
            return list(self._row["headers"].items())

        def value(self) -> bytes:
            return bytes(self._row["value"])

    return arrived([Row(row) for row in pipeline.lake()], source)  # type: ignore[arg-type]
