"""The check that tells posts from other lines: UTF-8, JSON, id and creation time."""

import json
from typing import Any, NoReturn

import msgspec
import orjson

from groundswell.domain.record import EARLIEST_CREATION_SECONDS, TIME_STAMP, NotAPostError, identify

REASON_TOO_LARGE = "too_large"


class _Item(msgspec.Struct):
    id: Any = None
    createTime: Any = None  # noqa: N815 - the data's name


class _Post(msgspec.Struct):
    itemInfos: _Item | None = None  # noqa: N815 - the data's name
    id: Any = None
    createTime: Any = None  # noqa: N815 - the data's name
    time_stamp: Any = msgspec.UNSET


# It checks the whole line but makes objects of four fields only: less than half of a full parser's time.
_decode = msgspec.json.Decoder(_Post).decode


def check_line(line: bytes, latest_seconds: int) -> tuple[bool, bytes, int]:
    """Tell whether a line is a post.

    Parameters
    ----------
    line : bytes
        The line without its end.
    latest_seconds : int
        The latest creation time that is believed, epoch seconds.

    Returns
    -------
    tuple of (bool, bytes, int)
        Whether it has a `time_stamp`, its id in UTF-8, and its creation time in epoch seconds.

    Raises
    ------
    NotAPostError
        With the reason for the dead letter.
    """
    try:
        if not line.isascii():
            line.decode()  # the decoder doesn't look into strings that it leaves out
        post = _decode(line)
        item = post.itemInfos or post
        post_id, created = item.id, item.createTime
        if type(created) is str and len(created) == 10 and created.isascii() and created.isdigit():
            created = int(created)
        if (
            type(created) is int
            and EARLIEST_CREATION_SECONDS <= created <= latest_seconds
            and type(post_id) is str
            and post_id.isalnum()
        ):
            return post.time_stamp is not msgspec.UNSET, post_id.encode(), created
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    return _check_thoroughly(line, latest_seconds)


def _check_thoroughly(line: bytes, latest_seconds: int) -> tuple[bool, bytes, int]:
    """Decide the rare case, and name what is wrong."""
    try:
        post = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        post = _parse_again(line, error)
    post_id, created_seconds = identify(post, latest_seconds)
    try:
        return TIME_STAMP in post, post_id.encode(), created_seconds
    except UnicodeEncodeError:
        raise NotAPostError("no_id", "id holds half of a surrogate pair") from None


def _parse_again(line: bytes, error: orjson.JSONDecodeError) -> Any:
    r"""Parse what orjson refuses but JSON allows: texts cut in the middle of an emoji end in a lone `\ud83d`."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as decode_error:
        raise NotAPostError("bad_utf8", f"{decode_error.reason} at byte {decode_error.start}") from None
    if "surrogate" not in error.msg:
        raise NotAPostError("bad_json", str(error)) from None
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as second_error:
        raise NotAPostError("bad_json", str(second_error)) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
