"""The raw lake table: an Iceberg table on S3 that holds every Kafka record untouched."""

from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from groundswell.contracts.posts import RAW_TABLE, RECORD_SCHEMA
from groundswell.settings import Settings

PARQUET = {
    "write.parquet.compression-codec": "zstd",
    "write.parquet.compression-level": "9",
    "write.parquet.page-size-bytes": str(4 << 20),
}
"""How files are written that stay, see docs/decisions/0006-lake-compressed-twice.md."""

STREAM_COMPRESSION_LEVEL = 1
"""For files that `maintain-lake` will soon put together and write anew."""


def raw_table(settings: Settings) -> str:
    """Return the raw table's full name: catalog, namespace, table."""
    return f"{settings.lake.catalog}.{settings.lake.namespace}.{RAW_TABLE}"


def ensure_raw_table(spark: SparkSession, settings: Settings) -> str:
    """Make the namespace and the raw table where they are missing, and return the table's full name."""

    spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {settings.lake.catalog}.{settings.lake.namespace}")
    spark.sql(
        f"CREATE TABLE IF NOT EXISTS {raw_table(settings)} ({RECORD_SCHEMA}) USING iceberg "
        "PARTITIONED BY (days(timestamp)) TBLPROPERTIES ("
        # Rows of one trigger go straight to their day's file: no shuffle on the way into the lake.
        "'write.distribution-mode'='none', 'write.spark.fanout.enabled'='true', "
        f"{_properties(PARQUET)}, 'format-version'='2', "
        "'commit.manifest-merge.enabled'='true', 'write.metadata.delete-after-commit.enabled'='true', "
        "'write.metadata.previous-versions-max'='50')"
    )
    return raw_table(settings)


def set_parquet_properties(spark: SparkSession, table: str) -> None:
    """Have a table that is there already write its files as new ones do."""
    spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ({_properties(PARQUET)})")


def _properties(properties: Mapping[str, str]) -> str:
    return ", ".join(f"'{name}'='{value}'" for name, value in properties.items())


def raw_records(spark: SparkSession, settings: Settings, start: str, end: str) -> DataFrame:
    """Return the raw records whose time stamp lies in [start, end), ISO times in UTC."""
    timestamp = F.col("timestamp")
    inside = (timestamp >= F.lit(start).cast("timestamp")) & (timestamp < F.lit(end).cast("timestamp"))
    return spark.table(raw_table(settings)).where(inside)
