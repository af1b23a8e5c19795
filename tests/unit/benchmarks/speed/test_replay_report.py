"""The replay's section: who delivered less is refused, ratios and goals are what was measured."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.speed import replay
from benchmarks.speed.data import Facts, Posts
from benchmarks.speed.machine import jar_version
from benchmarks.speed.performance_tool import TOOLS_JAR, total_seconds
from benchmarks.speed.replay_contestants import (
    BARE,
    GZIP,
    KAFKA_PYTHON,
    PERFORMANCE,
    SHIPPED,
    STAMP_BYTES,
    ZSTD,
    Run,
    UnequalError,
    check_equal,
)
from benchmarks.speed.replay_picture import draw_replay
from benchmarks.speed.replay_report import Measured, document, goals
from benchmarks.speed.topics import Delivered

FACTS = Facts(posts=1_000, data_bytes=3_000_000, compression=3.2, keywords=700, windows=24)


def _run(name: str, rate: float, peak_bytes: int = 100_000_000) -> Run:
    delivered = Delivered(FACTS.posts, FACTS.data_bytes, 0, 0)
    return Run(name, FACTS.posts / rate, 0.5, 0.02, 0.01, peak_bytes, delivered)


def _measured(shipped: float, peaks: tuple[int, int] = (100_000_000, 101_000_000)) -> Measured:
    rates = {SHIPPED: shipped, BARE: 100.0, PERFORMANCE: 100.0, KAFKA_PYTHON: 25.0, GZIP: 50.0, ZSTD: 80.0}
    memory = {FACTS.posts: _run(SHIPPED, 100, peaks[0]), 4 * FACTS.posts: _run(SHIPPED, 100, peaks[1])}
    runs = {name: [_run(name, rate), _run(name, rate)] for name, rate in rates.items()}
    unpacking = {".gz": [5.0, 5.0], ".zst": [1.0, 1.0]}
    starting = {name: Run(name, 0.1, 0.5, 0.005, 0.002, 1, Delivered(1, 3_000, 0, 0)) for name in rates}
    return Measured(FACTS, "2 cores", runs, unpacking, memory, {"reading": 1.25}, starting)


def _met(text: str) -> list[str]:
    return [line.split("|")[-2].strip() for line in text.splitlines()[2:]]


def test_goals_are_met_at_their_limits() -> None:
    assert _met(goals(_measured(100.0))) == ["yes", "yes", "yes", "yes"]


def test_each_goal_can_be_missed() -> None:
    assert _met(goals(_measured(97.0))) == ["**no**", "yes", "**no**", "yes"]
    assert _met(goals(_measured(90.0))) == ["**no**", "**no**", "**no**", "yes"]


def test_memory_is_the_highest_of_the_turns_of_each_size(tmp_path: Path) -> None:
    posts = tmp_path / "posts.ndjson"
    posts.write_bytes(b"{}\n")

    class Turns:
        settings = SimpleNamespace(absolute_home=tmp_path)
        posts = Posts(tmp_path / "posts.ndjson", FACTS)
        peaks = iter([110, 140, 120, 150, 130, 100])

        def replay(self, name: str, path: Path, topic: str, times: int) -> Run:
            assert path.read_bytes() == b"{}\n" * times
            return _run(name, 100.0, next(self.peaks))

    found = replay._memory(Turns(), lambda _: None)  # type: ignore[arg-type]
    few, many = (times * FACTS.posts for times in replay.MEMORY_TIMES)
    assert {number: run.peak_bytes for number, run in found.items()} == {few: 140, many: 150}


@pytest.mark.parametrize("peaks", [(299_000_000, 301_000_000), (100_000_000, 120_000_000)])
def test_memory_that_is_too_much_or_grows_misses_its_goal(peaks: tuple[int, int]) -> None:
    assert _met(goals(_measured(100.0, peaks)))[-1] == "**no**"


def test_the_section_shows_every_contestant_and_step() -> None:
    text = document(_measured(97.0))

    assert text.startswith("## Replay")
    assert all(f"| {name} " in text for name in (SHIPPED, BARE, PERFORMANCE, KAFKA_PYTHON, GZIP, ZSTD))
    assert "0.97" in text
    assert "| reading" in text
    assert "compressing 3.2:1" in text


def test_cores_are_told_per_post_less_what_starting_takes() -> None:
    row = next(line for line in document(_measured(97.0)).splitlines() if line.startswith(f"| {SHIPPED} "))

    assert [cell.strip() for cell in row.split("|")[-4:-2]] == ["15.0", "8.0"]


def test_the_picture_shows_every_contestant(tmp_path: Path) -> None:
    draw_replay(tmp_path / "replay.svg", _measured(97.0))

    picture = (tmp_path / "replay.svg").read_text(encoding="utf-8")
    assert all(f">{name}<" in picture for name in (SHIPPED, BARE, PERFORMANCE, KAFKA_PYTHON))


def test_stamps_come_on_top_of_the_files_bytes() -> None:
    stamped = Delivered(records=10, value_bytes=1_000 + 10 * STAMP_BYTES, stamped=10, other_offsets=4)

    check_equal(SHIPPED, stamped, 10, 1_000, 0.0)


@pytest.mark.parametrize("delivered", [Delivered(9, 1_000, 0, 0), Delivered(10, 999, 0, 0), Delivered(10, 1_000, 1, 0)])
def test_a_lost_record_or_byte_is_refused(delivered: Delivered) -> None:
    with pytest.raises(UnequalError, match="delivered"):
        check_equal(BARE, delivered, 10, 1_000, 0.0)


def test_records_drawn_by_lot_may_differ_in_bytes_but_not_in_number() -> None:
    check_equal(PERFORMANCE, Delivered(10, 1_009, 0, 0), 10, 1_000, 0.01)

    with pytest.raises(UnequalError):
        check_equal(PERFORMANCE, Delivered(11, 1_000, 0, 0), 10, 1_000, 0.01)
    with pytest.raises(UnequalError):
        check_equal(PERFORMANCE, Delivered(10, 1_011, 0, 0), 10, 1_000, 0.01)


def test_the_tool_is_of_the_brokers_version() -> None:
    assert TOOLS_JAR.coordinate.endswith(f":{jar_version('kafka', 'kafka-clients')}")


def test_the_tools_total_is_its_last_line_not_a_line_in_between() -> None:
    output = (
        "5000 records sent, 1000.0 records/sec (3.00 MB/sec), 700.1 ms avg latency, 800.0 ms max latency.\n"
        "20000 records sent, 4000.0 records/sec (12.00 MB/sec), 700.15 ms avg latency, 860.00 ms max latency, 7 ms\n"
    )

    assert total_seconds(output) == 5.0
