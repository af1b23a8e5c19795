"""Dead letters tried again: posts are sent as a replay sends them, the rest is parked, and every one has its fate."""

from collections.abc import Mapping

import orjson
import pytest

from groundswell.contracts.topics import DEAD_LETTER_FATES, HEADER_LINE_NUMBER, HEADER_SOURCE, POSTS
from producer.dead_letters import PARKED, REQUEUED, DeadLetter, Fate, state_of
from producer.interruption import StopRequested
from producer.options import Clock
from producer.positions import Position
from producer.requeue import Tries, Wanted
from producer.sink import DrySink, Headers

NOW_S = 1_780_000_000
POST = b'{"id":"1","createTime":1779999000}'


def letter(value: bytes, place: str = "0:1", line_number: int = 7, original_bytes: int | None = None) -> DeadLetter:
    length = len(value) if original_bytes is None else original_bytes
    return DeadLetter(place, "no_id", "", "a.ndjson", line_number, length, value, 0)


class Recorder(DrySink):
    def __init__(self) -> None:
        self.posts: list[tuple[bytes, bytes | None, int, dict[str, bytes]]] = []
        self.fates: dict[str, Fate] = {}
        self.commits: list[int] = []

    def produce(self, topic: str, value: bytes, key: bytes | None = None, *, timestamp: int, headers: Headers) -> None:
        if topic == POSTS.name("t."):
            self.posts.append((value, key, timestamp, dict(headers)))  # type: ignore[arg-type]
        else:
            assert topic == DEAD_LETTER_FATES.name("t.")
            self.fates[(key or b"").decode()] = Fate.decode(value)

    def commit(self, positions: Mapping[str, Position]) -> None:
        self.commits.append(len(self.fates))


def tried(*letters: DeadLetter, clock: Clock = Clock.EVENT) -> Recorder:
    sink = Recorder()
    Tries(sink, "t.", clock, lambda: float(NOW_S)).all_of(letters, lambda: None)
    return sink


@pytest.mark.parametrize(("clock", "stamp_ms"), [(Clock.EVENT, 1_779_999_000_000), (Clock.WALL, NOW_S * 1000)])
def test_what_is_a_post_now_is_sent_as_a_replay_sends_it(clock: Clock, stamp_ms: int) -> None:
    sink = tried(letter(POST), clock=clock)
    ((value, key, timestamp, headers),) = sink.posts
    assert orjson.loads(value) == {"id": "1", "createTime": 1779999000, "time_stamp": stamp_ms}
    assert (key, timestamp) == (b"1", stamp_ms)
    assert (headers[HEADER_SOURCE], headers[HEADER_LINE_NUMBER]) == (b"a.ndjson", b"7")
    assert sink.fates == {"0:1": Fate(REQUEUED)}


@pytest.mark.parametrize(
    ("value", "original_bytes", "reason"),
    [(b"{}", None, "no_id"), (b"{", None, "bad_json"), (POST, 2_000_000, "too_large")],
)
def test_what_is_refused_again_is_parked_and_not_sent(value: bytes, original_bytes: int | None, reason: str) -> None:
    sink = tried(letter(value, original_bytes=original_bytes))
    assert sink.posts == []
    assert (sink.fates["0:1"].state, sink.fates["0:1"].reason) == (PARKED, reason)


def test_a_first_line_may_begin_with_a_byte_order_mark_and_end_with_a_carriage_return() -> None:
    mark = "\ufeff".encode()
    assert len(tried(letter(mark + POST + b"\r", line_number=1)).posts) == 1
    assert tried(letter(mark + POST, line_number=2)).posts == []


def test_every_letter_has_its_fate_and_counts_add_up() -> None:
    sink = Recorder()
    found = Tries(sink, "t.", Clock.EVENT, lambda: float(NOW_S)).all_of(
        [letter(POST, "0:1"), letter(b"{}", "0:2"), letter(b"[]", "0:3"), letter(POST, "0:4")], lambda: None
    )
    assert (found.requeued, found.parked) == (2, {"no_id": 1, "not_an_object": 1})
    assert (len(sink.fates), len(sink.posts), sink.commits) == (4, 2, [4])


def test_a_signal_ends_it_after_what_was_begun_and_that_is_committed() -> None:
    def stop() -> None:
        raise StopRequested

    sink = Recorder()
    found = Tries(sink, "t.", Clock.EVENT, lambda: float(NOW_S)).all_of(
        [letter(POST, "0:1"), letter(POST, "0:2")], stop
    )
    assert (found.requeued, sink.commits) == (1, [1])


@pytest.mark.parametrize(
    ("wanted", "fate", "takes"),
    [
        (Wanted(), None, True),
        (Wanted(), Fate(REQUEUED), False),
        (Wanted(), Fate(PARKED), False),
        (Wanted(parked=True), Fate(PARKED), True),
        (Wanted(parked=True), Fate(REQUEUED), False),
        (Wanted(places=["0:2"]), None, False),
        (Wanted(reasons=["no_id"], sources=["a.ndjson"]), None, True),
        (Wanted(reasons=["no_id"], sources=["b.ndjson"]), None, False),
    ],
)
def test_only_what_is_wanted_and_not_done_is_tried(wanted: Wanted, fate: Fate | None, takes: bool) -> None:
    assert wanted.takes(letter(POST), fate) is takes


def test_a_letter_waits_until_it_was_tried() -> None:
    assert state_of(letter(POST), {}) == "waiting"
    assert state_of(letter(POST), {"0:1": Fate(PARKED)}) == "parked"
