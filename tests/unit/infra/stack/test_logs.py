"""A log's end can be shown, and a long log makes room for the next start."""

from pathlib import Path

import pytest

from infra.stack import logs
from infra.stack.logs import log_tail, open_log


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("\n".join(map(str, range(100))))

    assert log_tail(log, lines=2) == "98\n99"
    assert log_tail(tmp_path / "none") == ""


def test_the_tail_can_start_at_this_start(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("yesterday\n")
    offset = open_log(log)
    log.write_text("yesterday\ntoday\n")

    assert log_tail(log, offset=offset) == "today"


def test_an_overlong_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "ROTATE_BYTES", 10)
    log = tmp_path / "log"
    log.write_text("more than ten bytes")

    assert open_log(log) == 0
    assert (tmp_path / "log.1").read_text() == "more than ten bytes"
    assert not log.exists()
