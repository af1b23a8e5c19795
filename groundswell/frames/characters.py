"""Characters by the array: their code points, what each is to a rule of the domain, and runs of those of a kind."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import regex

from groundswell.domain import keywords as rules
from groundswell.domain.spam import VARIED_PATTERN

Codes = npt.NDArray[np.uint32]
Kinds = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

LETTER, LETTER_OR_DIGIT, IN_WORD, IN_HASHTAG, IN_MENTION, UNSPACED, MARK, UNVARIED, _KNOWN = (
    1 << place for place in range(9)
)
_UTF_32 = "utf-32-le"
_FIRST_BYTES_FROM = -0x40
"""As signed numbers, the bytes in UTF-8 that begin no character are lower."""


def codes_of(text: str) -> Codes:
    """Return a text's characters as numbers."""
    return np.frombuffer(text.encode(_UTF_32), np.uint32)


def text_of(codes: Codes) -> str:
    """Return the text of characters."""
    # Numpy makes a string of it several times as fast as Python decodes the bytes; it ends with no NUL.
    return str(codes.view(f"<U{len(codes)}")[0]) if len(codes) else ""


def strings_of(codes: Codes, lengths: Places) -> pa.StringArray:
    """Return strings that stand one behind the other, of these lengths."""
    data = text_of(codes).encode()
    ends = np.append(0, np.cumsum(lengths))
    if len(data) > len(codes):
        first_bytes = np.flatnonzero(np.frombuffer(data, np.int8) >= _FIRST_BYTES_FROM)
        ends = np.append(first_bytes, len(data))[ends]
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data))


_KIND_PATTERNS = (
    (LETTER, rules.LETTER_PATTERN, ""),
    (LETTER_OR_DIGIT, rules.LETTER_OR_DIGIT_PATTERN, ""),
    (IN_WORD, rules.WORD_PATTERN, ""),
    (IN_HASHTAG, rules.HASHTAG_PATTERN, "#"),
    (IN_MENTION, rules.MENTION_PATTERN, "@"),
    (UNSPACED, rules.WITHOUT_SPACES_PATTERN, ""),
    (MARK, rules.WITHOUT_SPACES_PATTERN, "ー"),
)
"""A character is of a kind where the pattern matches what stands before it together with it."""
_kind_of_code = np.zeros(0x110000, np.uint16)


def kinds_of(codes: Codes) -> Kinds:
    """Return of which kinds each character is, a bit each."""
    kinds = _kind_of_code.take(codes)
    if not kinds.all():
        for code in np.unique(codes[kinds == 0]).tolist():
            _kind_of_code[code] = _kind(chr(code))
        kinds = _kind_of_code.take(codes)
    return kinds


def _kind(character: str) -> int:
    kinds = _KNOWN
    for kind, pattern, before in _KIND_PATTERNS:
        if regex.fullmatch(pattern, before + character):
            kinds |= kind
    return kinds if regex.match(VARIED_PATTERN, character) else kinds | UNVARIED


def runs_in(mask: Mask) -> tuple[Places, Places]:
    """Return from where to where the mask holds; it never does at the ends."""
    edges = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    return edges[::2], edges[1::2]


def mask_within(starts: Places, ends: Places, size: int) -> Mask:
    """Return a mask that holds from each start to its end."""
    turns = np.zeros(size, np.bool_)
    turns[starts] = True
    turns[ends] ^= True
    within: Mask = np.logical_xor.accumulate(turns)
    return within


def have_kind(kind: int, kinds: Kinds, starts: Places, ends: Places) -> Mask:
    """Return which runs have a character of a kind; most begin with one."""
    have: Mask = (kinds[starts] & kind) != 0
    others = np.flatnonzero(~have)
    if len(others):
        edges = np.column_stack((starts[others], ends[others])).ravel()
        have[others] = (np.bitwise_or.reduceat(kinds, edges)[::2] & kind) != 0
    return have
