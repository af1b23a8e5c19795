"""The lake's section of docs/PERFORMANCE.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.detection.tables import markdown_table
from benchmarks.speed.data import Facts
from benchmarks.speed.document import goal_row, goal_table
from benchmarks.speed.lake_layouts import SHIPPED
from benchmarks.speed.rounds import Spread

SHARE = 0.35


@dataclass(frozen=True)
class Sizes:
    """What the newest snapshot of the raw table consists of.

    Attributes
    ----------
    file_bytes : sequence of int
        Of each data file.
    posts : int
        Records in them.
    manifest_bytes : int
        Of the lists of these files.
    stored_bytes : int
        All that lies on S3, files of older snapshots included.
    day : str
        The day with most posts.
    posts_of_day : int
        Its posts.
    """

    file_bytes: Sequence[int]
    posts: int
    manifest_bytes: int
    stored_bytes: int
    day: str
    posts_of_day: int

    @property
    def bytes_per_post(self) -> float:
        """Data and manifests by the number of posts."""
        return (sum(self.file_bytes) + self.manifest_bytes) / self.posts

    def text(self) -> str:
        """Return it for people."""
        return (
            f"{len(self.file_bytes):,} files of {median(self.file_bytes) / 1e6:,.1f} MB (median),"
            f" {self.bytes_per_post:,.0f} bytes per post"
        )


@dataclass(frozen=True)
class Query:
    """An engine's answer, and the seconds of its parts."""

    answer: Sequence[Sequence[Any]]
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class Measured:
    """Everything one run of the benchmark found; `before` and `after` hold the turns of DuckDB and Spark."""

    facts: Facts
    machine: str
    stream_seconds: float
    streamed: Sizes
    compacted: Sizes
    upkeep: Mapping[str, Any]
    before: Sequence[tuple[Query, Query]]
    after: Sequence[tuple[Query, Query]]
    layouts: Mapping[str, Mapping[str, float]]

    @property
    def source_bytes(self) -> float:
        """Bytes per post of the ndjson, without line ends."""
        return self.facts.data_bytes / self.facts.posts

    def share(self, sizes: Sizes) -> float:
        """Return the lake's bytes per post over the source's."""
        return sizes.bytes_per_post / self.source_bytes


def document(measured: Measured) -> str:
    """Return the section."""
    parts = [
        "## Lake: size, upkeep, other engines\n",
        f"{measured.facts.text()}. Written by `make bench-lake`. {measured.machine}.\n",
        goals(measured),
        "![Bytes per post in the source and in the lake](performance/lake.svg)\n",
        "The lake keeps each record's key, headers, partition, offset and time beside its bytes. The stream wrote in"
        " batches as small as a live feed gives; `maintain-lake` then compacted the files:\n",
        size_table(measured),
        _upkeep(measured),
        f"The same question to two engines: the challenges with most posts on {measured.streamed.day}"
        f" ({measured.streamed.posts_of_day:,} posts). DuckDB reads Arrow batches from PyIceberg, which reads the"
        " catalog in Postgres and the files on S3; no Spark, no JVM. [LAKE.md](LAKE.md) shows how. Both answer:\n",
        markdown_table(["challenge", "posts"], [[f"{name}", f"{posts:,}"] for name, posts in _answer(measured)]),
        query_table(measured),
    ]
    if measured.layouts:
        parts += [
            "All records written by Spark in other layouts, into two files per day (bold: the shipped one, why:"
            " [decision](decisions/0006-lake-compressed-twice.md)):\n",
            layout_table(measured),
        ]
    return "\n".join(parts)


def _answer(measured: Measured) -> Sequence[Sequence[Any]]:
    return measured.after[0][0].answer


def goals(measured: Measured) -> str:
    """Return the goals beside what was measured."""
    rows = [
        goal_row(f"bytes per post over ndjson's, {name}", f"≤ {SHARE:g}", f"{share:.3f}", share <= SHARE)
        for name, share in (
            ("after the stream", measured.share(measured.streamed)),
            ("after maintain-lake", measured.share(measured.compacted)),
        )
    ]
    same = all(one.answer == other.answer for one, other in [*measured.before, *measured.after])
    rows.append(goal_row("a second engine reads a day", "Spark's answer", "the same" if same else "another", same))
    return goal_table(rows)


def size_table(measured: Measured) -> str:
    """Return files and bytes before and after compaction."""
    rows = []
    for name, sizes in (("after the stream", measured.streamed), ("after maintain-lake", measured.compacted)):
        files = sizes.file_bytes
        rows.append(
            [
                name,
                f"{len(files):,}",
                f"{min(files) / 1e6:,.2f} / {median(files) / 1e6:,.2f} / {max(files) / 1e6:,.2f}",
                f"{sizes.bytes_per_post:,.0f}",
                f"{measured.share(sizes):.3f}",
                f"{sizes.manifest_bytes / 1e3:,.0f}",
                f"{sizes.stored_bytes / 1e6:,.0f}",
            ]
        )
    header = [
        "",
        "data files",
        "smallest / median / largest, MB",
        "bytes/post",
        "× ndjson",
        "manifests, kB",
        "on S3, MB",
    ]
    return markdown_table(header, rows)


def _upkeep(measured: Measured) -> str:
    upkeep, posts = measured.upkeep, measured.facts.posts
    found = upkeep["found"]
    return (
        f"The stream took {measured.stream_seconds:.1f} s with Spark's start; `maintain-lake` {upkeep['seconds']:.1f} s"
        f" after Spark's start of {upkeep['spark_seconds']:.1f} s ({posts / upkeep['seconds']:,.0f} posts/s,"
        f" {upkeep['peak_bytes'] / 1e6:,.0f} MB of memory at most): {found['files_compacted']:,} files of"
        f" {found['bytes_compacted'] / 1e6:,.0f} MB became {found['files_written']:,}. What S3 holds beyond the newest"
        " snapshot are files of older ones, which go when these expire, after three days.\n"
    )


def query_table(measured: Measured) -> str:
    """Return each engine's seconds, before and after compaction."""
    rows = []
    for state, turns in (("after the stream", measured.before), ("after maintain-lake", measured.after)):
        for number, engine in enumerate(("DuckDB + PyIceberg", "Spark")):
            queries = [turn[number] for turn in turns]
            parts = ", ".join(
                f"{part} {median(query.seconds[part] for query in queries):.1f}" for part in queries[0].seconds
            )
            whole = Spread.of([sum(query.seconds.values()) for query in queries])
            rows.append([engine, state, whole.text(1), parts])
    return markdown_table(["engine", "files", "s, starting included", "of which"], rows)


def layout_table(measured: Measured) -> str:
    """Return bytes and time of each layout, the shipped one in bold."""
    rows = []
    for name, found in measured.layouts.items():
        mark = "**" if name == SHIPPED.name else ""
        per_post = found["bytes"] / measured.facts.posts
        microseconds = found["cpu_seconds"] / measured.facts.posts * 1e6
        row = [name, f"{per_post:,.0f}", f"{per_post / measured.source_bytes:.3f}", f"{microseconds:,.0f}"]
        rows.append([f"{mark}{cell}{mark}" for cell in [*row, f"{found['reading_seconds']:.1f}"]])
    return markdown_table(["layout", "bytes/post", "× ndjson", "cores writing, µs/post", "reading all, s"], rows)
