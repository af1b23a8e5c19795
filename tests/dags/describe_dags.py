"""Run by Airflow's interpreter: print as JSON what Airflow makes of the DAG folder, and of a logical date."""

import json
import sys
from pathlib import Path

import pendulum
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.serialization.encoders import coerce_to_core_timetable

folder = Path(sys.argv[1])
logical_date = pendulum.parse(sys.argv[2])


def describe(dag):
    timetable = coerce_to_core_timetable(dag.timetable)
    interval = timetable.infer_manual_data_interval(run_after=logical_date)
    return {
        "interval": [interval.start.isoformat(), interval.end.isoformat()],
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "documented": bool(dag.doc_md),
        "tasks": {
            task.task_id: {
                "downstream": sorted(task.downstream_task_ids),
                "retries": task.retries,
                "retry_delay_seconds": task.retry_delay.total_seconds(),
                "timeout_seconds": task.execution_timeout.total_seconds(),
                "depends_on_past": task.depends_on_past,
            }
            for task in dag.tasks
        },
    }


bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
described = {dag_id: describe(dag) for dag_id, dag in bag.dags.items()}
print("\n" + json.dumps({"import_errors": bag.import_errors, "dags": described}))
