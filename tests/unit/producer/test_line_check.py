import pytest

from groundswell.domain.record import NotAPostError
from producer.line_check import check_line

LATEST = 1_700_000_000


@pytest.mark.parametrize(
    "line",
    [
        b'{"itemInfos":{"id":"68","text":"","createTime":"1584000000"}}',
        b'{"itemInfos":{"id":68,"createTime":1584000000}}',
        b'{"id":"68","createTime":1584000000}',
        b'{"id":"68","createTime":"1584000000","author":"just a name"}',
        b'  {"id":"68","createTime":1584000000}  ',
        b'{"id":"67","id":"68","createTime":1584000000}',
        rb'{"id":"68","createTime":1584000000,"desc":"cut in an emoji \ud83d"}',
        b'{"id":"68","createTime":1584000000,"deep":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"itemInfos":null,"id":"68","createTime":1584000000}',
    ],
)
def test_a_post_is_known_by_id_and_creation_time_alone(line: bytes) -> None:
    _, key, created = check_line(line, LATEST)
    assert (key, created) == (b"68", 1_584_000_000)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{ itemInfos: { covers: [Array] } }", "bad_json"),
        (b'{"id":"68","createTime":1584000000', "bad_json"),
        (b'{"id":"68","createTime":1584000000} {}', "bad_json"),
        (b'{"id":"68","createTime":1584000000,"n":NaN}', "bad_json"),
        (rb'{"id":"68","createTime":1584000000,"t":"\ud83d","n":NaN}', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"id":"68","createTime":1584000000,"deep":' + b"[" * 9000 + b"]" * 9000 + b"}", "bad_json"),
        (b'{"id":"\xff","createTime":1584000000}', "bad_utf8"),
        (b'\xff\xfe{\x00"\x00', "bad_utf8"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"{}", "no_id"),
        (b'{"id":"","createTime":1584000000}', "no_id"),
        (b'{"id":" ","createTime":1584000000}', "no_id"),
        (b'{"id":true,"createTime":1584000000}', "no_id"),
        (b'{"id":6.8e18,"createTime":1584000000}', "no_id"),
        (rb'{"id":"\ud83d","createTime":1584000000}', "no_id"),
        (b'{"itemInfos":{"text":"x"},"id":"68","createTime":1584000000}', "no_id"),
        (b'{"id":"68"}', "no_creation_time"),
        (b'{"id":"68","createTime":"yesterday"}', "no_creation_time"),
        (b'{"id":"68","createTime":"\xd9\xa1\xd9\xa5"}', "no_creation_time"),
        (b'{"id":"68","createTime":1584000000000}', "no_creation_time"),
        (b'{"id":"68","createTime":0}', "no_creation_time"),
        (b'{"id":"68","createTime":1700000001}', "no_creation_time"),
        (b'{"id":"68","createTime":true}', "no_creation_time"),
    ],
)
def test_another_line_gets_a_reason(line: bytes, reason: str) -> None:
    with pytest.raises(NotAPostError) as caught:
        check_line(line, LATEST)
    assert caught.value.reason == reason
    assert caught.value.detail


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"id":"68","createTime":1584000000}', False),
        (b'{"id":"68","createTime":1584000000,"time_stamp":null}', True),
        (rb'{"id":"6-8","createTime":1584000000,"time\u005fstamp":1}', True),
        (b'{"itemInfos":{"id":"68","createTime":"1584000000","time_stamp":5}}', False),
    ],
)
def test_a_time_stamp_at_top_level_is_noticed(line: bytes, expected: bool) -> None:
    assert check_line(line, LATEST)[0] is expected
