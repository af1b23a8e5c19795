"""One turn of each part of the nightly batch, in a schema of its own."""

import contextlib
import json
import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from benchmarks.speed.batch_copy import dump, rows_of
from benchmarks.speed.batch_tree import run_tree
from benchmarks.speed.children import Say
from benchmarks.speed.data import Posts
from groundswell.adapters.postgres import connect, transaction
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from infra.migrate_command import run_migrations
from infra.stack.postgres import postgres_server
from infra.stack.processes import read_record


class UnequalError(GroundswellError):
    """A contestant's tables hold something else than the other's, so its time says nothing."""


@dataclass(frozen=True)
class Run:
    """One turn of a shipped job.

    Attributes
    ----------
    seconds, spark_seconds : float
        The whole command's work, and the start of Spark before it.
    cpu_seconds : dict
        Time on the cores by the kind of process, Spark's start included: `JVM`, `Python` and `Postgres`.
    steps : dict
        What it said it was doing -> seconds until it said the next thing.
    """

    seconds: float
    spark_seconds: float
    cpu_seconds: dict[str, float]
    peak_bytes: int
    steps: dict[str, float]
    said: dict[str, Any]


@dataclass(frozen=True)
class CopyRun:
    """One turn of the bare COPY: seconds and rows of each table."""

    seconds: dict[str, float]
    rows: dict[str, int]


@dataclass(frozen=True)
class Lake:
    """A namespace of the lake that was filled, and its days."""

    namespace: str
    posts: int
    first: str
    last: str


@dataclass(frozen=True)
class Field:
    """The running stack, and where progress goes."""

    settings: Settings
    say: Say

    def fill(self, data: Posts) -> Lake:
        """Put a file of posts into a namespace of the lake."""
        namespace = f"posts_{data.facts.posts}"
        variables = {"GROUNDSWELL_LAKE__NAMESPACE": namespace}
        done = self._job(_command("shipped", "fill", str(data.path)), variables).said
        if done["rows"] != data.facts.posts:
            raise UnequalError(f"the lake holds {done['rows']:,} posts of {data.facts.posts:,}")
        return Lake(namespace, data.facts.posts, done["first"], done["last"])

    def parse(self, lake: Lake, name: str) -> tuple[Run, CopyRun]:
        """Let the shipped command parse a lake, then let COPY load what came of it; tables are dropped in the end."""
        with tempfile.TemporaryDirectory() as folder:
            with self.schema(f"parse_{name}") as (connection, variables):
                variables["GROUNDSWELL_LAKE__NAMESPACE"] = lake.namespace
                run = self._job(_command("shipped", "parse", lake.first, lake.last), variables)
                if run.said["lake_rows"] != lake.posts:
                    raise UnequalError(f"parse-lake read {run.said['lake_rows']:,} records of {lake.posts:,}")
                rows = rows_of(connection)
                dump(connection, Path(folder))
            with self.schema(f"copy_{name}") as (connection, variables):
                seconds = json.loads(run_tree(_command("copy", folder), variables, self.say).output)
                copied = rows_of(connection)
        if copied != rows:
            raise UnequalError(f"COPY loaded {copied}, parse-lake {rows}")
        return run, CopyRun(seconds, rows)

    def statistics(self, variables: dict[str, str]) -> Run:
        """Let the shipped command fit all keywords of a schema."""
        return self._job(_command("shipped", "statistics"), variables)

    def _job(self, command: list[str], variables: dict[str, str]) -> Run:
        before = _postgres_cpu_seconds(self.settings)
        tree = run_tree(command, variables, self.say)
        said = json.loads(tree.output.splitlines()[-1])
        used = {**tree.cpu_seconds, "Postgres": _postgres_cpu_seconds(self.settings) - before}
        return Run(said.pop("seconds"), said.pop("spark_seconds"), used, tree.peak_bytes, said.pop("steps"), said)

    @contextmanager
    def schema(self, name: str) -> Iterator[tuple[Connection, dict[str, str]]]:
        """Make a migrated schema, hand out a connection to it and the variables that name it, and drop it."""
        postgres = self.settings.postgres.model_copy(update={"db_schema": name})
        settings = self.settings.model_copy(update={"postgres": postgres})
        run_migrations(settings)
        connection = connect(settings)
        try:
            yield connection, {"GROUNDSWELL_POSTGRES__DB_SCHEMA": name}
        finally:
            connection.rollback()
            with transaction(connection), connection.cursor() as cursor:
                cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
            # What the next turn would otherwise wait for.
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("CHECKPOINT")
            connection.close()


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.speed.batch_{module}", *arguments]


def _postgres_cpu_seconds(settings: Settings) -> float:
    """Return the time that the server and all its backends, ended ones included, have spent on the cores."""
    record = read_record(postgres_server(settings).pid_file)
    server = record.process() if record else None
    if server is None:
        return math.nan
    total = 0.0
    for process in (server, *server.children()):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total
