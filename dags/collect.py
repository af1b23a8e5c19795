"""Collect what is on the watch list from TikTok, every quarter of an hour: its hashtags, and searches for its words.

Paused when Airflow first meets it: whoever switches it on must be allowed to collect (docs/COLLECTING.md).
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronTriggerTimetable, chain

# found out where the task runs, not where this file is parsed
GROUNDSWELL = 'exec "${GROUNDSWELL_COMMAND:-groundswell}"'
RETRY_DELAY = timedelta(seconds=float(os.environ.get("GROUNDSWELL_RETRY_SECONDS", "300")))

DOC = """
### Collect

| task | command `groundswell ...` | a failure means |
|---|---|---|
| `scrape_watchlist` | `scrape watchlist` | TikTok refused; what came before counts, the next run goes on |
| `collect_profiles` | `profiles collect --no-follow` | a server is away; the requests wait |

Posts go to the posts topic as a replay's do. A missed run is not caught up: a feed shows what is new now.
"""

with DAG(
    dag_id="collect",
    description="Scrape the watch list's hashtags and searches, and fetch the profiles that were asked for",
    doc_md=DOC,
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
    start_date=datetime(2019, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    default_args={
        "retries": 1,
        "retry_delay": RETRY_DELAY,
        "execution_timeout": timedelta(hours=1),
    },
    tags=["groundswell"],
):
    scrape_watchlist = BashOperator(task_id="scrape_watchlist", bash_command=f"{GROUNDSWELL} scrape watchlist")
    collect_profiles = BashOperator(
        task_id="collect_profiles",
        bash_command=f"{GROUNDSWELL} profiles collect --no-follow",
        trigger_rule="all_done",
    )
    chain(scrape_watchlist, collect_profiles)
