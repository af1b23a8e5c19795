"""Realistic posts of `groundswell synthesize`, made once and kept in a folder that is not committed.

Easy data flatters everyone: text that repeats itself compresses well and has few keywords. So both are measured and
stand beside the results.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from backports import zstd

from benchmarks.speed.children import Say, run_child
from groundswell.domain.keywords import keywords_of
from groundswell.settings import load_settings

BATCH_BYTES = 1_000_000
"""As large as the shipped producer's batches: what a record compresses to depends on what it is packed with."""

_DAYS = 2
_BUCKET_SECONDS = 300
_SAID_SECONDS = 3.0


@dataclass(frozen=True)
class Facts:
    """What is to be known about a file of posts.

    Attributes
    ----------
    posts, data_bytes : int
        Lines, and their bytes without line ends.
    compression : float
        Bytes over zstd's at level 1 in batches of `BATCH_BYTES`.
    keywords : int
        Distinct keywords as the stream counts them, stopwords included.
    windows : int
        Different 5-minute buckets that posts were created in.
    """

    posts: int
    data_bytes: int
    compression: float
    keywords: int
    windows: int

    def text(self) -> str:
        """Return the facts as a sentence."""
        return (
            f"{self.posts:,} posts, {self.data_bytes / 1e6:,.0f} MB ({self.data_bytes / self.posts:,.0f} bytes each),"
            f" compressing {self.compression:.1f}:1 (zstd, level 1, batches of 1 MB), {self.keywords:,} distinct"
            f" keywords in {self.windows:,} windows of 5 minutes"
        )


@dataclass(frozen=True)
class Posts:
    """An ndjson file of posts, and what is known about it."""

    path: Path
    facts: Facts


def data_folder() -> Path:
    """Return the folder of made data; delete it to have it made anew."""
    return load_settings().absolute_home / "bench"


def realistic_posts(posts: int, say: Say, *, keywords: int = 0, folder: Path | None = None) -> Posts:
    """Return a file of exactly so many posts, made now if it isn't there.

    Parameters
    ----------
    posts : int
        Number of lines.
    say : callable
        Gets a line per event.
    keywords : int
        Size of the vocabulary that is drawn from; 0 lets it grow with the posts.
    folder : Path, optional
        `data_folder()` when not given.
    """
    name = f"posts-{posts}" + (f"-{keywords}" if keywords else "")
    place = (folder or data_folder()) / name
    path, facts = place / "posts.ndjson", place / "facts.json"
    if not facts.exists():
        place.mkdir(parents=True, exist_ok=True)
        _make(path, posts, keywords, say)
        said = Facts(**measure(path, say))
        facts.write_text(json.dumps(asdict(said)), encoding="utf-8")
    made = Posts(path, Facts(**json.loads(facts.read_text(encoding="utf-8"))))
    say(f"data: {made.facts.text()}")
    return made


def _make(path: Path, posts: int, keywords: int, say: Say) -> None:
    # Rather more than asked for: the mean of a day is the first week's, before repeated lines come on top.
    per_day = str(posts // _DAYS + 1000)
    raw = path.parent / "raw"
    say(f"making {posts:,} posts")
    command = [sys.executable, "-m", "groundswell.cli", "synthesize", "--out", str(raw), "--days", str(_DAYS)]
    arguments = ["--posts-per-day", per_day, "--keywords", str(keywords), "--bursts", "0", "--compress", "none"]
    run_child([*command, *arguments, "--force"], say=say)
    lines = _lines(sorted(raw.glob("*.ndjson")))
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        for number, line in enumerate(lines, 1):
            file.write(line)
            if number == posts:
                break
        else:
            raise AssertionError(f"synthesize made fewer than {posts} posts")
    partial.replace(path)
    for file_path in raw.iterdir():
        file_path.unlink()
    raw.rmdir()


def _lines(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            yield from file


def measure(path: Path, say: Say) -> dict[str, Any]:
    """Return the fields of `Facts` for a file."""
    posts = data_bytes = packed_bytes = 0
    keywords: set[str] = set()
    buckets: set[int] = set()
    batch = bytearray()
    said = time.monotonic()
    for line in _lines([path]):
        posts += 1
        data_bytes += len(line) - 1
        batch += line
        if len(batch) >= BATCH_BYTES:
            packed_bytes += len(zstd.compress(bytes(batch), 1))
            batch.clear()
        item, names, created = _read(line)
        keywords |= keywords_of(item, names)
        buckets.add(created // _BUCKET_SECONDS)
        if time.monotonic() - said > _SAID_SECONDS:
            said = time.monotonic()
            say(f"  measuring the data: {posts:,} posts")
    packed_bytes += len(zstd.compress(bytes(batch), 1))
    return {
        "posts": posts,
        "data_bytes": data_bytes,
        "compression": round((data_bytes + posts) / packed_bytes, 2),
        "keywords": len(keywords),
        "windows": len(buckets),
    }


def _read(line: bytes) -> tuple[str, list[str], int]:
    post = orjson.loads(line)
    item = post["itemInfos"]
    names = [tag["HashtagName"] for tag in post["textExtra"] or []]
    names += [challenge["challengeName"] for challenge in post["challengeInfoList"] or []]
    return item["text"], names, int(item["createTime"])
