"""The loop, with a sink that keeps what it gets and a clock that only moves by sleeping."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException

from groundswell.errors import GroundswellError
from producer.interruption import StopRequested
from producer.options import Clock, ReplayOptions
from producer.plan import make_plan
from producer.positions import Position
from producer.progress import Meter
from producer.replay import End, Outcome, Replay, Timing
from producer.sources import find_sources

DAY = 1_584_000_000


@dataclass
class FakeTime:
    seconds: float = 1_700_000_000.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class MemorySink:
    """Keeps what was committed, as a broker does; full whenever `refusals` are left."""

    time: FakeTime
    refusals: int = 0
    pending: list[tuple[float, str, bytes, int]] = field(default_factory=list)
    records: list[tuple[float, str, bytes, int]] = field(default_factory=list)
    positions: dict[str, Position] = field(default_factory=dict)
    commit_times: list[float] = field(default_factory=list)

    def produce(self, topic: str, value: bytes, key: bytes | None = None, *, timestamp: int, headers: Any) -> None:
        if self.refusals:
            self.refusals -= 1
            raise BufferError
        self.pending.append((self.time.seconds, topic, value, timestamp))

    def make_room(self) -> None: ...

    def serve(self) -> None: ...

    def commit(self, positions: Mapping[str, Position]) -> None:
        self.records += self.pending
        self.pending.clear()
        self.positions |= positions
        self.commit_times.append(self.time.seconds)

    def abort(self) -> None:
        self.pending.clear()

    def translated(self, error: KafkaException) -> GroundswellError:
        return GroundswellError(str(error))


class Bench:
    def __init__(self, folder: Path) -> None:
        self.time = FakeTime()
        self.sink = MemorySink(self.time)
        self.path = folder / "posts.ndjson"
        self.stop_after_seconds = float("inf")

    def write(self, *created: int) -> None:
        self.path.write_text("".join(f'{{"id":"{n}","createTime":{t}}}\n' for n, t in enumerate(created)))

    def check_stop(self) -> None:
        if self.time.seconds >= self.stop_after_seconds:
            raise StopRequested

    def run(self, **options: Any) -> Outcome:
        wanted = ReplayOptions(**options)
        plan = make_plan(find_sources([str(self.path)]), self.sink.positions, wanted)
        timing = Timing(self.time.now, self.time.now, self.time.sleep)
        meter = Meter(0, self.time.now)
        return Replay(plan, wanted, self.sink, "p.", self.check_stop, meter, timing).run()

    def sent(self) -> list[tuple[float, int]]:
        """Return when each post was sent, from the first on, and its time stamp in seconds after DAY."""
        first = self.sink.records[0][0]
        return [(round(at - first, 2), stamp // 1000 - DAY) for at, _, _, stamp in self.sink.records]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_speed_keeps_the_rhythm_and_sends_what_is_out_of_order_at_once(bench: Bench) -> None:
    bench.write(DAY, DAY + 60, DAY + 30, DAY + 120)
    outcome = bench.run(speed=60.0)
    assert bench.sent() == [(0, 0), (1, 60), (1, 30), (2, 120)]
    assert outcome.counts.out_of_order == 1


def test_rate_spreads_posts_evenly(bench: Bench) -> None:
    bench.write(*range(DAY, DAY + 5))
    bench.run(rate=2.0)
    assert [at for at, _ in bench.sent()] == pytest.approx([0, 0.5, 1, 1.5, 2], abs=0.01)


def test_posts_do_not_wait_uncommitted_for_the_next_one(bench: Bench) -> None:
    bench.write(DAY, DAY + 3600)
    begun = bench.time.seconds
    bench.run(speed=1.0)
    assert bench.sink.commit_times[0] == begun


def test_wall_clock_stamps_the_moment_of_sending(bench: Bench) -> None:
    bench.write(DAY, DAY + 10)
    begun = bench.time.seconds
    bench.run(clock=Clock.WALL, speed=1.0)
    assert [stamp for *_, stamp in bench.sink.records] == [int(begun * 1000), int(begun * 1000) + 10_000]


def test_start_moves_the_first_sent_post_there(bench: Bench) -> None:
    bench.write(DAY - 5, DAY, DAY + 7)
    outcome = bench.run(start_seconds=DAY + 100, from_seconds=DAY)
    assert [stamp for _, stamp in bench.sent()] == [100, 107]
    assert (outcome.counts.outside, outcome.counts.sent) == (1, 2)


def test_from_is_inclusive_and_until_is_not(bench: Bench) -> None:
    bench.write(*range(DAY, DAY + 10))
    outcome = bench.run(from_seconds=DAY + 2, until_seconds=DAY + 5)
    assert [stamp for _, stamp in bench.sent()] == [2, 3, 4]
    assert outcome.counts.outside == 7
    assert outcome.counts.adds_up()


def test_another_part_of_the_same_file_is_a_replay_of_its_own(bench: Bench) -> None:
    bench.write(*range(DAY, DAY + 10))
    bench.run(until_seconds=DAY + 5)
    assert bench.run(from_seconds=DAY + 5).this_run.sent == 5
    assert bench.run(until_seconds=DAY + 5).this_run.read == 0


def test_an_interruption_commits_what_was_sent_and_the_next_run_goes_on_there(bench: Bench) -> None:
    bench.write(*range(DAY, DAY + 100))
    bench.stop_after_seconds = bench.time.seconds + 30
    cut = bench.run(speed=1.0)
    assert cut.end is End.INTERRUPTED
    assert cut.counts.adds_up()
    assert cut.counts.sent == len(bench.sink.records) < 100
    bench.stop_after_seconds = float("inf")
    assert bench.run(speed=1.0).counts.sent == 100
    assert [stamp for _, stamp in bench.sent()] == list(range(100))


def test_lines_that_are_no_posts_are_committed_though_pacing_waits_for_posts_only(bench: Bench) -> None:
    bench.path.write_text(f'{{"id":"1","createTime":{DAY}}}\nno post\n\n{{"id":"2","createTime":{DAY + 1000}}}\n')
    bench.stop_after_seconds = bench.time.seconds + 30
    cut = bench.run(speed=1.0)
    assert (cut.counts.sent, cut.counts.dead, cut.counts.blank) == (1, 1, 1)
    assert len(bench.sink.records) == 2
    assert next(iter(bench.sink.positions.values())).line_number == 3


def test_a_full_queue_is_waited_for(bench: Bench) -> None:
    bench.write(DAY, DAY + 1)
    bench.sink.refusals = 5
    assert bench.run().counts.sent == len(bench.sink.records) == 2


def test_a_failure_takes_back_what_was_not_committed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write(DAY)

    def fail(positions: Mapping[str, Position]) -> None:
        raise KafkaException("gone")

    monkeypatch.setattr(bench.sink, "commit", fail)
    with pytest.raises(GroundswellError, match="gone"):
        bench.run()
    assert bench.sink.pending == []


def test_a_loop_over_nothing_ends(bench: Bench) -> None:
    bench.path.write_text("\n\nno post\n")
    assert bench.run(loop=True).end is End.FINISHED
