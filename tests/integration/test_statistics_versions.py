"""Which version of the statistics is in force."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from psycopg2.extensions import connection as Connection

from batch.statistics_versions import (
    KEPT_VERSIONS,
    VersionRow,
    current_version,
    drop_old_versions,
    publish,
    reserve_version,
)
from groundswell.adapters.postgres import connect
from groundswell.domain.detector.newcomers import NewcomerTail
from groundswell.settings import Settings
from infra.migrate_command import run_migrations


@pytest.fixture(scope="module")
def owner(stack: Settings) -> Iterator[Connection]:
    schema = f"versions_{uuid.uuid4().hex[:8]}"
    own = stack.model_copy(update={"postgres": stack.postgres.model_copy(update={"db_schema": schema})})
    run_migrations(own)
    connection = connect(own)
    yield connection
    connection.close()


def publish_as_of(connection: Connection, day: int, keep_newer: bool) -> tuple[int, bool]:
    version = reserve_version(connection)
    row = VersionRow(datetime(2026, 6, day, tzinfo=UTC), "full", 24, 0.1, 10.0, 2.0, 4.0, [1.0] * 168)
    return version, publish(connection, version, 0, row, NewcomerTail(0.5, 2.5), keep_newer)


def test_a_backfill_keeps_what_is_newer_and_a_plain_run_switches_back(owner: Connection) -> None:
    newest, switched = publish_as_of(owner, 20, keep_newer=True)
    assert switched and current_version(owner).version == newest
    _, switched = publish_as_of(owner, 10, keep_newer=True)
    assert not switched and current_version(owner).version == newest
    again, switched = publish_as_of(owner, 20, keep_newer=True)
    assert switched and current_version(owner).version == again
    older, switched = publish_as_of(owner, 10, keep_newer=False)
    assert switched and current_version(owner).version == older


def test_the_latest_full_version_outlives_any_number_of_backfills(owner: Connection) -> None:
    latest, _ = publish_as_of(owner, 25, keep_newer=True)
    for day in range(1, KEPT_VERSIONS + 3):
        _, switched = publish_as_of(owner, day, keep_newer=True)
        drop_old_versions(owner)
        assert not switched
    assert current_version(owner).version == latest
