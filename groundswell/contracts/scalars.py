"""What stands where a string or a number should, in data that writes either as either."""

Scalar = str | int | float | bool | None

_BIGINT = 1 << 63


def text_of(value: object) -> str | None:
    """Return a scalar as text.

    >>> text_of(7), text_of(""), text_of(None)
    ('7', '', None)
    """
    return value if type(value) is str else None if value is None else str(value)


def filled(*values: object) -> str | None:
    """Return the first that isn't missing or empty, as text.

    >>> filled(None, "", 7, "8")
    '7'
    """
    for value in values:
        if value is not None and value != "":
            return value if type(value) is str else str(value)
    return None


def count_of(value: object) -> int | None:
    """Return a whole number that Postgres' bigint holds; None for everything else.

    >>> count_of(" -7 "), count_of(7), count_of(7.0), count_of("7.0"), count_of(True), count_of(2**63)
    (-7, 7, None, None, None, None)
    """
    if type(value) is str:
        if len(value) < 19 and value.isascii() and value.isdigit():
            return int(value)
        digits = value.strip()
        unsigned = digits[1:] if digits[:1] in ("-", "+") else digits
        if not (unsigned.isascii() and unsigned.isdigit()) or len(unsigned) > 19:
            return None
        value = int(digits)
    return value if type(value) is int and -_BIGINT <= value < _BIGINT else None


def first_count(*values: object) -> int | None:
    """Return the first that is a count.

    >>> first_count(None, "many", "3", 4)
    3
    """
    for value in values:
        count = count_of(value)
        if count is not None:
            return count
    return None


def truth_of(value: object) -> bool | None:
    """Return whether it is `true` in any spelling; the nested form of posts writes false as an empty string.

    >>> truth_of(True), truth_of("TRUE"), truth_of(""), truth_of(None)
    (True, True, False, None)
    """
    return None if value is None else value is True or str(value).lower() == "true"
