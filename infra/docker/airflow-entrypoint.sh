#!/bin/sh
# Puts what comes as plain variables where Airflow looks for it, then runs the command given.
set -eu

: "${AIRFLOW_DATABASE_PASSWORD:?is not set}" "${AIRFLOW_ADMIN_PASSWORD:?is not set}"

python - <<'PYTHON'
import json
import os
from pathlib import Path

path = Path(os.environ["AIRFLOW_HOME"], "passwords.json")
path.touch(mode=0o600)
path.write_text(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))
PYTHON

quoted=$(python -c 'import os, urllib.parse; print(urllib.parse.quote(os.environ["AIRFLOW_DATABASE_PASSWORD"], safe=""))')
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="postgresql+psycopg2://airflow:${quoted}@${AIRFLOW_DATABASE_HOST:-postgres}:5432/airflow"
export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE="${AIRFLOW_HOME}/passwords.json"
unset AIRFLOW_DATABASE_PASSWORD AIRFLOW_ADMIN_PASSWORD

exec "$@"
