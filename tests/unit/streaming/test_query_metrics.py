"""Metrics of a query, from what Spark says of a batch."""

import socket
import urllib.request
from collections.abc import Mapping
from typing import Any

import psycopg2
import pytest

from groundswell.errors import SettingsError
from streaming.query_metrics import MetricsBoard, metrics_of

PROGRESS: Mapping[str, Any] = {
    "timestamp": "2026-06-01T12:00:00.000Z",
    "numInputRows": 50,
    "processedRowsPerSecond": 25.0,
    "durationMs": {"triggerExecution": 2_000},
    "sources": [
        {"endOffset": {"posts": {"0": 10, "1": 40}}, "latestOffset": {"posts": {"0": 12, "1": 40, "2": 5}}},
    ],
    "stateOperators": [],
}
STATE = [{"customMetrics": {"rocksdbSstFileSize": 700}, "memoryUsedBytes": 90, "numRowsDroppedByWatermark": 3}]


def unavailable() -> Any:
    raise psycopg2.OperationalError("away")


def test_lag_is_what_the_topic_has_beyond_the_batch() -> None:
    found = metrics_of(PROGRESS)
    assert (found["lag_records"], found["batch_records"], found["records_per_second"]) == (7, 50, 25)
    assert (found["batch_seconds"], found["batch_ended_s"]) == (2, 1_780_315_202)
    assert "state_bytes" not in found


def test_the_state_is_that_of_all_operators() -> None:
    found = metrics_of({**PROGRESS, "stateOperators": STATE * 2})
    assert (found["state_bytes"], found["state_memory_bytes"], found["too_old_records"]) == (1400, 180, 6)


def test_a_source_without_offsets_has_no_lag() -> None:
    assert metrics_of({**PROGRESS, "sources": [{"endOffset": "3", "latestOffset": None}]})["lag_records"] == 0


def test_metrics_are_served_as_text_while_the_database_is_away() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    board = MetricsBoard(unavailable, port)
    try:
        board.put_up({"raw_to_lake": {"lag_records": 7.0}})
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
        assert 'groundswell{component="raw_to_lake",metric="lag_records"} 7.0' in text
        with pytest.raises(SettingsError, match=f"port {port}"):
            MetricsBoard(unavailable, port)
    finally:
        board.close()
