"""Whatever bytes a source holds, each of its lines is accounted for, in one go or in two."""

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from groundswell.domain.record import NotAPostError
from producer.line_check import _check_thoroughly, check_line
from producer.lines import OversizedLine, line_batches
from producer.options import ReplayOptions
from producer.plan import make_plan
from producer.positions import Position, position_key
from producer.progress import Meter
from producer.replay import Outcome, Replay, Timing
from producer.sink import DrySink
from producer.sources import find_sources

POST = b'{"id":"%d","createTime":1584000000}'
LINE = (
    st.binary(max_size=30)
    | st.sampled_from([b"", b" ", b"\r", b"{}", b"[Array]", b"\xef\xbb\xbf"])
    | st.integers(0, 99).map(lambda number: POST % number)
)
FILE = st.tuples(st.lists(st.tuples(LINE, st.sampled_from([b"\n", b"\r\n"])), max_size=20), LINE).map(
    lambda parts: b"".join(line + end for line, end in parts[0]) + parts[1]
)


@given(FILE, st.integers(1, 40), st.integers(1, 40))
def test_lines_do_not_depend_on_chunks(data: bytes, chunk_bytes: int, limit_bytes: int) -> None:
    stream = io.BytesIO(data)
    lines = [line for batch in line_batches(lambda: stream.read(chunk_bytes), limit_bytes) for line in batch]
    expected = data.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert lines == [e if len(e) <= limit_bytes else OversizedLine(e[:limit_bytes], len(e)) for e in expected]


def replay(path: Path, known: dict[str, Position], options: ReplayOptions) -> Outcome:
    plan = make_plan(find_sources([str(path)]), known, options)
    meter = Meter(0, time.monotonic)
    return Replay(plan, options, DrySink(), "", lambda: None, meter, Timing()).run()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILE, st.integers(1, 5))
def test_counts_add_up_whole_or_in_two_runs(data: bytes, limit: int) -> None:
    assume(not data.startswith((b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lines.ndjson"
        path.write_bytes(data)
        whole = replay(path, {}, ReplayOptions())
        assert whole.counts.adds_up()
        assert whole.counts.read == len(data.split(b"\n")) - (not data.split(b"\n")[-1])
        first = replay(path, {}, ReplayOptions(limit=limit))
        (cursor,) = first.cursors
        position = Position.decode(cursor.position(make_plan([cursor.source], {}, ReplayOptions()).track).encode())
        second = replay(path, {position_key(cursor.source, ReplayOptions()): position}, ReplayOptions())
        assert second.counts.adds_up()
        assert (second.counts.read, second.counts.sent, second.counts.dead_lettered) == (
            whole.counts.read,
            whole.counts.sent,
            whole.counts.dead_lettered,
        )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 2**63) | st.text(max_size=4) | st.sampled_from(["1584000000", "68"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["itemInfos", "id", "createTime", "time_stamp", "text"]), inner, max_size=5)
    ),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["itemInfos", "id", "createTime", "time_stamp"]), JSON, max_size=4))
def test_the_short_check_agrees_with_the_thorough_one(post: dict[str, object]) -> None:
    line = json.dumps(post).encode()
    assert verdict(check_line, line) == verdict(_check_thoroughly, line)


@given(st.binary(max_size=40), st.integers(0, 60))
def test_the_short_check_agrees_on_damaged_lines(noise: bytes, place: int) -> None:
    line = '{"id":"68","createTime":"1584000000","text":"né 🔥"}'.encode()
    line = line[:place] + noise + line[place + len(noise) :]
    assert verdict(check_line, line) == verdict(_check_thoroughly, line)


def verdict(check: Callable[[bytes, int], tuple[bool, bytes, int]], line: bytes) -> object:
    try:
        return check(line, 1_700_000_000)
    except NotAPostError as error:
        return error.reason
