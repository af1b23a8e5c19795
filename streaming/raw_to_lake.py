"""Every record of the posts topic into the raw lake table, untouched and exactly once."""

import logging

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.streaming import StreamingQuery

from groundswell.adapters.lake import STREAM_COMPRESSION_LEVEL, ensure_raw_table
from groundswell.errors import GroundswellError, UnavailableError
from groundswell.settings import Settings
from streaming.kafka_source import posts_stream
from streaming.triggers import trigger

LOG = logging.getLogger(__name__)
NAME = "raw_to_lake"

_QUERY_ID = "groundswell.query-id"
_BATCH_ID = "groundswell.batch-id"


class LakeWriter:
    """Appends micro-batches to the raw table; made for `foreachBatch`.

    Each append carries the ids of query and batch, so a batch that comes twice, because the stream died between
    Iceberg's commit and Spark's own, is written once. Iceberg's streaming sink does that too, but names its files by
    query, batch and task: a batch that came twice would write over files that are in the table already, and not always
    with the same records.

    Parameters
    ----------
    table : str
        Full name of the raw table.
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self._may_be_known = True

    def __call__(self, records: DataFrame, batch_id: int) -> None:
        """Append one batch, unless the table has it."""
        spark = records.sparkSession
        query_id = spark.sparkContext.getLocalProperty("sql.streaming.queryId")
        if not query_id:
            raise GroundswellError(f"{NAME}: Spark does not say which query this is, so nothing was written")
        # Only the first batch after a start can be one that was cut.
        if self._may_be_known and self._is_in_table(spark, query_id, batch_id):
            LOG.info("batch %d was in the lake already", batch_id)
        else:
            (
                records.writeTo(self._table)
                .option("fanout-enabled", "true")
                .option("compression-level", str(STREAM_COMPRESSION_LEVEL))
                .option(f"snapshot-property.{_QUERY_ID}", query_id)
                .option(f"snapshot-property.{_BATCH_ID}", str(batch_id))
                .append()
            )
        self._may_be_known = False

    def _is_in_table(self, spark: SparkSession, query_id: str, batch_id: int) -> bool:
        summary = F.col("summary")
        is_batch = (summary[_QUERY_ID] == query_id) & (summary[_BATCH_ID] == str(batch_id))
        return not spark.table(f"{self._table}.snapshots").where(is_batch).isEmpty()


def start(spark: SparkSession, settings: Settings, available_now: bool) -> StreamingQuery:
    """Start the query.

    Raises
    ------
    UnavailableError
        The lake can't be used: S3 or the catalog in Postgres is away.
    """
    try:
        table = ensure_raw_table(spark, settings)
    except (Py4JError, PySparkException) as error:
        LOG.debug("the raw table can't be made", exc_info=True)
        cause = getattr(error, "java_exception", None) or error
        raise UnavailableError(
            f"the lake at {settings.lake.endpoint_url} can't be used: {str(cause).splitlines()[0]}",
            "check S3 and Postgres with `groundswell status`, then start again",
        ) from error
    records = posts_stream(spark, settings).select(
        "topic", "partition", "offset", "timestamp", "key", "value", "headers"
    )
    writer = records.writeStream.queryName(NAME).outputMode("append").foreachBatch(LakeWriter(table))
    return (
        trigger(writer, settings, available_now)
        .option("checkpointLocation", f"{settings.checkpoint_root}/{NAME}")
        .start()
    )
