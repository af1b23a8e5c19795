"""Look after the raw lake table: compact small files, expire snapshots, remove what nothing refers to."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession

from batch.lake_days import newest_snapshot
from groundswell.adapters.lake import set_parquet_properties
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)

SNAPSHOT_DAYS = 3
SNAPSHOTS_KEPT = 5
SMALL_FILES = 3  # of a day, from which on they are put together
ORPHAN_DAYS = 3  # Iceberg's own least: younger files may belong to a write that is under way


def maintain_lake(settings: Settings, make_session: Callable[[], SparkSession], now: datetime) -> dict[str, Any]:
    """Run Iceberg's maintenance procedures on the raw table; harmless beside a running stream.

    Returns
    -------
    dict
        What each step did.
    """
    spark = make_session()
    catalog = settings.lake.catalog
    table = newest_snapshot(spark, settings).table
    snapshots_before, orphans_before = (
        f"TIMESTAMP '{now - timedelta(days=days):%Y-%m-%d %H:%M:%S}'" for days in (SNAPSHOT_DAYS, ORPHAN_DAYS)
    )

    # Tables of earlier versions were made with other properties.
    set_parquet_properties(spark, table)

    def call(procedure: str, arguments: str) -> list[Any]:
        LOG.info("%s", procedure.replace("_", " "))
        return spark.sql(f"CALL {catalog}.system.{procedure}(table => '{table}', {arguments})").collect()

    rewritten = call(
        "rewrite_data_files",
        f"options => map('min-input-files', '{SMALL_FILES}', 'partial-progress.enabled', 'true')",
    )[0]
    manifests = call("rewrite_manifests", "use_caching => false")[0]
    expired = call(
        "expire_snapshots", f"older_than => {snapshots_before}, retain_last => {SNAPSHOTS_KEPT}, stream_results => true"
    )[0]
    # By listing through Iceberg's own S3 client: Hadoop's would need half a gigabyte of jars.
    orphans = call("remove_orphan_files", f"older_than => {orphans_before}, prefix_listing => true")
    size = spark.sql(f"SELECT count(*), sum(file_size_in_bytes), sum(record_count) FROM {table}.files").collect()[0]
    return {
        "lake_files": size[0],
        "lake_bytes": size[1] or 0,
        "lake_records": size[2] or 0,
        "files_compacted": rewritten["rewritten_data_files_count"],
        "files_written": rewritten["added_data_files_count"],
        "bytes_compacted": rewritten["rewritten_bytes_count"],
        "manifests_rewritten": manifests["rewritten_manifests_count"],
        "data_files_expired": expired["deleted_data_files_count"],
        "manifests_expired": expired["deleted_manifest_files_count"] + expired["deleted_manifest_lists_count"],
        "orphan_files_removed": len(orphans),
    }
