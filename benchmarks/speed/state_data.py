"""Posts that differ in nothing but how many different keywords there are in them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from benchmarks.speed.children import Say
from benchmarks.speed.data import Facts, measure
from benchmarks.speed.stream_data import Counted, StreamPosts, counted_posts, stream_posts

WORDS_A_POST = 10
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LENGTH = 5


def word(number: int) -> str:
    """Return a word that is no stopword, another one for each number below 11 million.

    >>> word(0), word(27), len({word(number) for number in range(1000)})
    ('zqaaaaa', 'zqbbaaa', 1000)
    """
    letters = []
    for _ in range(_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "zq" + "".join(letters)


def state_posts(posts: int, keywords: int, say: Say) -> StreamPosts:
    """Return posts with `WORDS_A_POST` words each, taken in turn out of so many; made now if they aren't there.

    Ids, times and everything but the text are those of the stream benchmark's posts. Each word comes as often as any
    other: no part of what is remembered is used more than the rest.
    """
    plain = stream_posts(posts, say)
    path = plain.path.with_name(f"state-{keywords}.ndjson")
    totals, known = path.with_suffix(".csv"), path.with_suffix(".json")
    if not known.exists():
        say(f"making posts with {keywords:,} keywords")
        with path.open("wb") as file:
            file.writelines(_with_words(plain.path, keywords))
        found = {"facts": measure(path, say), **counted_posts(path, totals, say)}
        known.write_text(json.dumps(found), encoding="utf-8")
    said: Mapping[str, Any] = json.loads(known.read_text(encoding="utf-8"))
    facts = Facts(**said["facts"])
    say(f"{facts.text()}")
    return StreamPosts(path, facts, Counted(**said["expected"]), Counted(**said["split"]), totals)


def _with_words(path: Path, keywords: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        for number, line in enumerate(file):
            post = orjson.loads(line)
            first = number * WORDS_A_POST
            words = [word((first + place) % keywords) for place in range(WORDS_A_POST)]
            post["itemInfos"]["text"] = " ".join(words)
            post["textExtra"] = post["challengeInfoList"] = []
            yield orjson.dumps(post) + b"\n"
