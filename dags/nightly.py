"""The nightly work on one finished day: parse it, recompute the statistics, propose phrases, look after the lake.

A run's data interval begins on the day D that it works on; it starts at 02:15 UTC of D + 1, when late
posts are in. Every step replaces what it wrote for D: a run may be repeated, and a past month backfilled, at any time.
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable, chain

# found out where the task runs, not where this file is parsed
GROUNDSWELL = 'exec "${GROUNDSWELL_COMMAND:-groundswell}"'
RETRY_DELAY = timedelta(seconds=float(os.environ.get("GROUNDSWELL_RETRY_SECONDS", "300")))

DOC = """
### Nightly

| task | command `groundswell batch ...` | a failure means |
|---|---|---|
| `parse_lake` | `parse-lake --day D` | the day's tables in Postgres are as they were |
| `recompute_statistics` | `recompute-statistics --as-of D+1 --keep-newer` | the stream goes on with the last version |
| `propose_phrases` | `propose-phrases --day D` | the day's proposals are as they were; nothing waits for it |
| `maintain_lake` | `maintain-lake` | small files and old snapshots stay; nothing is lost |

The day D is the date of `data_interval_start`. All but the last replace what they wrote: clear and rerun at will;
a backfilled month does not take the stream back to its statistics.
A past month, with this DAG switched on, in the order of its days:

`airflow backfill create --dag-id nightly --from-date 2026-06-01 --to-date 2026-06-30 --max-active-runs 1`
"""


def groundswell(task_id: str, arguments: str, **options: object) -> BashOperator:
    """Return a task that runs `groundswell ARGUMENTS`; `exec` hands a stop signal straight to it."""
    return BashOperator(task_id=task_id, bash_command=f"{GROUNDSWELL} {arguments}", **options)


with DAG(
    dag_id="nightly",
    description="Parse a day of the lake, recompute the keyword statistics, propose phrases, maintain the lake",
    doc_md=DOC,
    # a bare cron string would give an empty data interval
    schedule=CronDataIntervalTimetable("15 2 * * *", timezone="UTC"),
    start_date=datetime(2019, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": RETRY_DELAY,
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
        "depends_on_past": False,
        "execution_timeout": timedelta(hours=3),
    },
    tags=["groundswell"],
):
    parse_lake = groundswell("parse_lake", "batch parse-lake --day {{ data_interval_start | ds }}")
    recompute_statistics = groundswell(
        "recompute_statistics", "batch recompute-statistics --as-of {{ data_interval_end | ds }} --keep-newer"
    )
    propose_phrases = groundswell("propose_phrases", "batch propose-phrases --day {{ data_interval_start | ds }}")
    maintain_lake = groundswell("maintain_lake", "batch maintain-lake", execution_timeout=timedelta(hours=6))

    chain(parse_lake, recompute_statistics, maintain_lake)
    chain(parse_lake, propose_phrases)
