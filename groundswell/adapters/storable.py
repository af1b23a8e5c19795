"""What Postgres' text holds: no NUL, and no half of a surrogate pair."""

from collections.abc import Iterable
from typing import Any


def storable_row(values: Iterable[Any]) -> tuple[Any, ...]:
    r"""Return a row that Postgres takes.

    >>> storable_row(["a\0b", 7, ["x\ud83d"], None])
    ('ab', 7, ['x?'], None)
    """
    return tuple([_storable(value) for value in values])


def _storable(value: Any) -> Any:
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value
