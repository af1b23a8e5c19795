"""What one run of the batch benchmark found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.speed.batch_contestants import CopyRun, Run
from benchmarks.speed.batch_history import History
from benchmarks.speed.data import Facts
from benchmarks.speed.rounds import Spread


@dataclass(frozen=True)
class Parsed:
    """A size of parse-lake: its turns, each with the bare COPY of what it made."""

    facts: Facts
    runs: Sequence[tuple[Run, CopyRun]]

    @property
    def seconds(self) -> Spread:
        """The command's work, without Spark's start."""
        return Spread.of([run.seconds for run, _ in self.runs])

    @property
    def copy_seconds(self) -> Spread:
        """The bare COPY of all tables."""
        return Spread.of([sum(copy.seconds.values()) for _, copy in self.runs])

    @property
    def ratio(self) -> Spread:
        """Rate of parse-lake over that of COPY, taken within the turns."""
        return Spread.of([sum(copy.seconds.values()) / run.seconds for run, copy in self.runs])


@dataclass(frozen=True)
class Fitted:
    """A size of the statistics."""

    history: History
    run: Run


@dataclass(frozen=True)
class Measured:
    """Everything one run of the benchmark found.

    Attributes
    ----------
    machine : str
    cores : int
        Of the machine.
    parsed, fitted : sequence
        By size, each double the one before.
    reading : mapping
        Step of reading a post in Python -> microseconds per post, on one core.
    """

    machine: str
    cores: int
    parsed: Sequence[Parsed]
    fitted: Sequence[Fitted]
    reading: Mapping[str, float]
