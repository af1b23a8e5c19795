"""The check that tells posts from other lines: UTF-8, JSON, id and creation time."""

import json
from typing import Any, NoReturn, cast

import orjson

from groundswell.domain.record import NotAPostError, identify

REASON_TOO_LARGE = "too_large"


def check_line(line: bytes, latest_seconds: int) -> tuple[dict[str, Any], bytes, int]:
    """Return a line's parsed post, its key and its creation time in epoch seconds.

    Raises
    ------
    NotAPostError
        With the reason for the dead letter.
    """
    try:
        post = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        post = _parse_again(line, error)
    post_id, created_seconds = identify(post, latest_seconds)
    try:
        return cast("dict[str, Any]", post), post_id.encode(), created_seconds
    except UnicodeEncodeError:
        raise NotAPostError("no_id", "id holds half of a surrogate pair") from None


def _parse_again(line: bytes, error: orjson.JSONDecodeError) -> object:
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
