#!/bin/sh
# Run once by the Postgres image when its volume is empty: Airflow's own role and database.
set -eu

psql --no-psqlrc --set ON_ERROR_STOP=1 --set password="$AIRFLOW_DATABASE_PASSWORD" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'password';
CREATE DATABASE airflow OWNER airflow ENCODING 'UTF8' TEMPLATE template0;
SQL
