"""`groundswell watchlist` and `groundswell alerts watch` as people and pipes use them."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from groundswell.adapters.kafka import producer
from groundswell.contracts.alerts import episode_of
from groundswell.contracts.examples import example_alerts
from groundswell.contracts.topics import ALERTS
from streaming.alert_store import send

EXAMPLES = example_alerts()


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any]) -> Any:
    """A pipeline whose alerts topic holds the contract's examples, sent as the stream sends them."""
    pipeline = make_pipeline("people")
    topic = ALERTS.name(pipeline.settings.kafka.topic_prefix)
    send(producer(pipeline.settings), topic, [episode_of(orjson.loads(value)) for value in EXAMPLES])
    return pipeline


def test_piped_the_records_come_as_they_are_on_the_topic(pipeline: Any) -> None:
    assert pipeline.cold("alerts", "watch", "--no-follow").encode().splitlines() == EXAMPLES


def test_from_now_on_there_is_nothing_old(pipeline: Any) -> None:
    assert pipeline.cold("alerts", "watch", "--no-follow", "--new-only") == ""


def in_terminal(pipeline: Any, *arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a command in a terminal of 120 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = pipeline.environment | {"TERM": "xterm"}
    command = [sys.executable, "-m", "groundswell.cli", *arguments]
    # A shell without job control starts what runs in the background deaf to Ctrl-C; so might this test have been.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    signal.signal(signal.SIGINT, heard)
    os.close(theirs)
    return process, ours


def read_until(terminal: int, wanted: Callable[[str], bool], seconds: float = 30) -> str:
    """What the terminal showed until it was as wanted, or the command ended."""
    shown = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not wanted(shown.decode(errors="ignore")):
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
    return shown.decode(errors="ignore")


def test_a_person_gets_a_table_with_one_row_per_alert(pipeline: Any) -> None:
    process, terminal = in_terminal(pipeline, "alerts", "watch", "--no-follow")
    shown = read_until(terminal, lambda _: False)
    assert process.wait(10) == 0
    os.close(terminal)
    table = shown[shown.rindex("4 alerts") :]
    for text in ("#raindance", "foam ★", "closed", "opened", "Jun 01 08:45", "peak score"):
        assert text in table
    assert table.count("#raindance") == 1
    assert "{" not in table


def test_the_table_follows_until_ctrl_c(pipeline: Any) -> None:
    process, terminal = in_terminal(pipeline, "alerts", "watch")
    read_until(terminal, lambda text: "#raindance" in text)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    rest = read_until(terminal, lambda _: False)
    assert process.wait(15) == 130
    os.close(terminal)
    assert "Traceback" not in rest


def test_an_unreachable_broker_is_named(pipeline: Any) -> None:
    environment = pipeline.environment | {"GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "groundswell.cli", "alerts", "watch", "--no-follow"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "127.0.0.1:9" in done.stderr
    assert "groundswell up" in done.stderr


def watched(pipeline: Any) -> list[list[str]]:
    return [line.split("\t") for line in pipeline.cold("watchlist", "list").splitlines()]


def test_the_watch_list_is_kept_in_the_form_that_the_stream_counts(pipeline: Any) -> None:
    said = pipeline.cold("watchlist", "add", "#New Phone", "＃Ｗａｖｅ", "Tsunami", "--note", "for the harbour")
    assert said.splitlines() == ["#newphone: watched", "#wave: watched", "tsunami: watched"]
    assert [(row[0], row[2]) for row in watched(pipeline)] == [
        (keyword, "for the harbour") for keyword in ("#newphone", "#wave", "tsunami")
    ]
    # again: nothing twice, and the note stays unless another is given
    assert pipeline.cold("watchlist", "add", "TSUNAMI") == "tsunami: was watched already\n"
    assert pipeline.cold("watchlist", "add", "#wave", "--note", "other") == "#wave: was watched already\n"
    assert [row[2] for row in watched(pipeline)] == ["for the harbour", "other", "for the harbour"]
    # a phrase, whatever stands between its words
    assert pipeline.cold("watchlist", "add", "The  Rock") == "the rock: watched\n"
    assert pipeline.cold("watchlist", "remove", "the-rock") == "the rock: removed\n"
    # taken off, twice
    assert pipeline.cold("watchlist", "remove", "#WAVE") == "#wave: removed\n"
    assert pipeline.cold("watchlist", "remove", "#WAVE") == "#wave: was not watched\n"
    assert [row[0] for row in watched(pipeline)] == ["#newphone", "tsunami"]


@pytest.mark.parametrize(
    ("entry", "why"), [("new phone #", "no phrase"), ("the", "stopword list"), ("#", "no letters")]
)
def test_what_could_never_match_is_refused_and_nothing_else_is_added(pipeline: Any, entry: str, why: str) -> None:
    before = pipeline.query("SELECT count(*) FROM watchlist")
    said = pipeline.cold("watchlist", "add", "harmless", entry, exit_code=2)
    assert why in said
    assert "Traceback" not in said
    assert pipeline.query("SELECT count(*) FROM watchlist") == before
