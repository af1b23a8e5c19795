"""Flink SQL counting the same: run by an environment of its own, `python -m benchmarks.speed.stream_flink REQUEST`.

REQUEST is JSON: servers, topic, warm_up_records, rest_port, parallelism, and `sink`, a folder for the counts as CSV, or
empty for none at all. Prints, as JSON, when so many records were read and when all were.

The rules of `groundswell.domain.keywords` are written with Flink's own functions. It has none for NFKC, so the text is
only put in lower case. Stopwords are counted, as Groundswell counts them, too, and left out by who reads the counts: as
a list of thousands in the statement they kept Flink's planner busy for minutes.
"""

import json
import sys
import threading
import time
import urllib.request
from typing import Any

from groundswell.domain import keywords as rules

_POLL_SECONDS = 0.1
_SOURCE = """
CREATE TABLE posts (
  itemInfos ROW<text STRING>,
  textExtra ARRAY<ROW<HashtagName STRING>>,
  challengeInfoList ARRAY<ROW<challengeName STRING>>,
  seen_at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  WATERMARK FOR seen_at AS seen_at - INTERVAL '15' MINUTE
) WITH (
  'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{servers}',
  'properties.isolation.level' = 'read_committed',
  'properties.max.poll.records' = '10000', 'properties.max.partition.fetch.bytes' = '4194304',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json'
)"""
_SINK = """
CREATE TABLE counts (bucket TIMESTAMP_LTZ(3), keyword STRING, posts BIGINT) WITH ({options})"""


def main() -> None:
    """Count keywords per 5 minutes by one INSERT."""
    from pyflink.table import EnvironmentSettings, TableEnvironment

    request = json.loads(sys.argv[1])
    table = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    options = {
        "parallelism.default": str(request["parallelism"]),
        "table.local-time-zone": "UTC",
        "pipeline.object-reuse": "true",
        "taskmanager.memory.managed.size": "256m",
        "rest.port": str(request["rest_port"]),
        "rest.bind-port": str(request["rest_port"]),
        "metrics.fetcher.update-interval": "100",
    }
    for name, value in options.items():
        table.get_config().set(name, value)
    table.execute_sql(_SOURCE.format(**request))
    table.execute_sql(_SINK.format(options=_sink_options(request["sink"])))
    done = threading.Event()
    meter = Meter(request["rest_port"])
    thread = threading.Thread(target=meter.watch, args=[done], daemon=True)
    thread.start()
    table.execute_sql(insert()).wait()
    done_at = time.time()
    done.set()
    thread.join()
    print(json.dumps(meter.said(request["warm_up_records"], done_at)))  # noqa: T201


def _sink_options(folder: str) -> str:
    if not folder:
        return "'connector' = 'blackhole'"
    return f"'connector' = 'filesystem', 'path' = 'file://{folder}', 'format' = 'csv'"


def insert() -> str:
    """Return the one statement of the job."""
    bare = "plain"
    for pattern in (
        rules.URL_PATTERN,
        rules.MENTION_PATTERN,
        rules.HASHTAG_REMAINS_PATTERN,
        rules.WITHOUT_SPACES_PATTERN,
    ):
        bare = f"REGEXP_REPLACE({bare}, {_quoted(pattern)}, ' ')"
    # A replacement cannot name a group here: each letter that the same one follows twice is taken out instead.
    bare = rf"REGEXP_REPLACE({bare}, '(\p{{L}})(?=\1\1)', '')"
    # Arrays have no transformation: they are printed, as [(one), (two)], and read again.
    printed = "COALESCE(CAST(textExtra AS STRING), ''), ', ', COALESCE(CAST(challengeInfoList AS STRING), '')"
    names = f"LOWER(REPLACE(CONCAT({printed}), '(NULL)', ''))"
    names = rf"REGEXP_REPLACE({names}, '^\[\(|\), \(|\)\], \[\(', '#')"
    names = rf"REGEXP_REPLACE({names}, '[^\p{{L}}\p{{M}}\p{{N}}_#]+', '')"
    word_lengths = "CHAR_LENGTH(keyword) BETWEEN {} AND {}".format(*rules.WORD_LENGTHS)
    tag_lengths = "CHAR_LENGTH(keyword) BETWEEN {} AND {}".format(*(1 + length for length in rules.HASHTAG_LENGTHS))
    return f"""
INSERT INTO counts
SELECT window_start, keyword, COUNT(*)
FROM TABLE(TUMBLE((
  SELECT seen_at, keyword FROM (
    SELECT seen_at, ARRAY_DISTINCT(ARRAY_CONCAT(
      ARRAY[''],
      REGEXP_EXTRACT_ALL({bare}, {_quoted(rules.WORD_PATTERN)}, 1),
      REGEXP_EXTRACT_ALL(plain, {_quoted(rules.HASHTAG_PATTERN)}, 0),
      REGEXP_EXTRACT_ALL(names, '#[^#]+', 0))) AS keywords
    FROM (SELECT seen_at, REPLACE(LOWER(itemInfos.text), '’', '''') AS plain, {names} AS names FROM posts)
  ) CROSS JOIN UNNEST(keywords) AS found (keyword)
  WHERE keyword = ''
    OR keyword LIKE '#%' AND {tag_lengths} AND REGEXP(keyword, {_quoted(rules.LETTER_OR_DIGIT_PATTERN)})
    OR keyword NOT LIKE '#%' AND {word_lengths} AND REGEXP(keyword, {_quoted(rules.LETTER_PATTERN)})
), DESCRIPTOR(seen_at), INTERVAL '5' MINUTE))
GROUP BY window_start, window_end, keyword"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Meter:
    """Asks the job now and then how many records its source has read.

    Parameters
    ----------
    port : int
        Of Flink's REST interface on the loopback address.
    """

    def __init__(self, port: int) -> None:
        self._root = f"http://127.0.0.1:{port}/jobs"
        self._metrics = ""
        self._seen: list[tuple[float, int]] = []

    def watch(self, done: threading.Event) -> None:
        """Go on until the job is done."""
        while not done.wait(_POLL_SECONDS):
            try:
                records = self._records()
            except (OSError, ValueError, LookupError, StopIteration):
                continue  # not up yet, or gone already
            self._seen.append((time.time(), records))

    def said(self, warm_up_records: int, done_at: float) -> dict[str, Any]:
        """Return what the benchmark wants to know."""
        warm_at, warm_records = next(
            ((at, records) for at, records in self._seen if records >= warm_up_records), (float("nan"), 0)
        )
        return {"warm_records": warm_records, "warm_at": warm_at, "done_at": done_at}

    def _records(self) -> int:
        if not self._metrics:
            job = _get(self._root)["jobs"][0]["id"]
            vertices = _get(f"{self._root}/{job}")["vertices"]
            source = next(vertex["id"] for vertex in vertices if vertex["name"].startswith("Source"))
            metrics = f"{self._root}/{job}/vertices/{source}/subtasks/metrics"
            name = next(
                metric["id"]
                for metric in _get(metrics)
                if metric["id"].startswith("Source__") and metric["id"].endswith(".numRecordsIn")
            )
            self._metrics = f"{metrics}?get={name}&agg=sum"
        return int(_get(self._metrics)[0]["sum"])


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=2) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
