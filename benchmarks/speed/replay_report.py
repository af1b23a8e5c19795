"""The replay's section of docs/PERFORMANCE.md."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.detection.tables import markdown_table
from benchmarks.speed.data import Facts
from benchmarks.speed.document import goal_row, goal_table
from benchmarks.speed.replay_contestants import BARE, GZIP, KAFKA_PYTHON, PERFORMANCE, SHIPPED, ZSTD, Run
from benchmarks.speed.rounds import Spread, ratios

MEMORY_LIMIT_BYTES = 300_000_000
_FLAT = 1.1


@dataclass(frozen=True)
class Measured:
    """Everything one run of the benchmark found.

    Attributes
    ----------
    runs : mapping
        Contestant -> its turns, by round.
    unpacking_seconds : mapping
        Suffix -> seconds that unpacking alone took, by repeat.
    memory : mapping
        Number of posts -> the shipped replay's turn with a file of so many.
    steps : mapping
        Step of the replay's thread -> microseconds of a core per post.
    starting : mapping
        Contestant -> a turn with one post.
    """

    facts: Facts
    machine: str
    runs: Mapping[str, Sequence[Run]]
    unpacking_seconds: Mapping[str, Sequence[float]]
    memory: Mapping[int, Run]
    steps: Mapping[str, float]
    starting: Mapping[str, Run]

    def rates(self, contestant: str) -> list[float]:
        """Return a contestant's posts/s, by round."""
        return [self.facts.posts / run.seconds for run in self.runs[contestant]]

    def ratio(self, of: str, to: str) -> Spread:
        """Return the ratio of two contestants' rates, taken within the rounds."""
        return ratios({name: self.rates(name) for name in (of, to)}, of, to)


def document(measured: Measured) -> str:
    """Return the section."""
    facts = measured.facts
    drawn = (
        f"Every turn is read back from the broker: {facts.posts:,} committed records and the file's"
        f" {facts.data_bytes:,} bytes from each (the replay's stamps aside; ProducerPerformance draws its records from"
        " the file's beginning by lot, so its bytes are equal to 1 % only). Rates leave the start of the process out:"
        " the replay's is its own summary's, from the first line to the last commit; the others' from the first line to"
        " the last acknowledgement. Microseconds of cores are those of the process with all its threads, and of the"
        " broker meanwhile, less what the same takes with one post."
    )
    parts = [
        "## Replay: files to Kafka\n",
        f"{facts.text()}; {len(measured.runs[SHIPPED])} rounds. Written by `make bench-replay`. {measured.machine}.\n",
        goals(measured),
        "![Posts per second of every contestant](performance/replay.svg)\n",
        contestants(measured),
        drawn + "\n",
        "Packed input, and what unpacking alone takes on one core:\n",
        packed_input(measured),
        "Memory of the replay's process, at the highest peak of three turns:\n",
        memory(measured),
        "Where the time of the replay's own thread goes, each step alone on a core that has nothing else to do:\n",
        step_table(measured),
    ]
    return "\n".join(parts)


def goals(measured: Measured) -> str:
    """Return the goals beside what was measured."""
    rows = [
        _ratio_row(measured, BARE, 1.0),
        _ratio_row(measured, PERFORMANCE, 0.95),
        _ratio_row(measured, KAFKA_PYTHON, 4.0),
    ]
    peaks = {posts: run.peak_bytes for posts, run in measured.memory.items()}
    if all(peaks.values()) and peaks:
        growth = peaks[max(peaks)] / peaks[min(peaks)]
        said = f"{max(peaks.values()) / 1e6:,.0f} MB, {growth:.2f} × for {max(peaks) // min(peaks)} × the file"
        met = max(peaks.values()) < MEMORY_LIMIT_BYTES and growth < _FLAT
        rows.append(goal_row("memory, whatever the file's size", "< 300 MB, flat", said, met))
    return goal_table(rows)


def _ratio_row(measured: Measured, to: str, wanted: float) -> list[str]:
    ratio = measured.ratio(SHIPPED, to)
    return goal_row(f"replay over {to}", f"≥ {wanted:g} ×", ratio.text(2), ratio.median >= wanted)


def contestants(measured: Measured) -> str:
    """Return a row per contestant, the fastest first."""
    fastest_first = sorted(measured.runs, key=lambda name: -Spread.of(measured.rates(name)).median)
    megabytes_a_post = measured.facts.data_bytes / measured.facts.posts / 1e6
    rows = []
    for name in fastest_first:
        runs = measured.runs[name]
        rates = Spread.of(measured.rates(name))
        rows.append(
            [
                name,
                rates.text(),
                f"{rates.median * megabytes_a_post:,.0f}",
                measured.ratio(name, BARE).text(2),
                Spread.of([run.startup_seconds for run in runs]).text(1),
                _cores(measured, name, lambda run: run.cpu_seconds),
                _cores(measured, name, lambda run: run.broker_cpu_seconds),
                f"{max(run.peak_bytes for run in runs) / 1e6:,.0f}",
            ]
        )
    header = [
        "contestant",
        "posts/s",
        "MB/s",
        "× the loop",
        "start-up, s",
        "its cores, µs/post",
        "the broker's",
        "peak, MB",
    ]
    return markdown_table(header, rows)


def _cores(measured: Measured, name: str, seconds: Callable[[Run], float]) -> str:
    used = Spread.of([seconds(run) for run in measured.runs[name]]).median - seconds(measured.starting[name])
    return f"{used / measured.facts.posts * 1e6:,.1f}"


def packed_input(measured: Measured) -> str:
    """Return how packed input does beside plain input, unpacking alone, and the two after each other."""
    rows = []
    plain_seconds = 1 / Spread.of(measured.rates(SHIPPED)).median
    for name, suffix in ((GZIP, ".gz"), (ZSTD, ".zst")):
        alone = Spread.of([measured.facts.posts / seconds for seconds in measured.unpacking_seconds[suffix]])
        rows.append(
            [
                suffix,
                Spread.of(measured.rates(name)).text(),
                measured.ratio(name, SHIPPED).text(2),
                alone.text(),
                f"{Spread.of(measured.rates(name)).median * (plain_seconds + 1 / alone.median):.2f}",
            ]
        )
    header = ["input", "replay, posts/s", "× plain input", "unpacking alone, posts/s", "× first one, then the other"]
    return markdown_table(header, rows)


def memory(measured: Measured) -> str:
    """Return the peak by the size of the file."""
    rows = [
        [f"{posts:,}", f"{posts / run.seconds:,.0f}", f"{run.peak_bytes / 1e6:,.0f} MB"]
        for posts, run in sorted(measured.memory.items())
    ]
    return markdown_table(["posts in the file", "posts/s", "peak"], rows)


def step_table(measured: Measured) -> str:
    """Return the steps with their sum."""
    rows = [[name, f"{microseconds:.1f}"] for name, microseconds in measured.steps.items()]
    return markdown_table(["step", "µs/post"], [*rows, ["all of them", f"{sum(measured.steps.values()):.1f}"]])
