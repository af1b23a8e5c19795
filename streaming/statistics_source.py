"""The keyword statistics that the stream judges by: one explicit version at a time."""

import logging
from dataclasses import dataclass

import numpy as np
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, SparkSession

from groundswell.adapters.spark import read_postgres
from groundswell.domain.detector.baseline import Baselines, Floats
from groundswell.domain.detector.candidates import Population
from groundswell.domain.detector.newcomers import NewcomerTail
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)

_CURRENT = (
    "SELECT version, keywords, unseen_level, platform_level, platform_dispersion_hour, platform_dispersion_six_hours,"
    " newcomers_per_day, newcomer_tail, pooled_profile"
    " FROM statistics_versions JOIN current_statistics USING (version)"
)
_ROWS = (
    "SELECT keyword, level, dispersion_hour, dispersion_six_hours, profile, document_frequency, history_hours"
    " FROM keyword_statistics WHERE version = {version}"
)


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
    """Keeps the current version's rows cached, and reads anew when another version has become current.

    A join that read the statistics once would go stale; one that read them for each batch would be slow.
    """

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self._spark = spark
        self._settings = settings
        self._facts: VersionFacts | None = None
        self._rows: DataFrame | None = None

    def current(self, connection: Connection) -> tuple[VersionFacts, DataFrame] | None:
        """Return the current version's facts and rows, or None while no version was ever computed."""
        with connection.cursor() as cursor:
            cursor.execute(_CURRENT)
            found = cursor.fetchone()
        if found is None:
            return None
        facts = _facts(*found)
        if self._facts is None or self._rows is None or self._facts.version != facts.version:
            if self._rows is not None:
                self._rows.unpersist()
            self._facts = facts
            self._rows = read_postgres(self._spark, self._settings, _ROWS.format(version=facts.version)).cache()
            LOG.info("judging by statistics version %d: %d keywords", facts.version, self._rows.count())
        return self._facts, self._rows


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
