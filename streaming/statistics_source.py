"""The keyword statistics that the stream judges by: one explicit version at a time, and only the rows that it needs."""

import logging
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.domain.detector.baseline import Baselines, Floats
from groundswell.domain.detector.candidates import Population
from groundswell.domain.detector.newcomers import NewcomerTail
from streaming.copied_out import copied_out

LOG = logging.getLogger(__name__)

_CURRENT = (
    "SELECT version, keywords, unseen_level, platform_level, platform_dispersion_hour, platform_dispersion_six_hours,"
    " newcomers_per_day, newcomer_tail, pooled_profile"
    " FROM statistics_versions JOIN current_statistics USING (version)"
)
_ROWS = """
COPY (
    SELECT keyword, level, dispersion_hour, dispersion_six_hours, document_frequency, history_hours,
        array_to_string(profile, ' ')
    FROM keyword_statistics WHERE version = %s AND keyword = ANY (%s::text[])
) TO STDOUT WITH (FORMAT csv)"""
STATISTICS = pa.schema(
    {
        "keyword": pa.string(),
        "level": pa.float64(),
        "dispersion_hour": pa.float64(),
        "dispersion_six_hours": pa.float64(),
        "document_frequency": pa.float64(),
        "history_hours": pa.int64(),
        "profile": pa.list_(pa.float32()),
    }
)
"""Rows of a version; the profile is empty where the platform's holds, and as precise as it is kept."""
_READ = STATISTICS.set(STATISTICS.get_field_index("profile"), pa.field("profile", pa.string()))


@dataclass(frozen=True)
class VersionFacts:
    """What a statistics version says of the platform, and of keywords without a row.

    Attributes
    ----------
    version : int
    unseen_level : float
        Posts per hour expected of a keyword without history.
    platform : Baselines
        Of one row: the platform's.
    pooled_profile : array (168,)
        Factor per hour of the week, Monday 00:00 UTC first, mean 1.
    population : Population
    """

    version: int
    unseen_level: float
    platform: Baselines
    pooled_profile: Floats
    population: Population


class StatisticsSource:
    """Reads what the current version says of keywords, and remembers it until another version has become current.

    Of millions of keywords few have posts enough in an hour to be judged, and mostly the same: to look these up costs
    less than to join a version's whole table, and takes no memory that grows with it (docs/decisions/0005).
    """

    def __init__(self) -> None:
        self._version: int | None = None
        self._known = STATISTICS.empty_table()
        self._asked: set[str] = set()

    def current(self, connection: Connection) -> VersionFacts | None:
        """Return the facts of the version in force, or None while none was ever computed."""
        with connection.cursor() as cursor:
            cursor.execute(_CURRENT)
            found = cursor.fetchone()
        if found is None:
            return None
        facts = _facts(*found)
        if self._version != facts.version:
            self._version, self._known, self._asked = facts.version, STATISTICS.empty_table(), set()
            LOG.info("judging by statistics version %d: %d keywords", facts.version, facts.population.keywords)
        return facts

    def rows(self, connection: Connection, keywords: list[str]) -> pa.Table:
        """Return the rows, of `STATISTICS`, of those of the keywords that the current version has; perhaps more."""
        unknown = [keyword for keyword in keywords if keyword not in self._asked]
        if unknown:
            found = _with_profiles(copied_out(connection, _ROWS, [self._version, unknown], _READ))
            self._known = pa.concat_tables([self._known, found]).combine_chunks()
            self._asked.update(unknown)
        return self._known


def _with_profiles(rows: pa.Table) -> pa.Table:
    """Return rows whose profiles are texts, the factors with a space between, as `STATISTICS`."""
    texts = rows["profile"].combine_chunks()
    lists = pc.split_pattern(texts, " ")
    lists = pc.if_else(pc.equal(texts, ""), pa.scalar([], pa.list_(pa.string())), lists)
    return rows.set_column(rows.num_columns - 1, STATISTICS.field("profile"), lists.cast(pa.list_(pa.float32())))


def _facts(
    version: int,
    keywords: int,
    unseen_level: float,
    level: float,
    dispersion_hour: float,
    dispersion_six_hours: float,
    newcomers_per_day: float,
    newcomer_tail: float,
    profile: list[float],
) -> VersionFacts:
    pooled = np.array(profile, np.float64)
    dispersions = np.array([[dispersion_hour, dispersion_six_hours]])
    return VersionFacts(
        version,
        unseen_level,
        Baselines(np.array([level]), dispersions, pooled[None, :], np.zeros(1, np.int64)),
        pooled,
        Population(keywords, NewcomerTail(newcomers_per_day, newcomer_tail)),
    )
