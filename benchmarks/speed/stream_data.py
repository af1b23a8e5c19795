"""What the stream benchmark reads, and what there is to be counted in it."""

import csv
import json
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from benchmarks.speed.children import Say
from benchmarks.speed.data import Facts, measure, realistic_posts
from groundswell.adapters.stopwords import stopwords
from groundswell.domain.keywords import PLATFORM_KEYWORD, keywords_of
from groundswell.settings import load_settings

VOCABULARY = 20_000_000
"""Words and hashtags that the posts draw from: large, so that most of what is counted is rare, as it is in life."""

DENSER = 11
"""By how much the posts' times are drawn together: two days become some four hours, 50 windows of five minutes."""

BUCKET_SECONDS = 300
_SAID_SECONDS = 3.0
_ONE_DIGEST = 1 << 64


@dataclass(frozen=True)
class Counted:
    """What a contestant counted.

    Attributes
    ----------
    posts : int
        Posts of all buckets.
    buckets, pairs : int
        Buckets with posts, and pairs of bucket and keyword.
    mentions : int
        Sum of the counts of all keywords.
    digest : int
        Equal where every count is.
    """

    posts: int
    buckets: int
    pairs: int
    mentions: int
    digest: int

    @classmethod
    def of(cls, counts: Iterable[tuple[int, str, int]]) -> "Counted":
        """Sum up counts: start of the bucket in epoch seconds, keyword (`PLATFORM_KEYWORD`: any post), posts.

        >>> Counted.of([(0, "", 3), (0, "a", 2), (0, "b", 2)]) == Counted.of([(0, "b", 2), (0, "a", 2), (0, "", 3)])
        True
        """
        posts = buckets = pairs = mentions = digest = 0
        for bucket_s, keyword, count in counts:
            digest += zlib.crc32(f"{bucket_s}\t{keyword}\t{count}".encode()) * (count + 1)
            if keyword == PLATFORM_KEYWORD:
                posts += count
                buckets += 1
            else:
                pairs += 1
                mentions += count
        return cls(posts, buckets, pairs, mentions, digest % _ONE_DIGEST)

    def text(self) -> str:
        """Return it for people."""
        return f"{self.posts:,} posts in {self.buckets:,} buckets, {self.mentions:,} mentions in {self.pairs:,} counts"


@dataclass(frozen=True)
class StreamPosts:
    """A file of posts, each once, and what there is to be counted in it.

    Attributes
    ----------
    path : Path
        ndjson; creation times never fall.
    facts : Facts
    expected : Counted
        By `groundswell.domain.keywords`, stopwords left out.
    split : Counted
        By the original system's rule: the text in lower case, split on spaces.
    totals : Path
        CSV without a head: keyword, posts; the platform among them.
    """

    path: Path
    facts: Facts
    expected: Counted
    split: Counted
    totals: Path


def left_out() -> frozenset[str]:
    """Return the stopwords of the settings."""
    return frozenset(stopwords(load_settings().text.stopword_languages))


def read_post(line: bytes) -> tuple[int, str, list[str]]:
    """Return a line's bucket, text and hashtag names."""
    post = orjson.loads(line)
    item = post["itemInfos"]
    names = [tag["HashtagName"] for tag in post["textExtra"] or []]
    names += [challenge["challengeName"] for challenge in post["challengeInfoList"] or []]
    created = int(item["createTime"])
    return created - created % BUCKET_SECONDS, item["text"], names


def stream_posts(posts: int, say: Say, *, denser: int = DENSER, folder: Path | None = None) -> StreamPosts:
    """Return realistic posts, the repeated ones taken out, made now if they aren't there.

    Made posts come again now and then, as real ones do. The stream tells them apart; who only counts would count them
    twice. So that all have the same to count they are left out, and the stream still has to look at each id.

    Parameters
    ----------
    posts : int
        Lines with the repeated ones; about a tenth fewer are left.
    say : callable
        Gets a line per event.
    denser : int
        By how much the posts' times are drawn together.
    folder : Path, optional
        Where data is kept.
    """
    made = realistic_posts(posts, say, keywords=VOCABULARY, folder=folder)
    path = made.path.with_name(f"dense-{denser}.ndjson")
    known, totals = path.with_suffix(".json"), path.with_suffix(".csv")
    if not known.exists():
        say(f"leaving out the repeated posts, and drawing two days together to {48 / denser:.1f} hours")
        with path.open("wb") as file:
            file.writelines(_once(made.path, denser))
        found = {"facts": measure(path, say), **counted_posts(path, totals, say)}
        known.write_text(json.dumps(found), encoding="utf-8")
    said = json.loads(known.read_text(encoding="utf-8"))
    facts = Facts(**said["facts"])
    say(f"each once: {facts.text()}")
    return StreamPosts(path, facts, Counted(**said["expected"]), Counted(**said["split"]), totals)


def _once(path: Path, denser: int) -> Iterator[bytes]:
    """Yield each post once, in the time of a feed that is as large as it has to be to fill a machine."""
    seen = set()
    began_s = 0
    with path.open("rb") as file:
        for line in file:
            item = orjson.loads(line)["itemInfos"]
            if item["id"] not in seen:
                seen.add(item["id"])
                created_s = int(item["createTime"])
                began_s = began_s or created_s
                dense_s = began_s + (created_s - began_s) // denser
                yield line.replace(b'"createTime":"%d"' % created_s, b'"createTime":"%d"' % dense_s, 1)


def counted_posts(path: Path, totals: Path, say: Say) -> dict[str, dict[str, int]]:
    """Return the fields `expected` and `split` of `StreamPosts`, and write its `totals`."""
    unwanted = left_out()
    counts: Counter[tuple[int, str]] = Counter()
    split: Counter[tuple[int, str]] = Counter()
    said = time.monotonic()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            bucket_s, text, names = read_post(line)
            counts.update((bucket_s, keyword) for keyword in keywords_of(text, names, unwanted))
            split.update((bucket_s, word) for word in split_words(text))
            for each in (counts, split):
                each[bucket_s, PLATFORM_KEYWORD] += 1
            if time.monotonic() - said > _SAID_SECONDS:
                said = time.monotonic()
                say(f"  counting what there is to be counted: {number:,} posts")
    by_keyword: Counter[str] = Counter()
    for (_, keyword), posts in counts.items():
        by_keyword[keyword] += posts
    with totals.open("w", encoding="utf-8", newline="") as sink:
        csv.writer(sink).writerows(by_keyword.items())
    return {"expected": asdict(_summed(counts)), "split": asdict(_summed(split))}


def split_words(text: str) -> list[str]:
    """Return what the original system counts: the text in lower case, split on spaces.

    >>> split_words("Dance  the #Dance")
    ['dance', 'the', '#dance']
    """
    return [word for word in text.lower().split(" ") if word]


def _summed(counts: Counter[tuple[int, str]]) -> Counted:
    return Counted.of((bucket_s, keyword, posts) for (bucket_s, keyword), posts in counts.items())
