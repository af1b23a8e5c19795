"""Single fields of CSV as Postgres reads it: an empty field that isn't quoted is NULL. NUL is left to the caller."""

from collections.abc import Sequence


def quoted(text: str | None) -> str:
    """Return a text.

    >>> quoted('say "hi", you'), quoted(""), quoted(None)
    ('"say ""hi"", you"', '""', '')
    """
    return "" if text is None else '"' + text.replace('"', '""') + '"'


def number(value: int | None) -> str:
    """Return a number.

    >>> number(-3), number(None)
    ('-3', '')
    """
    return "" if value is None else str(value)


def flag(value: bool | None) -> str:
    """Return a truth value.

    >>> flag(True), flag(False), flag(None)
    ('true', 'false', '')
    """
    return "" if value is None else "true" if value else "false"


def array(items: Sequence[str | None]) -> str:
    """Return texts as Postgres' literal of an array.

    >>> print(array(["a", 'b"c', None]), array([]))
    "{""a"",""b\\""c"",NULL}" {}
    """
    if not items:
        return "{}"
    inside = ",".join(
        "NULL" if item is None else '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items
    )
    return quoted("{" + inside + "}")
