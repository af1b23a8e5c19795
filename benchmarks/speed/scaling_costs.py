"""What a post costs, as it was measured, and how that is kept: docs/performance/costs.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from groundswell.errors import InputError

COSTS = Path("docs/performance/costs.json")

STAGES = ("replay", "lake query", "alerts query", "parse-lake")
"""What is measured with posts, each by the shipped command."""

OWN, KAFKA, POSTGRES, S3 = "own", "Kafka", "Postgres", "S3"
PARTIES = (OWN, KAFKA, POSTGRES, S3)
"""Who spends time on a stage: the command with its JVM and Python workers, and each server."""

DRIVER = "driver"
"""What of the command's own time its first process takes, the driver's Python: there is one, however many executors."""

_MILLION = 1_000_000


@dataclass(frozen=True)
class Table:
    """What a table of Postgres holds, its indexes included."""

    rows: int
    total_bytes: int


@dataclass(frozen=True)
class Run:
    """One file of posts on the whole way.

    Attributes
    ----------
    posts, post_bytes, keywords : int
        Posts in the file, the bytes of all of them, and different keywords.
    cpu_seconds : mapping
        Stage -> party, or `DRIVER` -> seconds on the cores.
    kafka_bytes, lake_bytes, state_bytes : int
        The posts topic's log; the lake's data files; the state that the alerts query keeps, with its last versions.
    checkpoint_files, batches, state_partitions : int
        Files that the alerts query left in its checkpoint, the micro-batches it did, and the parts of its state.
    driver_post_bytes : float
        What a post of the trailing hours takes of the memory of the alerts query's driver, keywords and counts with it.
    tables : mapping
        Name -> table.
    """

    posts: int
    post_bytes: int
    keywords: int
    cpu_seconds: Mapping[str, Mapping[str, float]]
    kafka_bytes: int
    lake_bytes: int
    state_bytes: int
    checkpoint_files: int
    batches: int
    state_partitions: int
    driver_post_bytes: float
    tables: Mapping[str, Table]


@dataclass(frozen=True)
class StatisticsRun:
    """`recompute-statistics` over eight weeks of counts.

    Attributes
    ----------
    keywords, rows : int
        Different keywords, and rows of counts.
    cpu_seconds : mapping
        Party, or `DRIVER` -> seconds on the cores.
    """

    keywords: int
    rows: int
    cpu_seconds: Mapping[str, float]


@dataclass(frozen=True)
class Costs:
    """Pairs of runs, a small one and a large one: their difference is free of what starting takes.

    Attributes
    ----------
    machine : str
        What it was measured on.
    small, large : Run
        Of posts.
    few, many : StatisticsRun
        Of counts.
    """

    machine: str
    small: Run
    large: Run
    few: StatisticsRun
    many: StatisticsRun

    def million(self, stage: str, party: str) -> float:
        """Return the seconds on the cores that a million posts take; never less than nothing."""
        small, large = (run.cpu_seconds[stage][party] for run in (self.small, self.large))
        return max(0.0, (large - small) / (self.large.posts - self.small.posts) * _MILLION)

    def million_counts(self, party: str) -> float:
        """Return the seconds on the cores that a million rows of counts take `recompute-statistics`."""
        few, many = self.few.cpu_seconds[party], self.many.cpu_seconds[party]
        return max(0.0, (many - few) / (self.many.rows - self.few.rows) * _MILLION)

    def starting(self, stage: str) -> float:
        """Return the seconds on the cores that a command takes however few posts there are."""
        small = sum(self.small.cpu_seconds[stage][party] for party in PARTIES)
        per_post = sum(self.million(stage, party) for party in PARTIES) / _MILLION
        return max(0.0, small - per_post * self.small.posts)

    def table_bytes(self, prefix: str = "") -> float:
        """Return the bytes a post of the tables whose names begin so."""
        return sum(t.total_bytes for name, t in self.large.tables.items() if name.startswith(prefix)) / self.large.posts

    def rows(self, name: str) -> float:
        """Return the rows a post of a table; 0 where there is none."""
        table = self.large.tables.get(name)
        return table.rows / self.large.posts if table else 0.0


def save_costs(path: Path, costs: Costs) -> None:
    """Write the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(costs), indent=2) + "\n", encoding="utf-8")


def load_costs(path: Path) -> Costs:
    """Read the file.

    Raises
    ------
    InputError
        There is none, or it is another version's.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        small, large = (_run(content[name]) for name in ("small", "large"))
        few, many = (StatisticsRun(**content[name]) for name in ("few", "many"))
        return Costs(content["machine"], small, large, few, many)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} can't be read: {error}", "measure anew: make bench-scaling ARGS=--measure") from error


def _run(content: Mapping[str, object]) -> Run:
    tables = {name: Table(**table) for name, table in content["tables"].items()}  # type: ignore[attr-defined]
    return Run(**{**content, "tables": tables})  # type: ignore[arg-type]
