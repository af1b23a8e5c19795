"""A process that runs `groundswell` commands one after the other: a JVM that is warm answers in a fraction of the time.

Jobs come as JSON lines: the environment of the command, and its arguments or `lake`, which reads the raw table.
"""

import json
import logging
import os
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper

from groundswell import cli


def command(arguments: list[str]) -> int:
    sys.argv = ["groundswell", *arguments]
    logging.getLogger().handlers.clear()  # the command's log is to go where its standard error goes
    try:
        cli.main()
    except SystemExit as end:
        return end.code or 0
    return 0


def lake() -> None:
    from groundswell.adapters.lake import raw_table
    from groundswell.adapters.spark import spark_session
    from groundswell.settings import load_settings

    settings = load_settings()
    spark = spark_session(settings, "read-lake")
    rows = spark.table(raw_table(settings)).selectExpr(
        "topic", "partition", "offset", "unix_millis(timestamp) AS timestamp_ms", "base64(key) AS key",
        "base64(value) AS value", "transform(headers, h -> struct(h.key AS key, base64(h.value) AS value)) AS headers",
    )  # fmt: skip
    for row in rows.toJSON().collect():
        print(row)
    spark.stop()


def run(arguments: list[str]) -> int:
    try:
        if arguments != ["lake"]:
            return command(arguments)
        lake()
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    out = sys.stdout
    for line in sys.stdin:
        job = json.loads(line)
        os.environ.clear()
        os.environ.update(job["environment"])
        printed, said = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
        with redirect_stdout(printed), redirect_stderr(said):
            code = run(job["arguments"])
        texts = []
        for stream in (printed, said):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8", "replace"))
        print(json.dumps([code, *texts]), file=out, flush=True)


if __name__ == "__main__":
    main()
