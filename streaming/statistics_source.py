"""The keyword statistics that the stream judges by: one explicit version at a time."""

import logging

from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, SparkSession

from groundswell.adapters.spark import read_postgres
from groundswell.frames.scoring import VersionFacts
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)

UNSEEN_SCALE = 0.5  # a keyword without history is taken for Poisson

_CURRENT = (
    "SELECT version, unseen_level, pooled_profile FROM statistics_versions JOIN current_statistics USING (version)"
)
_ROWS = "SELECT keyword, level, scale, profile, document_frequency FROM keyword_statistics WHERE version = {version}"


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
        version, unseen_level, pooled_profile = found
        if self._facts is None or self._rows is None or self._facts.version != version:
            if self._rows is not None:
                self._rows.unpersist()
            self._facts = VersionFacts(version, unseen_level, UNSEEN_SCALE, pooled_profile)
            self._rows = read_postgres(self._spark, self._settings, _ROWS.format(version=int(version))).cache()
            LOG.info("judging by statistics version %d: %d keywords", version, self._rows.count())
        return self._facts, self._rows
