"""The stream's section of docs/PERFORMANCE.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.detection.tables import markdown_table
from benchmarks.speed.document import goal_row, goal_table
from benchmarks.speed.rounds import Spread, ratios
from benchmarks.speed.stream_contestants import (
    ALERTS,
    BOTH,
    BYTEWAX,
    CONSUMER,
    FLINK,
    LAKE,
    NOOP,
    ORIGINAL,
    PYTHON,
    TUNED,
    Profile,
    Run,
)
from benchmarks.speed.stream_data import Counted, StreamPosts

GOALS = ((ALERTS, PYTHON, 1.1), (ALERTS, FLINK, 1.35), (ALERTS, ORIGINAL, 6.0), (BOTH, ALERTS, 0.6))
WORK = {
    ALERTS: "every post once; counts, evidence, statistics join, scores, alerts",
    LAKE: "every record to Iceberg on S3",
    BOTH: "all of it in one application",
    CONSUMER: "reads",
    NOOP: "reads",
    TUNED: "reads",
    PYTHON: "counts",
    FLINK: "counts",
    BYTEWAX: "counts",
    ORIGINAL: "counts words between spaces",
}


@dataclass(frozen=True)
class Sizes:
    """How much everybody got.

    Attributes
    ----------
    records_a_batch : int
        Size of a micro-batch.
    warm_up_records : int
        What is not timed.
    statistics_keywords : int
        Rows of the statistics that are joined.
    """

    records_a_batch: int
    warm_up_records: int
    statistics_keywords: int


@dataclass(frozen=True)
class Measured:
    """Everything one run of the benchmark found.

    Attributes
    ----------
    runs : mapping
        Contestant -> its turns, by round.
    sizes : Sizes
    flink : Counted
        What Flink counted in a run of its own.
    profile : Profile
        Of the alerts query.
    reading : mapping
        Step of reading a post in Python -> microseconds per post, on one core.
    """

    posts: StreamPosts
    machine: str
    runs: Mapping[str, Sequence[Run]]
    sizes: Sizes
    flink: Counted
    profile: Profile
    reading: Mapping[str, float]

    def rates(self, contestant: str) -> list[float]:
        """Return a contestant's posts/s, by round."""
        return [run.steady.rate for run in self.runs[contestant]]

    def ratio(self, of: str, to: str) -> Spread:
        """Return the ratio of two contestants' rates, taken within each round."""
        return ratios({name: self.rates(name) for name in (of, to)}, of, to)


def document(measured: Measured) -> str:
    """Return the section."""
    rounds = max(map(len, measured.runs.values()))
    parts = [
        "## Stream: Kafka to lake and alerts\n",
        f"{measured.posts.facts.text()}, each post once; {rounds} rounds. Written by `make bench-stream`."
        f" {measured.machine}.\n",
        goals(measured),
        "![Posts per second of every contestant](performance/stream.svg)\n",
        contestants(measured),
        said(measured) + "\n",
        "Where the alerts query's time goes, on all cores, in one warm session: up to the driver by how much slower"
        " each part makes the query, from there on by the clock around what is done with a batch, which happens while"
        " Spark reads the next one: the time that this saves is the last row.\n",
        time_table("part", measured.profile.parts),
        "The same by who was busy, of all cores together: two cores need half of the sum for a post at least.\n",
        time_table("who", measured.profile.cores),
        turn_of_a_new_process(measured) + "\n",
        "What the JVM does, warm, by async-profiler's samples of its threads in a further run:\n",
        time_table("what", measured.profile.jvm),
        "What reading a post takes in Python, each step alone on one core, without Spark:\n",
        time_table("step", measured.reading),
    ]
    return "\n".join(parts)


def goals(measured: Measured) -> str:
    """Return the goals beside what was measured."""
    rows = []
    for of, to, wanted in GOALS:
        ratio = measured.ratio(of, to)
        rows.append(goal_row(f"{of} over {to}", f"≥ {wanted:g} ×", ratio.text(2), ratio.median >= wanted))
    return goal_table(rows)


def contestants(measured: Measured) -> str:
    """Return a row per contestant, the fastest first."""
    fastest_first = sorted(measured.runs, key=lambda name: -Spread.of(measured.rates(name)).median)
    megabytes_a_post = measured.posts.facts.data_bytes / measured.posts.facts.posts / 1e6
    rows = []
    for name in fastest_first:
        rates = Spread.of(measured.rates(name))
        cold = Spread.of([run.cold_seconds for run in measured.runs[name]])
        rows.append(
            [
                name,
                WORK[name],
                rates.text(),
                f"{rates.median * megabytes_a_post:,.0f}",
                measured.ratio(name, PYTHON).text(2),
                cold.text(1),
            ]
        )
    header = ["contestant", "what it does", "posts/s", "MB/s", "× the Python thread", "cold start, s"]
    return markdown_table(header, rows)


def said(measured: Measured) -> str:
    """Return what has to be known to read the table."""
    expected, flink, split = measured.posts.expected, measured.flink, measured.posts.split
    alerts = Spread.of([run.alerts for run in measured.runs[ALERTS]])
    off = abs(flink.mentions - expected.mentions) / expected.mentions
    return (
        f"The topic is filled once, by the shipped replay, and each turn is a new process that reads all of it. Cold"
        f" start is from the process's start to the end of its first {measured.sizes.warm_up_records:,} posts; the rate"
        " is that of all that comes after them, to the last commit in Postgres or the checkpoint. Groundswell's queries"
        f" and Spark take micro-batches of {measured.sizes.records_a_batch:,}. After each turn the counts are compared:"
        f" {expected.text()}, stopwords left out, equal for Groundswell (read from Postgres), the Python thread and"
        " bytewax. The lake's records and bytes are those of the topic. The alerts query joins statistics of"
        f" {measured.sizes.statistics_keywords:,} keywords and raised {alerts.text()} alerts.\n\n"
        "Two days of posts are drawn together to two hours, so that a window holds as many as it does on a feed that"
        " keeps a machine busy. Repeated posts were left out, as only Groundswell tells them apart; it looks at each id"
        f" all the same. Flink SQL has no NFKC: it counted {flink.mentions:,} mentions, {off:.2%} off for that reason;"
        " its timed runs throw the counts away and keep no checkpoint, its stopwords are left out by who reads the"
        " counts. bytewax counts each batch of records by hand and sums up the batches, as its own windows take minutes"
        " for so many keywords. The original's way counts what stands between spaces, in lower case, with"
        f" stopwords ({split.text()}), in Spark with a Python UDF and Spark's defaults for fetching and state, but 3 GB"
        " of memory (Flink has as much) and the product's number of partitions."
    )


def turn_of_a_new_process(measured: Measured) -> str:
    """Return who was busy in a whole turn of the alerts query, in words."""
    turns = [run.busy for run in measured.runs[ALERTS]]
    spent = {name: Spread.of([turn[name] for turn in turns]).median for name in turns[0]}
    whole = sum(spent.values())
    parts = ", ".join(f"{name} {seconds:.1f} ({seconds / whole:.0%})" for name, seconds in spent.items())
    return (
        "A new process has Java compile what it runs. In a turn of the first table, its start with it, these were busy,"
        f" in seconds of both cores, the servers left out: {parts}."
    )


def time_table(head: str, parts: Mapping[str, float]) -> str:
    """Return microseconds per post of each part, with their sum."""
    whole = sum(parts.values())
    rows = [[name, f"{each:.1f}", f"{each / whole:.0%}"] for name, each in parts.items()]
    return markdown_table([head, "µs/post", "share"], [*rows, ["all of it", f"{whole:.1f}", "100%"]])
