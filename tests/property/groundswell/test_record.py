"""`time_stamp` gets into any object's bytes without touching the others."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from groundswell.domain.record import splice_time_stamp

SPACE = st.text(" \t\r\n", max_size=3)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["time_stamp", '"time_stamp":1', "}", '\\"}', '{"time_stamp": 3}', "time\\u005fstamp"]
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
STAMP = st.integers(0, 2**45)


@given(st.dictionaries(TEXT, VALUE, max_size=5), STAMP, SPACE, SPACE, st.booleans(), st.sampled_from([None, 0, 3]))
def test_spliced_object_is_the_object_and_time_stamp(
    post: dict[str, Any], stamp: int, before: str, after: str, ascii_only: bool, indent: int | None
) -> None:
    line = (before + json.dumps(post, ensure_ascii=ascii_only, indent=indent) + after).encode()
    spliced = splice_time_stamp(line, stamp, "time_stamp" in post)
    pairs = json.loads(spliced, object_pairs_hook=list)
    assert json.loads(spliced) == post | {"time_stamp": stamp}
    assert [key for key, _ in pairs].count("time_stamp") == 1
    if "time_stamp" not in post:
        cut = len(line) - len(line[line.rindex(b"}") :])
        added = b'%b"time_stamp":%d' % (b"," if post else b"", stamp)
        assert spliced == line[:cut] + added + line[cut:]


@given(st.dictionaries(TEXT, VALUE, max_size=4), VALUE, STAMP, SPACE, SPACE, st.booleans())
def test_an_older_time_stamp_is_replaced_where_it_stands(
    post: dict[str, Any], old: object, stamp: int, before: str, after: str, escaped: bool
) -> None:
    post.pop("time_stamp", None)
    key = '"time\\u005fstamp"' if escaped else '"time_stamp"'
    head = "{" + before + key + before + ":" + after
    rest = before + "".join(f",{json.dumps(k)}:{json.dumps(v)}" for k, v in post.items()) + "}" + after
    line = (head + json.dumps(old) + rest).encode()
    assert splice_time_stamp(line, stamp, has_one=True) == (head + str(stamp) + rest).encode()


def test_every_one_of_duplicated_time_stamps_is_replaced() -> None:
    line = b'{"time_stamp":1,"id":"time_stamp","time_stamp":[1,{"time_stamp":2}]}'
    assert splice_time_stamp(line, 7, has_one=True) == b'{"time_stamp":7,"id":"time_stamp","time_stamp":7}'
