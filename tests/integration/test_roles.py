"""The stream and the night in roles of their own: they can do their work, and nothing beside it."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from oracle import made_source
from psycopg2.extensions import connection as Connection

from groundswell.adapters.postgres import connect

POSTS = 600
DAY = "2020-03-12"


class InRoles:
    """A pipeline whose parts run in roles of their own."""

    def __init__(self, pipeline: Any, path: Path) -> None:
        self.pipeline = pipeline
        pipeline.replay(made_source(path, POSTS).path)
        self.streamed = self.run_as("ingest", "stream", "--available-now")
        self.parsed = self.run_as("batch", "batch", "parse-lake", "--day", DAY)
        self.computed = [
            self.run_as("batch", "batch", "recompute-statistics", "--as-of", as_of)
            for as_of in ("2020-03-13", "2020-03-14")
        ]
        self.maintained = self.run_as("batch", "batch", "maintain-lake")
        self.streamed_again = self.run_as("ingest", "stream", "--available-now")

    def settings_of(self, role: str) -> Any:
        postgres = self.pipeline.settings.postgres
        user, password = getattr(postgres, f"{role}_user"), getattr(postgres, f"{role}_password")
        own = postgres.model_copy(update={"user": user, "password": password})
        return self.pipeline.settings.model_copy(update={"postgres": own})

    def run_as(self, role: str, *arguments: str) -> tuple[int, str]:
        postgres = self.settings_of(role).postgres
        part = copy.copy(self.pipeline)
        part.environment = self.pipeline.environment | {
            "GROUNDSWELL_POSTGRES__USER": postgres.user,
            "GROUNDSWELL_POSTGRES__PASSWORD": postgres.password.get_secret_value(),
        }
        done: tuple[int, str] = part.run(*arguments)
        return done


@pytest.fixture(scope="module")
def in_roles(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> InRoles:
    return InRoles(make_pipeline("roles"), tmp_path_factory.mktemp("roles") / "posts.ndjson")


def test_each_part_does_its_work(in_roles: InRoles) -> None:
    steps = [in_roles.streamed, in_roles.parsed, *in_roles.computed, in_roles.maintained, in_roles.streamed_again]
    assert [code for code, _ in steps] == [0] * len(steps), [said for code, said in steps if code]
    query = in_roles.pipeline.query
    assert query("SELECT sum(counted_posts)::bigint FROM stream_batches") == [(POSTS,)]
    assert query("SELECT count(*) FROM posts") == [(POSTS,)]
    assert query("SELECT count(DISTINCT version) FROM keyword_statistics") == [(2,)]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("ingest", "INSERT INTO posts (post_id) VALUES ('x')"),
        ("ingest", "DELETE FROM keyword_counts"),
        ("ingest", "UPDATE current_statistics SET version = 1"),
        ("ingest", "DELETE FROM watchlist"),
        ("ingest", "TRUNCATE alerts"),
        ("ingest", "CREATE TABLE mine (a int)"),
        ("ingest", "DROP TABLE live_increments"),
        ("batch", "DELETE FROM alerts"),
        ("batch", "INSERT INTO live_increments VALUES (now(), '{a}', '{1}')"),
        ("batch", "DELETE FROM stream_kept_batches"),
        ("batch", "DELETE FROM watchlist"),
        ("batch", "DROP TABLE posts"),
        ("batch", "ALTER TABLE posts ADD COLUMN mine int"),
        ("batch", "CREATE ROLE mine"),
        ("batch", "DELETE FROM profiles"),
        ("collect", "DELETE FROM keyword_counts"),
        ("collect", "DELETE FROM authors"),
        ("collect", "INSERT INTO live_increments VALUES (now(), '{a}', '{1}')"),
        ("collect", "CREATE TABLE mine (a int)"),
        ("collect", "CREATE TEMPORARY TABLE mine (a int)"),
    ],
)
def test_none_can_do_anything_else(in_roles: InRoles, role: str, statement: str) -> None:
    connection: Connection = connect(in_roles.settings_of(role))
    try:
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
    finally:
        connection.close()
