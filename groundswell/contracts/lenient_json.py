"""JSON objects read by a schema; what has another shape than the schema says is read as if it weren't there."""

import json
from collections.abc import Callable
from typing import Any, TypeVar, get_args

import msgspec

Struct = TypeVar("Struct", bound=msgspec.Struct)


def reader(kind: type[Struct]) -> Callable[[bytes], Struct | None]:
    r"""Return a function that reads a record's value, and gives None where it is no JSON object.

    Parameters
    ----------
    kind : type of msgspec.Struct
        The fields that are wanted, each with a default.

    >>> class Inner(msgspec.Struct):
    ...     name: str | None = None
    ...     number: int | None = None
    >>> class Outer(msgspec.Struct):
    ...     inner: Inner | None = None
    ...     text: str | None = None
    >>> read = reader(Outer)
    >>> read(b'{"text": "hi", "other": []}').text, read(b"[1]"), read(b"{")
    ('hi', None, None)
    >>> read(b'{"inner": {"name": "x", "number": []}, "text": "cut \\ud83d"}')
    Outer(inner=Inner(name='x', number=None), text='cut ?')
    """
    decode = msgspec.json.Decoder(kind).decode

    def read(value: bytes) -> Struct | None:
        try:
            return decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return _read_by_parts(kind, value)

    return read


def _read_by_parts(kind: type[Struct], value: bytes) -> Struct | None:
    """Read what can be read of a record in which a part has another shape, or half of a surrogate pair."""
    try:
        whole: Any = json.loads(value.decode("utf-8", "replace"))
        if not isinstance(whole, dict):
            return None
        whole = json.loads(json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return _built(kind, whole)


def _built(kind: type[Struct], value: dict[str, Any]) -> Struct:
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return kind(**{name: _part(value[name], types[name]) for name in types if name in value})


def _part(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        struct = next(
            (each for each in get_args(kind) if isinstance(each, type) and issubclass(each, msgspec.Struct)), None
        )
        return _built(struct, value) if struct and isinstance(value, dict) else None
