"""The ad-hoc query of the lake benchmark, by DuckDB over PyIceberg: neither Spark nor a JVM."""

import json
import sys
import time
from datetime import date

from groundswell.adapters.lake_reader import read_day
from groundswell.settings import load_settings

MOST = 5
QUERY = f"""
WITH posts AS (SELECT decode(value) AS post FROM records),
named AS (SELECT unnest(post ->> '$.challengeInfoList[*].challengeName') AS challenge FROM posts)
SELECT challenge, count(*) AS posts FROM named GROUP BY challenge ORDER BY posts DESC, challenge LIMIT {MOST}
"""


def main(day: str) -> None:
    """Print the answer and the seconds: of importing, of opening the lake, and of the query."""
    began = time.monotonic()
    import duckdb
    import pyiceberg.catalog.sql  # noqa: F401 - the catalog imports it when it is made

    imported = time.monotonic()
    records = read_day(load_settings(), date.fromisoformat(day), ("value",))
    opened = time.monotonic()
    connection = duckdb.connect()
    connection.register("records", records)
    answer = connection.execute(QUERY).fetchall()
    seconds = {
        "imports": imported - began,
        "catalog and plan": opened - imported,
        "reading and query": time.monotonic() - opened,
    }
    print(json.dumps({"answer": answer, "seconds": seconds}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
