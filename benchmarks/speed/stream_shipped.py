"""The shipped queries: `python -m benchmarks.speed.stream_shipped alerts|lake|both`; the settings say the rest."""

import sys
import time
from collections.abc import Callable

from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.streaming import StreamingQuery

from benchmarks.speed.stream_cores import own_busy_seconds
from benchmarks.speed.stream_queries import tell, wait_for
from groundswell.adapters.lake import raw_table
from groundswell.adapters.spark import spark_session
from groundswell.settings import load_settings
from streaming import raw_to_lake
from streaming.keyword_alerts import NAME, KeywordAlerts


def main() -> None:
    """Work through the posts topic by one query or by both in one application."""
    (what,) = sys.argv[1:]
    settings = load_settings()
    spark = spark_session(settings, "groundswell-bench", runs_for_days=True)
    alerts = KeywordAlerts(spark, settings, available_now=True, since=None)
    # In the order of `groundswell stream`.
    starts: dict[str, Callable[[], StreamingQuery]] = {
        "lake": lambda: raw_to_lake.start(spark, settings, True),
        "alerts": alerts.start,
    }
    queries = [start() for name, start in starts.items() if what in (name, "both")]
    wait_for(queries)
    alerts.finish()
    settled_at = {} if what == "lake" else {NAME: time.time()}
    busy = own_busy_seconds()
    alerts.close()
    lake = {}
    if what != "alerts":
        # The query wrote by a session of its own: what this one remembers of the table is old.
        spark.catalog.refreshTable(raw_table(settings))
        found = spark.table(raw_table(settings)).agg(F.count("*"), F.sum(F.length("value"))).first()
        assert found is not None
        lake = {"lake_records": found[0], "lake_bytes": found[1]}
    tell(queries, settled_at, busy=busy, **lake)
    spark.stop()


if __name__ == "__main__":
    main()
