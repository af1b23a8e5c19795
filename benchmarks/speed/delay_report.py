"""The delay's section of docs/PERFORMANCE.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.detection.tables import markdown_table
from benchmarks.speed.document import goal_row, goal_table
from benchmarks.speed.stream_data import StreamPosts

GOAL_LEVEL, GOAL_MEDIAN_SECONDS, GOAL_WORST_SECONDS, MOST_GROWTH_SECONDS = 50, 5.0, 15.0, 1.0


@dataclass(frozen=True)
class Delays:
    """What one level showed.

    Attributes
    ----------
    way : str
        What ran.
    percent : int
        Of the top rate.
    posts_per_second : float
    judged : list of float
        Seconds from the post that completed a bucket, to the alert of the bucket's burst; in the buckets' order.
    total : list of float
        Seconds from a burst's first post to its alert: the bucket's own length, as it passed here, is in it.
    silent : int
        Bursts without an alert.
    behind_seconds : float
        How far the feed itself fell behind its rate at most.
    """

    way: str
    percent: int
    posts_per_second: float
    judged: Sequence[float]
    total: Sequence[float]
    silent: int
    behind_seconds: float

    @property
    def worst(self) -> float:
        """Return the 99th percentile of `judged`."""
        return quantiles(self.judged, n=100, method="inclusive")[98] if len(self.judged) > 1 else self.judged[0]

    @property
    def growth(self) -> float:
        """Return the seconds by which the last third's median is above the first third's: lag that grows shows here."""
        third = max(len(self.judged) // 3, 1)
        return median(self.judged[-third:]) - median(self.judged[:third])


@dataclass(frozen=True)
class Measured:
    """Everything one run of the benchmark found."""

    posts: StreamPosts
    machine: str
    top_rates: Mapping[str, float]
    statistics_keywords: int
    bucket_passes_seconds: float
    levels: Sequence[Delays]


def document(measured: Measured) -> str:
    """Return the section."""
    tops = ", ".join(f"{way} {rate:,.0f} posts/s" for way, rate in measured.top_rates.items())
    parts = [
        "## Delay: from a post to its burst's alert\n",
        f"Written by `make bench-delay`. {measured.machine}. Top rates, in the same run: {tops}."
        f" Statistics of {measured.statistics_keywords:,} keywords.\n",
        goal_table(_goals(measured)),
        "![Seconds from each burst to its alert](performance/delay.svg)\n",
        markdown_table(_HEAD, [_row(level) for level in measured.levels]),
        "A bucket is judged when its last post was read, so the delay begins with the post that shows that it is over"
        " (the first of the next five minutes), and ends when the alert is read from the topic; triggers every"
        " 2 seconds. So that many bursts can be waited for, stream time runs ahead as in a replay: at"
        f" {GOAL_LEVEL} % five minutes pass in {measured.bucket_passes_seconds:g} seconds, at the other loads in the"
        " time that as many posts take. In a feed at its natural pace a burst waits for the end of its five minutes"
        " besides. The feed shares the machine with the stream and the servers; how late a post of it was at most"
        " is in the last column.\n",
    ]
    return "\n".join(parts)


_HEAD = [
    "running",
    "load",
    "bursts alerted",
    "median",
    "99th percentile",
    "last third less first",
    "from the burst's first post",
    "the feed late by",
]


def _row(level: Delays) -> list[str]:
    alerted = f"{len(level.judged)} of {len(level.judged) + level.silent}"
    delays = ["–"] * 4
    if level.judged:
        found = (median(level.judged), level.worst, median(level.total))
        middle, worst, total = (f"{seconds:.1f} s" for seconds in found)
        delays = [middle, worst, f"{level.growth:+.1f} s", total]
    return [_short(level.way), _load(level), alerted, *delays, f"{level.behind_seconds:.1f} s"]


def _short(way: str) -> str:
    """Return a way's name without the product's."""
    return way.partition(", ")[2]


def _load(level: Delays) -> str:
    return f"{level.percent} % ({level.posts_per_second:,.0f} posts/s)"


def lines(measured: Measured) -> dict[str, dict[str, Sequence[float]]]:
    """Return the picture's lines: what runs -> load -> delays."""
    return {
        _short(way): {_load(level): level.judged for level in measured.levels if level.way == way}
        for way in measured.top_rates
    }


def _goals(measured: Measured) -> list[list[str]]:
    rows = []
    for level in measured.levels:
        if level.percent != GOAL_LEVEL:
            continue
        where = f"at {GOAL_LEVEL} %, {_short(level.way)}"
        rows.append(goal_row(f"bursts without alert {where}", "0", str(level.silent), level.silent == 0))
        if level.judged:
            middle, worst, growth = median(level.judged), level.worst, level.growth
            rows += [
                goal_row(
                    f"median {where}", f"≤ {GOAL_MEDIAN_SECONDS:g} s", f"{middle:.1f} s", middle <= GOAL_MEDIAN_SECONDS
                ),
                goal_row(
                    f"99th percentile {where}",
                    f"≤ {GOAL_WORST_SECONDS:g} s",
                    f"{worst:.1f} s",
                    worst <= GOAL_WORST_SECONDS,
                ),
                goal_row(f"lag {where}", "not growing", f"{growth:+.1f} s", growth <= MOST_GROWTH_SECONDS),
            ]
    return rows
