"""One turn of each part of the nightly batch, in a schema of its own."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

START = "Spark's start"


class UnequalError(GroundswellError):
    """A contestant's tables hold something else than the other's, so its time says nothing."""


@dataclass(frozen=True)
class Run:
    """One turn of a shipped job.

    Attributes
    ----------
    seconds, spark_seconds : float
        The whole command's work, and the start of Spark before it.
    cores : dict
        Step, `START` among them -> who was busy, as in `benchmarks.speed.stream_cores` -> seconds of all cores.
    steps : dict
        What it said it was doing -> seconds until it said the next thing.
    """

    seconds: float
    spark_seconds: float
    cores: dict[str, dict[str, float]]
    peak_bytes: int
    steps: dict[str, float]
    said: dict[str, Any]


@dataclass(frozen=True)
class CopyRun:
    """One turn of the bare COPY.

    Attributes
    ----------
    seconds, rows : dict
        Of each table.
    cores : dict
        Who was busy meanwhile, the client being the driver -> seconds of all cores.
    bare_seconds : dict
        Of each table when it has neither keys nor indexes.
    """

    seconds: dict[str, float]
    rows: dict[str, int]
    cores: dict[str, float]
    bare_seconds: dict[str, float]


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
                said = json.loads(run_tree(_command("copy", folder), variables, self.say).output)
                copied = rows_of(connection)
        if copied != rows:
            raise UnequalError(f"COPY loaded {copied}, parse-lake {rows}")
        return run, CopyRun(rows=rows, **said)

    def statistics(self, variables: dict[str, str]) -> Run:
        """Let the shipped command fit all keywords of a schema."""
        return self._job(_command("shipped", "statistics"), variables)

    def _job(self, command: list[str], variables: dict[str, str]) -> Run:
        tree = run_tree(command, variables, self.say)
        said = json.loads(tree.output.splitlines()[-1])
        measured = {name: said.pop(name) for name in ("seconds", "spark_seconds", "cores", "steps")}
        return Run(peak_bytes=tree.peak_bytes, said=said, **measured)

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
