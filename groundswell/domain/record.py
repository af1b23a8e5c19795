"""What makes a line a post, and how `time_stamp` gets into its bytes without touching the others."""

import re

EARLIEST_CREATION_SECONDS = 1_388_534_400
"""2014-01-01: no TikTok, musical.ly or Douyin post is older."""

FUTURE_ALLOWANCE_SECONDS = 86_400
"""How far ahead of the clock a creation time may lie and still be believed."""

TIME_STAMP = "time_stamp"
_MAYBE_EMPTY = b"{ \t\r\n"

# Strings are matched whole, so that brackets, commas and colons inside them are never taken for structure.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]', re.DOTALL)
_ESCAPED_UNIT = re.compile(r"\\u([0-9a-fA-F]{4})")


class NotAPostError(ValueError):
    """A line that is no post.

    Parameters
    ----------
    reason : str
        Short name for machines: it becomes a header of the dead letter and a row of the summary.
    detail : str
        The same for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def identify(post: object, latest_seconds: int) -> tuple[str, int]:
    """Return a post's id and creation time, from the nested or the web form.

    Parameters
    ----------
    post : object
        A parsed JSON value.
    latest_seconds : int
        The latest creation time that is believed, epoch seconds.

    Returns
    -------
    tuple of (str, int)
        The id, and the creation time in epoch seconds.

    Raises
    ------
    NotAPostError
        With reason `not_an_object`, `no_id` or `no_creation_time`.

    Examples
    --------
    >>> identify({"itemInfos": {"id": "68", "createTime": "1584953968"}}, 2_000_000_000)
    ('68', 1584953968)
    >>> identify({"id": 68, "createTime": 1584953968}, 2_000_000_000)
    ('68', 1584953968)
    """
    if type(post) is not dict:
        raise NotAPostError("not_an_object", f"a JSON {type(post).__name__}, not an object")
    item = post.get("itemInfos")
    if type(item) is not dict:
        item = post
    post_id = item.get("id")
    if type(post_id) is int:
        post_id = str(post_id)
    if type(post_id) is not str or not post_id.strip():
        raise NotAPostError("no_id", f"id is {_shown(post_id)}")
    created = item.get("createTime")
    if type(created) is str and len(created) <= 12 and created.isascii() and created.isdigit():
        created = int(created)
    if type(created) is not int:
        raise NotAPostError("no_creation_time", f"createTime is {_shown(created)}")
    if not EARLIEST_CREATION_SECONDS <= created <= latest_seconds:
        raise NotAPostError(
            "no_creation_time",
            f"createTime {_shown(created)} is not in epoch seconds from 2014 to {latest_seconds}",
        )
    return post_id, created


def splice_time_stamp(line: bytes, milliseconds: int, has_one: bool) -> bytes:
    """Return `line` with a top-level `time_stamp`; every other byte stays as it was.

    The pair goes in front of the closing brace. A record that was exported before has a `time_stamp` already: there the
    old value's bytes are replaced where they stand, so that no reader meets the key twice.

    Parameters
    ----------
    line : bytes
        A valid JSON object in UTF-8, without its line end.
    milliseconds : int
        Epoch milliseconds.
    has_one : bool
        Whether the object has a top-level `time_stamp`.

    Returns
    -------
    bytes
        The object with `time_stamp`.

    Examples
    --------
    >>> splice_time_stamp(b'{"id":"1"} ', 5, has_one=False)
    b'{"id":"1","time_stamp":5} '
    >>> splice_time_stamp(b'{"time_stamp": 1.5, "id":"1"}', 5, has_one=True)
    b'{"time_stamp": 5, "id":"1"}'
    """
    if has_one:
        return _replace_time_stamp(line, b"%d" % milliseconds)
    if line[-1:] == b"}" and line[-2] not in _MAYBE_EMPTY:
        return line[:-1] + b',"time_stamp":%d}' % milliseconds
    end = line.rindex(b"}")
    comma = b"" if line[:end].strip() == b"{" else b","
    return b'%b%b"time_stamp":%d%b' % (line[:end], comma, milliseconds, line[end:])


def _replace_time_stamp(line: bytes, value: bytes) -> bytes:
    """Replace the value of every top-level `time_stamp`: duplicated keys are read differently by different readers."""
    pieces: list[bytes] = []
    copied = 0
    for start, end in _top_level_values(line, TIME_STAMP):
        pieces += (line[copied:start], value)
        copied = end
    return b"".join((*pieces, line[copied:]))


def _top_level_values(line: bytes, wanted: str) -> list[tuple[int, int]]:
    """Find the byte ranges of the values that stand at top level under the key `wanted`."""
    ranges = []
    depth = 0
    key = ""
    value_start = -1
    last_string = b""
    for match in _TOKEN.finditer(line):
        token = match[0]
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
        elif depth == 1 and token == b":":
            key, value_start = _unescaped(last_string[1:-1]), match.end()
        elif depth == 1 and token != b",":
            last_string = token
        at_value_end = (depth == 1 and token == b",") or depth == 0
        if at_value_end and value_start >= 0:
            if key == wanted:
                ranges.append(_trimmed(line, value_start, match.start()))
            value_start = -1
    return ranges


def _trimmed(line: bytes, start: int, end: int) -> tuple[int, int]:
    value = line[start:end]
    return start + len(value) - len(value.lstrip()), end - (len(value) - len(value.rstrip()))


def _unescaped(key: bytes) -> str:
    r"""Undo `\uXXXX`; the key looked for holds no character that has another escape."""
    return _ESCAPED_UNIT.sub(lambda match: chr(int(match[1], 16)), key.decode("utf-8"))


def _shown(value: object) -> str:
    shown = "missing" if value is None else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
