"""Life of a version of the keyword statistics: loaded aside, switched to in one transaction, dropped when old."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.postgres import transaction
from groundswell.domain.detector.baseline import Floats
from groundswell.domain.detector.newcomers import LEAST_PEAK, NewcomerTail, newcomer_tail
from groundswell.errors import InputError

LOG = logging.getLogger(__name__)

KEPT_VERSIONS = 5
_LOCK_TIMEOUT = "5s"

Kind = Literal["full", "light"]


@dataclass(frozen=True)
class VersionRow:
    """What statistics_versions says of a version beside its number and keywords."""

    as_of: datetime
    kind: Kind
    observed_hours: int
    unseen_level: float
    platform_level: float
    platform_dispersion_hour: float
    platform_dispersion_six_hours: float
    pooled_profile: list[float]


@dataclass(frozen=True)
class CurrentVersion:
    """The version in force."""

    version: int
    pooled_profile: Floats


def current_version(connection: Connection) -> CurrentVersion:
    """Return the version in force.

    Raises
    ------
    InputError
        There is none yet.
    """
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, pooled_profile FROM statistics_versions JOIN current_statistics USING (version)"
        )
        row = cursor.fetchone()
    if row is None:
        raise InputError(
            "there are no statistics to refresh", "run `groundswell batch recompute-statistics --as-of DAY` first"
        )
    return CurrentVersion(int(row[0]), np.array(row[1], dtype=np.float64))


def reserve_version(connection: Connection) -> int:
    """Return the number of the next version and make its empty table; the caller drops it if it fails."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('statistics_versions', 'version'))")
        row = cursor.fetchone()
        assert row is not None
        version = int(row[0])
        cursor.execute(f"CREATE TABLE {table_of(version)} (LIKE keyword_statistics INCLUDING ALL)")
        # Known beforehand, so that attaching the table needs no scan.
        cursor.execute(
            f"ALTER TABLE {table_of(version)} ALTER version SET DEFAULT {version},"
            f" ADD CONSTRAINT one_version CHECK (version = {version})"
        )
    return version


def table_of(version: int) -> str:
    """Return the name of the table that holds a version."""
    return f"keyword_statistics_{version}"


def newcomer_tail_of(connection: Connection, version: int, hours: int) -> NewcomerTail:
    """Return how many keywords of a loaded version were new, and how large they became.

    Parameters
    ----------
    connection : Connection
    version : int
    hours : int
        Observed hours of its history.
    """
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(ln(newcomer_peak::double precision / %(least)s)), 0)"
            f" FROM {table_of(version)} WHERE newcomer_peak >= %(least)s",
            {"least": LEAST_PEAK},
        )
        row = cursor.fetchone()
    assert row is not None
    return newcomer_tail(int(row[0]), float(row[1]), hours)


def publish(
    connection: Connection, version: int, keywords: int, row: VersionRow, newcomers: NewcomerTail, keep_newer: bool
) -> bool:
    """Attach the version's table and make it the current one, in one transaction.

    Parameters
    ----------
    connection : Connection
    version : int
        From `reserve_version`.
    keywords : int
        Rows in its table.
    row : VersionRow
    newcomers : NewcomerTail
    keep_newer : bool
        Do not switch where a full version of a later time is kept.

    Returns
    -------
    bool
        Whether it became the current one.
    """
    values = {
        "version": version,
        "keywords": keywords,
        "newcomers_per_day": newcomers.per_day,
        "newcomer_tail": newcomers.tail,
        **vars(row),
    }
    names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO statistics_versions ({names}) VALUES ({places})", values)
        cursor.execute(f"ALTER TABLE keyword_statistics ATTACH PARTITION {table_of(version)} FOR VALUES IN ({version})")
        if keep_newer:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM statistics_versions WHERE kind = 'full' AND as_of > %s)", [row.as_of]
            )
            found = cursor.fetchone()
            if found and found[0]:
                return False
        cursor.execute(
            "INSERT INTO current_statistics (version) VALUES (%s)"
            " ON CONFLICT (only_row) DO UPDATE SET version = excluded.version",
            [version],
        )
        return True


def drop_version(connection: Connection, version: int) -> None:
    """Drop the table of a version that was never published."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table_of(version)}")


def drop_old_versions(connection: Connection) -> list[int]:
    """Drop all but the newest versions and tables left by killed runs; what a reader holds is left for next time.

    The full version of the latest time stays too, however many were written after it: a backfill is held against it.
    """
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "SELECT substring(relname FROM '[0-9]+$')::int FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
            " AND relname ~ '^keyword_statistics_[0-9]+$'"
            " EXCEPT (SELECT version FROM statistics_versions ORDER BY version DESC LIMIT %s)"
            " EXCEPT (SELECT version FROM statistics_versions WHERE kind = 'full'"
            " ORDER BY as_of DESC, version DESC LIMIT 1)"
            " EXCEPT SELECT version FROM current_statistics ORDER BY 1",
            [KEPT_VERSIONS],
        )
        old = [int(version) for (version,) in cursor]
    dropped = []
    for version in old:
        try:
            with transaction(connection), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                cursor.execute(f"DROP TABLE {table_of(version)}")
                cursor.execute("DELETE FROM statistics_versions WHERE version = %s", [version])
            dropped.append(version)
        except psycopg2.errors.LockNotAvailable:
            LOG.warning("version %d is being read and stays until the next run", version)
    return dropped
