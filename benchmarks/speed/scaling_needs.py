"""What a live feed needs, worked out from what a post costs: each quantity with its arithmetic."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.speed.scaling_costs import DRIVER, KAFKA, OWN, POSTGRES, Costs
from groundswell.domain.detector.score import WINDOW_SECONDS
from groundswell.settings import DetectionSettings, StreamSettings

LIVE_TABLES = ("live_", "stream_", "alerts")
_DAY_SECONDS = 86_400
_LOOKED_BACK_SECONDS = WINDOW_SECONDS[-1]
_HISTORY_DAYS = 7 * DetectionSettings().history_weeks


@dataclass(frozen=True)
class Assumptions:
    """What is planned with and was not measured.

    Attributes
    ----------
    busy : float
        Share of its time that a core is planned to work: the rest is for peaks, restarts and catching up.
    replicas, kafka_days : int
        Copies of each record, and days it stays in Kafka.
    night_hours : float
        Within which yesterday is to be parsed.
    executor_cores, executor_gigabytes : int
        Size of an executor; its memory with that of its Python workers.
    driver_gigabytes : int
        Memory of the alerts query's driver.
    trigger_seconds : float
        How often a query works on a large feed.
    postgres_cores, postgres_terabytes, days_kept : int
        The largest single server one wants to look after, and how long parsed posts stay in it.
    archive_post_bytes : int
        Mean line of the 2019–2020 archive; made posts are longer.
    """

    busy: float = 0.5
    replicas: int = 3
    kafka_days: int = 3
    night_hours: float = 4
    executor_cores: int = 4
    executor_gigabytes: int = 10
    driver_gigabytes: int = 64
    trigger_seconds: float = 10
    postgres_cores: int = 16
    postgres_terabytes: int = 10
    days_kept: int = 365
    archive_post_bytes: int = 2_100


PLANNED = Assumptions()


def kept_bytes(costs: Costs) -> float:
    """Return the bytes a post that stay in Postgres when the stream's own tables have let go of it."""
    passing = sum(costs.table_bytes(prefix) for prefix in (*LIVE_TABLES, "keyword_statistics"))
    return costs.table_bytes() - passing


@dataclass(frozen=True)
class Need:
    """A row of the live feeds' table: a quantity, its arithmetic in words, and its number for a rate in posts/s."""

    name: str
    arithmetic: str
    of_rate: Callable[[float], float]
    digits: int = 0


def needs(costs: Costs, planned: Assumptions = PLANNED) -> list[Need]:
    """Return everything that a live feed needs."""
    return [*_cores(costs, planned), *_kafka(costs, planned), *_store(costs, planned), *_postgres(costs, planned)]


def stream_cores(costs: Costs, planned: Assumptions, stage: str, rate: float) -> float:
    """Return the cores that a stage is given at a rate, its own work alone."""
    return rate * costs.million(stage, OWN) / 1e6 / planned.busy


def partitions(costs: Costs, planned: Assumptions, rate: float) -> int:
    """Return the topic's partitions: one core each for the hungrier query, in whole executors, 4 at least."""
    cores = max(stream_cores(costs, planned, stage, rate) for stage in ("lake query", "alerts query"))
    return max(4, math.ceil(cores / planned.executor_cores) * planned.executor_cores)


def executors(costs: Costs, planned: Assumptions, rate: float) -> int:
    """Return the executors of both queries."""
    cores = (stream_cores(costs, planned, stage, rate) for stage in ("lake query", "alerts query"))
    return sum(math.ceil(one / planned.executor_cores) for one in cores)


def _cores(costs: Costs, planned: Assumptions) -> list[Need]:
    def row(name: str, stage: str) -> Need:
        cost = costs.million(stage, OWN)
        how = f"posts/s × {cost:,.1f} s ÷ 10⁶ ÷ {planned.busy:g}"
        return Need(name, how, lambda rate: stream_cores(costs, planned, stage, rate), 1)

    driver = costs.million("alerts query", DRIVER)
    written = costs.million("replay", KAFKA)
    read = sum(costs.million(stage, KAFKA) for stage in ("lake query", "alerts query"))
    size = f"{planned.executor_cores} cores"
    return [
        row("cores of the producers", "replay"),
        row("cores of the alerts query", "alerts query"),
        Need(
            "of them the driver's Python, one process",
            f"posts/s × {driver:,.1f} s ÷ 10⁶ ÷ {planned.busy:g}",
            lambda rate: rate * driver / 1e6 / planned.busy,
            2,
        ),
        row("cores of the lake query", "lake query"),
        Need(
            "cores of the brokers",
            f"posts/s × ({written:,.1f} s × {planned.replicas} + {read:,.1f} s) ÷ 10⁶ ÷ {planned.busy:g}",
            lambda rate: rate * (written * planned.replicas + read) / 1e6 / planned.busy,
            1,
        ),
        Need(
            "kafka.partitions",
            f"cores of the hungrier query, in steps of {size}",
            lambda rate: partitions(costs, planned, rate),
        ),
        Need(
            "spark.executor_count, both queries",
            f"cores of each ÷ {planned.executor_cores}, rounded up",
            lambda rate: executors(costs, planned, rate),
        ),
        Need(
            "memory of the executors, GB",
            f"executors × {planned.executor_gigabytes} GB",
            lambda rate: executors(costs, planned, rate) * planned.executor_gigabytes,
        ),
        Need(
            "memory of the driver's Python, GB",
            f"posts/s × {_LOOKED_BACK_SECONDS:,} s × {costs.large.driver_post_bytes:,.0f} bytes",
            lambda rate: rate * _LOOKED_BACK_SECONDS * costs.large.driver_post_bytes / 1e9,
            1,
        ),
    ]


def _kafka(costs: Costs, planned: Assumptions) -> list[Need]:
    a_post = costs.large.kafka_bytes / costs.large.posts
    return [
        Need("into Kafka, MB/s", f"posts/s × {a_post:,.0f} bytes", lambda rate: rate * a_post / 1e6, 1),
        Need(
            "Kafka's disks, TB",
            f"posts/s × {a_post:,.0f} bytes × 86,400 s × {planned.kafka_days} days × {planned.replicas} replicas",
            lambda rate: rate * a_post * _DAY_SECONDS * planned.kafka_days * planned.replicas / 1e12,
            2,
        ),
        Need(
            f"kafka.retention_gigabytes, for {planned.kafka_days} days",
            f"posts/s × {a_post:,.0f} bytes × 86,400 s × {planned.kafka_days} days ÷ partitions",
            lambda rate: rate * a_post * _DAY_SECONDS * planned.kafka_days / partitions(costs, planned, rate) / 1e9,
        ),
    ]


def _store(costs: Costs, planned: Assumptions) -> list[Need]:
    large = costs.large
    lake, state = large.lake_bytes / large.posts, large.state_bytes / large.posts
    hours = StreamSettings().deduplication_hours
    at_once = large.checkpoint_files / large.batches / large.state_partitions
    return [
        Need("lake, GB a day", f"posts/s × {lake:,.0f} bytes × 86,400 s", lambda r: r * lake * _DAY_SECONDS / 1e9),
        Need(
            "post ids remembered, millions",
            f"posts/s × {hours} h × 3,600 s",
            lambda rate: rate * hours * 3600 / 1e6,
        ),
        Need(
            "state on the executors' disks, GB",
            f"ids × {state:,.0f} bytes",
            lambda rate: rate * hours * 3600 * state / 1e9,
            1,
        ),
        Need(
            "S3 writes/s: data files of the lake",
            f"partitions ÷ {planned.trigger_seconds:g} s",
            lambda rate: partitions(costs, planned, rate) / planned.trigger_seconds,
            1,
        ),
        Need(
            "S3 writes/s: checkpoint of the alerts query",
            f"partitions × {at_once:.1f} files ÷ {planned.trigger_seconds:g} s",
            lambda rate: partitions(costs, planned, rate) * at_once / planned.trigger_seconds,
            1,
        ),
    ]


def _postgres(costs: Costs, planned: Assumptions) -> list[Need]:
    parse, parsing = costs.million("parse-lake", OWN), costs.million("parse-lake", POSTGRES)
    live = costs.million("alerts query", POSTGRES)
    night = planned.night_hours * 3600
    kept = kept_bytes(costs)

    counts = costs.rows("keyword_counts")
    fitting, fit = costs.million_counts(OWN), costs.million_counts(POSTGRES)
    stream = StreamSettings()
    evidence, live_counts = (costs.table_bytes(name) for name in ("stream_kept_batches", "live_increments"))

    def at_night(cost: float) -> Callable[[float], float]:
        return lambda rate: rate * _DAY_SECONDS * cost / 1e6 / night / planned.busy

    def how_fitted(cost: float) -> str:
        return (
            f"posts/s × 86,400 × {_HISTORY_DAYS} days × {counts:,.2f} rows × {cost:,.2f} s ÷ 10⁶ ÷ {night:,.0f} s"
            f" ÷ {planned.busy:g}"
        )

    def how(cost: float) -> str:
        return f"posts/s × 86,400 × {cost:,.1f} s ÷ 10⁶ ÷ {night:,.0f} s ÷ {planned.busy:g}"

    return [
        Need("posts a day, millions", "posts/s × 86,400 s", lambda rate: rate * _DAY_SECONDS / 1e6, 1),
        Need("cores of parse-lake", how(parse), at_night(parse), 1),
        Need("cores of Postgres for it", how(parsing), at_night(parsing), 1),
        Need(
            f"rows of counts in {_HISTORY_DAYS} days, billions, at most",
            f"posts/s × 86,400 × {_HISTORY_DAYS} days × {counts:,.2f}",
            lambda rate: rate * _DAY_SECONDS * _HISTORY_DAYS * counts / 1e9,
            1,
        ),
        Need(
            "cores of recompute-statistics, at most", how_fitted(fitting), at_night(fitting * _HISTORY_DAYS * counts), 1
        ),
        Need("cores of Postgres for them", how_fitted(fit), at_night(fit * _HISTORY_DAYS * counts), 1),
        Need(
            "cores of the night, one job after the other, at most",
            "the sum of these four",
            at_night(parse + parsing + (fitting + fit) * _HISTORY_DAYS * counts),
            1,
        ),
        Need(
            "cores of Postgres for the alerts query",
            f"posts/s × {live:,.1f} s ÷ 10⁶ ÷ {planned.busy:g}",
            lambda rate: rate * live / 1e6 / planned.busy,
            1,
        ),
        Need(
            "the stream's own tables in Postgres, GB",
            f"posts/s × ({evidence:,.0f} bytes × {stream.evidence_hours} h + {live_counts:,.0f} bytes ×"
            f" {stream.live_counts_hours} h) × 3,600 s",
            lambda rate: (
                rate * (evidence * stream.evidence_hours + live_counts * stream.live_counts_hours) * 3600 / 1e9
            ),
            1,
        ),
        Need(
            "Postgres grows by, GB a day",
            f"posts/s × {kept:,.0f} bytes × 86,400 s",
            lambda rate: rate * kept * _DAY_SECONDS / 1e9,
        ),
        Need(
            f"days of parsed posts in {planned.postgres_terabytes} TB",
            f"{planned.postgres_terabytes} TB ÷ posts/s ÷ {kept:,.0f} bytes ÷ 86,400 s",
            lambda rate: planned.postgres_terabytes * 1e12 / rate / kept / _DAY_SECONDS,
            1,
        ),
    ]


def limits(costs: Costs, planned: Assumptions = PLANNED) -> dict[str, tuple[str, float]]:
    """Return by which rate in posts/s the one driver or the one Postgres server is full: arithmetic and rate."""
    driver = costs.million("alerts query", DRIVER)
    live, parsing = (costs.million(stage, POSTGRES) for stage in ("alerts query", "parse-lake"))
    cores, night, kept = planned.postgres_cores, planned.night_hours * 3600, kept_bytes(costs)
    fit = costs.million_counts(POSTGRES) * costs.rows("keyword_counts") * _HISTORY_DAYS
    found = {
        "Postgres: disk": (
            f"{planned.postgres_terabytes} TB ÷ {kept:,.0f} bytes ÷ 86,400 s ÷ {planned.days_kept} days",
            planned.postgres_terabytes * 1e12 / max(kept, 1e-9) / _DAY_SECONDS / planned.days_kept,
        ),
        "Postgres: cores at night": (
            f"{cores} × {planned.busy:g} × {night:,.0f} s ÷ ({parsing:,.1f} s + {_HISTORY_DAYS} days ×"
            f" {costs.rows('keyword_counts'):,.2f} rows × {costs.million_counts(POSTGRES):,.2f} s) × 10⁶ ÷ 86,400",
            cores * planned.busy * night / max(parsing + fit, 1e-9) * 1e6 / _DAY_SECONDS,
        ),
    }
    found["driver of the alerts query: memory"] = (
        f"{planned.driver_gigabytes} GB ÷ {_LOOKED_BACK_SECONDS:,} s ÷ {costs.large.driver_post_bytes:,.0f} bytes",
        planned.driver_gigabytes * 1e9 / _LOOKED_BACK_SECONDS / max(costs.large.driver_post_bytes, 1e-9),
    )
    if driver > 0:
        found["driver of the alerts query: one core"] = (
            f"1 × {planned.busy:g} ÷ {driver:,.1f} s × 10⁶",
            planned.busy / driver * 1e6,
        )
    if live > 0:
        found["Postgres: cores for the alerts query"] = (
            f"{cores} × {planned.busy:g} ÷ {live:,.1f} s × 10⁶",
            cores * planned.busy / live * 1e6,
        )
    return dict(sorted(found.items(), key=lambda item: item[1][1]))
