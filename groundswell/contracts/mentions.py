"""The few fields of a post that the stream reads: what isn't named here isn't parsed.

Both forms, as in `groundswell.contracts.posts`. Scalars are strings or numbers; a part of another shape than this is
read as if it weren't there.
"""

import json
from typing import Any

import msgspec

Scalar = str | int | float | bool | None
"""What stands where a string or a number should."""


class _Counts(msgspec.Struct):
    diggCount: Scalar = None  # noqa: N815 - the data's name, as below
    commentCount: Scalar = None  # noqa: N815
    shareCount: Scalar = None  # noqa: N815


class Item(_Counts):
    """`itemInfos` of the nested form."""

    id: Scalar = None
    text: Scalar = None
    createTime: Scalar = None  # noqa: N815
    authorId: Scalar = None  # noqa: N815


class NestedAuthor(msgspec.Struct):
    """`authorInfos` of the nested form."""

    userId: Scalar = None  # noqa: N815
    uniqueId: Scalar = None  # noqa: N815


class WebAuthor(msgspec.Struct):
    """`author` of the web form, where it isn't only a name."""

    id: Scalar = None
    uniqueId: Scalar = None  # noqa: N815


class Challenge(msgspec.Struct):
    """One of `challengeInfoList`, or of `challenges` in the web form."""

    challengeName: Scalar = None  # noqa: N815
    title: Scalar = None


class TextExtra(msgspec.Struct):
    """What the text links to: a hashtag has a name, in one of two spellings."""

    HashtagName: Scalar = None
    hashtagName: Scalar = None  # noqa: N815


class Mentioning(msgspec.Struct):
    """A post."""

    itemInfos: Item | None = None  # noqa: N815
    authorInfos: NestedAuthor | None = None  # noqa: N815
    challengeInfoList: list[Challenge] | None = None  # noqa: N815
    textExtra: list[TextExtra] | None = None  # noqa: N815
    id: Scalar = None
    desc: Scalar = None
    createTime: Scalar = None  # noqa: N815
    author: WebAuthor | Scalar = None
    authorId: Scalar = None  # noqa: N815
    challenges: list[Challenge] | None = None
    stats: _Counts | None = None
    statsV2: _Counts | None = None  # noqa: N815


_decode = msgspec.json.Decoder(Mentioning).decode
_TYPES = {field.name: field.type for field in msgspec.structs.fields(Mentioning)}


def read_mentioning(value: bytes) -> Mentioning | None:
    r"""Return the fields of a record's value, or None where it is no JSON object.

    >>> read_mentioning(b'{"id": "1", "desc": "hi"}').desc, read_mentioning(b"[1]")
    ('hi', None)
    >>> read_mentioning(b'{"id": "1", "textExtra": 3, "desc": "cut \\ud83d"}').desc
    'cut ?'
    """
    try:
        return _decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _read_by_parts(value)


def _read_by_parts(value: bytes) -> Mentioning | None:
    """Read what can be read of a record in which a part has another shape, or half of a surrogate pair."""
    try:
        whole: Any = json.loads(value.decode("utf-8", "replace"))
        if not isinstance(whole, dict):
            return None
        whole = json.loads(json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    parts = {name: _part(whole[name], kind) for name, kind in _TYPES.items() if name in whole}
    return Mentioning(**parts)


def _part(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None
