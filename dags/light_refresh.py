"""Between two nights, follow each keyword's level and dispersion without reading the lake again."""

import os
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

# found out where the task runs, not where this file is parsed
GROUNDSWELL = 'exec "${GROUNDSWELL_COMMAND:-groundswell}"'
RETRY_DELAY = timedelta(seconds=float(os.environ.get("GROUNDSWELL_RETRY_SECONDS", "300")))

DOC = """
### Light refresh

Every six hours: `groundswell batch recompute-statistics --light` writes a new version of the keyword statistics
with the seasonal shape of the last full one and today's level and dispersion; the stream takes it up with its
next batch. A missed run is made good by the next one, so nothing is caught up or backfilled.
"""

with DAG(
    dag_id="light_refresh",
    description="Refresh level and dispersion of the keyword statistics",
    doc_md=DOC,
    # three quarters past, and not at 02: out of the way of the nightly run
    schedule=CronDataIntervalTimetable("45 5,11,17,23 * * *", timezone="UTC"),
    start_date=datetime(2019, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 1,
        "retry_delay": RETRY_DELAY,
        "execution_timeout": timedelta(hours=1),
    },
    tags=["groundswell"],
):
    BashOperator(
        task_id="recompute_statistics_light",
        bash_command=f"{GROUNDSWELL} batch recompute-statistics --light",
    )
