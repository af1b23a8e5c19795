"""`groundswell replay` as a person runs it, on a real broker; read back as consumers do, committed records only."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from confluent_kafka import Message

from groundswell.contracts.topics import DEAD_LETTERS, POSTS, REPLAY_POSITIONS, Topic
from groundswell.errors import UnavailableError

REAL_POSTS = Path(__file__).parents[2].parent / "shared" / "data" / "tiktok"
DAY = 1_584_000_000


def post_line(number: int, created: int = 0) -> bytes:
    item = {"id": f"68{number:08}", "text": "né #día 🔥", "createTime": str(created or DAY + number)}
    return json.dumps({"itemInfos": item, "pad": "x" * 400}, ensure_ascii=False).encode()


def write_posts(path: Path, count: int) -> Path:
    path.write_bytes(b"".join(post_line(n) + b"\n" for n in range(count)))
    return path


class Producer:
    """The command on topics of its own, and what it left in them."""

    def __init__(self, read_topic: Callable[[str], list[Message]]) -> None:
        self.prefix = f"t{uuid.uuid4().hex[:10]}."
        self._read_topic = read_topic
        self.environment = os.environ | {"GROUNDSWELL_KAFKA__TOPIC_PREFIX": self.prefix}

    def start(self, *arguments: object, **options: Any) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "groundswell.cli", "replay", *map(str, arguments), "--json"]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, env=self.environment, **options)

    def run(self, *arguments: object, exit_code: int = 0, stdin: bytes = b"") -> dict[str, Any]:
        process = self.start(*arguments, stdin=subprocess.PIPE)
        out, err = process.communicate(stdin, timeout=120)
        assert process.returncode == exit_code, err.decode()
        summary: dict[str, Any] = json.loads(out) if out else {}
        return summary | {"stderr": err.decode()}

    def records(self, topic: Topic = POSTS) -> list[Message]:
        return self._read_topic(topic.name(self.prefix))

    def wait_for_commit(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until a first transaction is through, while the replay is still at work."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            try:
                if self.records(REPLAY_POSITIONS):
                    return
            except (UnavailableError, AssertionError):
                pass
            time.sleep(0.2)
        pytest.fail("nothing was committed")


@pytest.fixture
def producer(read_topic: Callable[[str], list[Message]]) -> Producer:
    return Producer(read_topic)


def by_line(records: Iterable[Message]) -> list[Message]:
    return sorted(records, key=lambda record: int(headers(record)["line_number"]))


def headers(record: Message) -> dict[str, bytes]:
    return dict(record.headers())


def line_numbers(records: Iterable[Message]) -> list[int]:
    return sorted(int(headers(record)["line_number"]) for record in records)


def without_time_stamp(value: bytes) -> bytes:
    spliced = b',"time_stamp":%d' % json.loads(value)["time_stamp"]
    assert value.count(spliced) == 1
    return value.replace(spliced, b"")


@pytest.mark.parametrize("name", ["real_24_2020-03", "real_98_2020-05", "real_26_web_2020-06"])
def test_real_posts_keep_every_byte_and_gain_time_stamp(producer: Producer, name: str) -> None:
    path = REAL_POSTS / f"{name}.ndjson"
    if not path.is_file():
        pytest.skip(f"no {path.name} beside the project")
    lines = path.read_bytes().splitlines()
    assert producer.run(path)["sent"] == len(lines)
    records = by_line(producer.records())
    assert [without_time_stamp(record.value()) for record in records] == lines
    for record, line in zip(records, lines, strict=True):
        parsed = json.loads(line)
        item = parsed.get("itemInfos", parsed)
        stamp = int(item["createTime"]) * 1000
        assert json.loads(record.value())["time_stamp"] == stamp
        assert record.timestamp()[1] == stamp
        assert record.key() == str(item["id"]).encode()
        assert headers(record)["source"] == path.name.encode()
        assert headers(record)["contract_version"] == b"1"


def test_dead_letters_hold_bytes_and_reason_and_do_not_stop_the_rest(producer: Producer, tmp_path: Path) -> None:
    bad = {
        2: (b"{ itemInfos: [Array] }", "bad_json"),
        3: (b'{"id":"\xff","createTime":1584000000}', "bad_utf8"),
        4: (b'{"createTime":1584000000}', "no_id"),
        5: (b'{"id":"7","createTime":"soon"}', "no_creation_time"),
        6: (b'{"id":"7","createTime":1584000000,"text":"' + b"x" * 1_200_000 + b'"}', "too_large"),
        7: (b"[1]", "not_an_object"),
    }
    path = tmp_path / "mixed.ndjson"
    lines = [post_line(1), *(line for line, _ in bad.values()), b"", post_line(9)]
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))  # the last line has no end
    summary = producer.run(path)
    assert (summary["read"], summary["blank"], summary["sent"], summary["dead_lettered"]) == (9, 1, 2, 6)
    assert [without_time_stamp(r.value()) for r in by_line(producer.records())] == [lines[0], lines[-1]]
    letters = by_line(producer.records(DEAD_LETTERS))
    assert line_numbers(letters) == list(bad)
    for letter in letters:
        line, reason = bad[int(headers(letter)["line_number"])]
        assert headers(letter)["reason"].decode() == reason
        assert letter.value() == line[:1_000_000]
        assert headers(letter)["source"] == b"mixed.ndjson"
        assert int(headers(letter)["original_bytes"]) in (len(line), len(line) + 1)  # too long: with its \r


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_replay_that_was_cut_goes_on_and_every_post_arrives_once(
    producer: Producer, tmp_path: Path, stop: signal.Signals
) -> None:
    paths = [write_posts(tmp_path / "a.ndjson", 600), write_posts(tmp_path / "b.ndjson", 2400)]
    process = producer.start(*paths, "--rate", 800)
    producer.wait_for_commit(process)
    process.send_signal(stop)
    out, err = process.communicate(timeout=30)
    if stop is not signal.SIGKILL:
        assert process.returncode == 128 + stop, err.decode()
        cut = json.loads(out)
        assert cut["state"] == "interrupted"
        assert cut["sent"] == len(producer.records())
        assert "To go on" in err.decode()
    summary = producer.run(*paths)
    assert 0 < summary["this_run"]["sent"] < 3000
    assert (summary["read"], summary["sent"], summary["state"]) == (3000, 3000, "finished")
    expected = sorted([*range(1, 601), *range(1, 2401)])
    assert line_numbers(producer.records()) == expected


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_packed_replay_that_was_cut_goes_on(
    producer: Producer, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "packed.ndjson"
    path.write_bytes(pack(b"".join(post_line(n) + b"\n" for n in range(3000))))
    assert producer.run(path, "--limit", 1234)["state"] == "limit"
    assert producer.run(path)["this_run"]["sent"] == 3000 - 1234
    assert line_numbers(producer.records()) == list(range(1, 3001))


def test_a_file_cut_in_the_middle_counts_what_could_be_read(producer: Producer, tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(post_line(n) + b"\n" for n in range(5000)))
    broken = tmp_path / "broken.ndjson.gz"
    broken.write_bytes(whole[: len(whole) // 2])
    good = write_posts(tmp_path / "good.ndjson", 3)
    summary = producer.run(broken, good, exit_code=2)
    assert "broken.ndjson.gz is cut short" in summary["stderr"]
    assert "after line" in summary["stderr"]
    assert summary["state"] == "incomplete"
    assert summary["adds_up"]
    assert 3 < summary["sent"] < 5003
    assert len(producer.records()) == summary["sent"]


def test_a_finished_file_is_sent_again_only_with_restart(producer: Producer, tmp_path: Path) -> None:
    path = write_posts(tmp_path / "a.ndjson", 5)
    assert producer.run(path)["sent"] == 5
    again = producer.run(path)
    assert again["this_run"]["sent"] == 0
    assert "not sent again without --restart" in again["stderr"]
    assert len(producer.records()) == 5
    assert producer.run(path, "--restart")["sent"] == 5
    assert len(producer.records()) == 10


def test_a_restart_that_was_cut_goes_on_through_all_its_files(producer: Producer, tmp_path: Path) -> None:
    paths = [write_posts(tmp_path / "a.ndjson", 5), write_posts(tmp_path / "b.ndjson", 5)]
    producer.run(*paths)
    producer.run(*paths, "--restart", "--limit", 2)
    assert producer.run(*paths)["this_run"]["sent"] == 8
    assert line_numbers(producer.records()) == sorted([1, 2, 3, 4, 5] * 4)


def test_a_grown_file_sends_its_new_lines_and_another_file_at_its_place_is_sent_whole(
    producer: Producer, tmp_path: Path
) -> None:
    path = write_posts(tmp_path / "a.ndjson", 5)
    producer.run(path)
    with path.open("ab") as file:
        file.write(post_line(5) + b"\n")
    assert producer.run(path)["this_run"]["sent"] == 1
    path.write_bytes(post_line(77) + b"\n" + post_line(78) + b"\n")
    assert producer.run(path)["this_run"]["sent"] == 2
    assert line_numbers(producer.records()) == [1, 1, 2, 2, 3, 4, 5, 6]


def test_a_loop_moves_on_by_the_span_and_is_resumed_in_its_pass(producer: Producer, tmp_path: Path) -> None:
    path = write_posts(tmp_path / "a.ndjson", 10)
    producer.run(path, "--loop", "--limit", 25)
    summary = producer.run(path, "--loop", "--limit", 10)
    assert (summary["sent"], summary["sources"][0]["pass_number"]) == (35, 4)
    stamps = sorted(record.timestamp()[1] // 1000 for record in producer.records())
    assert stamps == [DAY + n for n in range(35)]


def test_start_shift_is_kept_when_resumed(producer: Producer, tmp_path: Path) -> None:
    path = write_posts(tmp_path / "a.ndjson", 10)
    producer.run(path, "--start", "2026-01-01T00:00:00Z", "--limit", 4)
    assert "another --clock or --start" in producer.run(path, exit_code=2)["stderr"]
    producer.run(path, "--start", "2026-01-01T00:00:00Z")
    stamps = sorted(record.timestamp()[1] for record in producer.records())
    assert stamps == [(1_767_225_600 + n) * 1000 for n in range(10)]


def test_standard_input_glob_and_wall_clock(producer: Producer, tmp_path: Path) -> None:
    before = int(time.time() * 1000)
    piped = producer.run("-", "--clock", "wall", stdin=zstd.compress(post_line(1) + b"\n" + post_line(2)))
    assert (piped["sent"], piped["sources"][0]["name"]) == (2, "stdin")
    assert "can't be resumed" in piped["stderr"]
    for record in producer.records():
        assert before <= record.timestamp()[1] <= time.time() * 1000
        assert json.loads(record.value())["time_stamp"] == record.timestamp()[1]
    write_posts(tmp_path / "a.ndjson", 3)
    write_posts(tmp_path / "b.ndjson", 4)
    assert producer.run(tmp_path / "*.ndjson", "--until", "2020-03-12T08:00:02Z")["sent"] == 4


def test_what_a_pipe_gives_is_committed_while_more_is_awaited(producer: Producer) -> None:
    process = producer.start("-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(post_line(1) + b"\n")
    process.stdin.flush()
    deadline = time.monotonic() + 30
    found: list[Message] = []
    while not found and time.monotonic() < deadline:
        time.sleep(0.5)
        try:
            found = producer.records()
        except UnavailableError:
            continue
    assert len(found) == 1
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130  # with its standard input still open
    process.communicate()


def test_a_second_replay_of_the_same_files_takes_over(producer: Producer, tmp_path: Path) -> None:
    path = write_posts(tmp_path / "a.ndjson", 3000)
    first = producer.start(path, "--rate", 500)
    producer.wait_for_commit(first)
    assert producer.run(path)["sent"] == 3000
    _, err = first.communicate(timeout=60)
    assert first.returncode == 1
    assert "another run over the same files or feeds took over" in err.decode()
    assert line_numbers(producer.records()) == list(range(1, 3001))


def test_an_unreachable_broker_is_named_at_once(producer: Producer, tmp_path: Path) -> None:
    path = write_posts(tmp_path / "a.ndjson", 1)
    producer.environment["GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS"] = "127.0.0.1:9"
    begun = time.monotonic()
    message = producer.run(path, exit_code=3)["stderr"]
    assert time.monotonic() - begun < 20
    assert "127.0.0.1:9" in message
    assert "groundswell up" in message
    assert "Traceback" not in message
