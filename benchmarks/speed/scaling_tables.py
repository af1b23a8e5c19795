"""Tables of docs/SCALING.md: what a post costs, what the archive and live feeds need."""

from collections.abc import Sequence

from benchmarks.detection.tables import markdown_table
from benchmarks.speed.scaling_costs import DRIVER, PARTIES, STAGES, Costs
from benchmarks.speed.scaling_needs import PLANNED, Assumptions, kept_bytes, limits, needs

RATES = (1_000, 10_000, 100_000)
ARCHIVE_GB = 95
_ARCHIVE_CORES = (2, 8, 32)


def cost_table(costs: Costs) -> str:
    """Return core-seconds of a million posts, by stage and party."""
    rows = []
    for stage in STAGES:
        own, *servers = (costs.million(stage, party) for party in PARTIES)
        seconds = [own, costs.million(stage, DRIVER), *servers, own + sum(servers)]
        rows.append([stage, *(f"{s:,.1f}" for s in seconds), f"{costs.starting(stage):,.0f}"])
    header = ["core-seconds per million posts", "the command", "(its driver)", *PARTIES[1:], "all", "start, core-s"]
    return markdown_table(header, rows)


def statistics_table(costs: Costs) -> str:
    """Return core-seconds of a million rows of counts, by party."""
    own, *servers = (costs.million_counts(party) for party in PARTIES)
    seconds = [own, costs.million_counts(DRIVER), *servers, own + sum(servers)]
    row = ["recompute-statistics", *(f"{s:,.2f}" for s in seconds)]
    header = ["core-seconds per million rows of counts", "the command", "(its driver)", *PARTIES[1:], "all"]
    return markdown_table(header, [row])


def size_table(costs: Costs) -> str:
    """Return bytes and rows of a post, by place."""
    large = costs.large
    places = {
        "as ndjson": large.post_bytes,
        "Kafka's log, one replica": large.kafka_bytes,
        "lake": large.lake_bytes,
        "state of the alerts query, while its id is remembered": large.state_bytes,
        "memory of its driver, while the windows look back": large.driver_post_bytes * large.posts,
    }
    rows = [[name, f"{size / large.posts:,.0f}", "–"] for name, size in places.items()]
    for name, table in sorted(large.tables.items(), key=lambda item: -item[1].total_bytes):
        size = table.total_bytes / large.posts
        if size >= 1:
            rows.append([f"Postgres: {name}", f"{size:,.0f}", f"{table.rows / large.posts:,.2f}"])
    return markdown_table(["place", "bytes a post", "rows a post"], rows)


def archive_table(costs: Costs, planned: Assumptions = PLANNED) -> str:
    """Return what the 95 GB archive takes, stage by stage, and where its bytes are then."""
    millions = ARCHIVE_GB * 1e3 / planned.archive_post_bytes
    rows = []
    for stage in STAGES:
        cost = sum(costs.million(stage, party) for party in PARTIES)
        hours = millions * cost / 3600
        rows.append([stage, f"{millions:,.1f} M × {cost:,.1f} s ÷ 3,600 = {hours:,.1f} core-h", *_on_cores(hours)])
    counts = costs.rows("keyword_counts")
    cost = sum(costs.million_counts(party) for party in PARTIES)
    hours = millions * counts * cost / 3600
    how = f"{millions:,.1f} M × {counts:,.2f} rows × {cost:,.2f} s ÷ 3,600 = {hours:,.2f} core-h"
    rows.append(["recompute-statistics, of all of it", how, *_on_cores(hours)])
    times = _table(["stage", "arithmetic", *(f"{cores} cores" for cores in _ARCHIVE_CORES)], rows)
    return times + "\n" + _table(["size", "arithmetic", "result"], _archive_sizes(costs, planned, millions))


def _on_cores(hours: float) -> list[str]:
    return [f"{hours / cores:,.1f} h" for cores in _ARCHIVE_CORES]


def _archive_sizes(costs: Costs, planned: Assumptions, millions: float) -> list[list[str]]:
    def share(name: str, stored_bytes: int) -> list[str]:
        of_source = stored_bytes / costs.large.post_bytes
        return [name, f"{ARCHIVE_GB} GB × {of_source:.3f}", f"{ARCHIVE_GB * of_source:,.1f} GB"]

    kept, rows = kept_bytes(costs), costs.rows("keyword_counts")
    return [
        ["posts", f"{ARCHIVE_GB} GB ÷ {planned.archive_post_bytes:,} bytes", f"{millions:,.1f} million"],
        share("Kafka's log, one replica", costs.large.kafka_bytes),
        share("lake", costs.large.lake_bytes),
        [
            "Postgres, parsed posts and counts",
            f"{millions:,.1f} M × {kept:,.0f} bytes",
            f"{millions * kept / 1e3:,.1f} GB",
        ],
        ["rows of keyword_counts, at most", f"{millions:,.1f} M × {rows:,.2f}", f"{millions * rows:,.0f} million"],
    ]


def live_table(costs: Costs, rates: Sequence[int] = RATES, planned: Assumptions = PLANNED) -> str:
    """Return what live feeds need."""
    rows = [
        [need.name, need.arithmetic, *(f"{need.of_rate(rate):,.{need.digits}f}" for rate in rates)]
        for need in needs(costs, planned)
    ]
    return _table(["what", "arithmetic", *(f"{rate:,} posts/s" for rate in rates)], rows)


def limit_table(costs: Costs, planned: Assumptions = PLANNED) -> str:
    """Return by which rate that is full of which there is one, the nearest limit first."""
    rows = [[name, how, f"{rate:,.0f}"] for name, (how, rate) in limits(costs, planned).items()]
    return _table(["limit", "arithmetic", "posts/s"], rows)


def assumption_table(planned: Assumptions = PLANNED) -> str:
    """Return what is planned with and was not measured."""
    rows = [
        ["share of its time that a core works", f"{planned.busy:g}"],
        ["copies of a record in Kafka, and days that it stays", f"{planned.replicas}, {planned.kafka_days}"],
        ["hours of the night for yesterday's posts", f"{planned.night_hours:g}"],
        ["the alerts query's driver", f"{planned.driver_gigabytes} GB"],
        ["an executor", f"{planned.executor_cores} cores, {planned.executor_gigabytes} GB"],
        ["`stream.trigger_seconds` of a large feed", f"{planned.trigger_seconds:g}"],
        ["the largest Postgres server", f"{planned.postgres_cores} cores, {planned.postgres_terabytes} TB"],
        ["days that parsed posts stay in it", f"{planned.days_kept}"],
        ["bytes of a post in the 95 GB archive", f"{planned.archive_post_bytes:,}"],
    ]
    return markdown_table(["planned with", "value"], rows)


def _table(header: list[str], rows: list[list[str]]) -> str:
    """Return a table whose arithmetic, the second column, is set to the left, too."""
    lines = markdown_table(header, rows).splitlines()
    rules = lines[1].split(" | ")
    rules[1] = rules[1].replace(":", "-")
    padded = [lines[0], " | ".join(rules), *lines[2:]]
    return "\n".join(padded) + "\n"
