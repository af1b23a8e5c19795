"""What one snapshot of the raw lake table holds, day by day."""

from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from groundswell.adapters.lake import raw_table
from groundswell.errors import InputError
from groundswell.settings import Settings


@dataclass(frozen=True)
class LakeSnapshot:
    """A snapshot of the raw table: what is written while a job runs stays out of it."""

    table: str
    snapshot_id: int

    def records(self, spark: SparkSession, first: date, last: date) -> DataFrame:
        """Return the records of the days `first` to `last`, both included, by UTC time stamp."""
        timestamp = F.col("timestamp")
        start, end = F.lit(first).cast("timestamp"), F.lit(last + timedelta(days=1)).cast("timestamp")
        rows = spark.read.option("versionAsOf", self.snapshot_id).table(self.table)
        return rows.where((timestamp >= start) & (timestamp < end))

    def rows_per_day(self, spark: SparkSession, first: date, last: date) -> dict[date, int]:
        """Return the number of records of each day that has any, as the table's own files say: nothing is read."""
        days = spark.sql(
            "SELECT partition.timestamp_day AS day, sum(record_count) AS records"
            f" FROM {self.table}.files VERSION AS OF {self.snapshot_id}"
            f" WHERE content = 0 AND partition.timestamp_day BETWEEN DATE '{first}' AND DATE '{last}' GROUP BY 1"
        )
        return {row["day"]: int(row["records"]) for row in days.collect()}

    def held_days(self, spark: SparkSession) -> str:
        """Return in words from which to which day there are records."""
        timestamps = spark.read.option("versionAsOf", self.snapshot_id).table(self.table)
        row = timestamps.agg(
            F.to_date(F.min("timestamp")).alias("first"), F.to_date(F.max("timestamp")).alias("last")
        ).first()
        return f"{row['first']} to {row['last']}" if row and row["first"] else "nothing"


def newest_snapshot(spark: SparkSession, settings: Settings) -> LakeSnapshot:
    """Return the newest snapshot.

    Raises
    ------
    InputError
        There is no raw table, or nothing was ever written to it.
    """
    table = raw_table(settings)
    way_out = "run `groundswell stream`, which fills it from the posts topic"
    try:
        current = spark.sql(f"SELECT snapshot_id FROM {table}.refs WHERE name = 'main'").first()
    except AnalysisException as error:
        if error.getCondition() not in ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND"):
            raise
        raise InputError(f"the lake has no table {table}", way_out) from error
    if current is None:
        raise InputError(f"the lake's table {table} is empty", way_out)
    return LakeSnapshot(table, int(current["snapshot_id"]))
