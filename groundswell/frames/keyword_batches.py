"""The keywords of many posts at once; the rules, and what each character is to them, are those of the domain.

The texts of a batch stand behind one another as one array of characters (`groundswell.frames.characters`), and each
rule goes over all of it. Asking the domain post by post takes longer (docs/decisions/0005). That both find the same is
held by `tests/property/groundswell/frames/test_keyword_batches.py`.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from unicodedata import is_normalized

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from groundswell.domain import keywords as rules
from groundswell.domain.spam import SHORTEST_COPIED_TEXT
from groundswell.frames.characters import (
    IN_HASHTAG,
    IN_MENTION,
    IN_WORD,
    LETTER,
    LETTER_OR_DIGIT,
    MARK,
    UNSPACED,
    UNVARIED,
    Codes,
    Kinds,
    Mask,
    Places,
    codes_of,
    have_kind,
    kinds_of,
    mask_within,
    runs_in,
    strings_of,
    text_of,
)

_BETWEEN = "\0"
"""Between two texts. It can stand in no match of a rule, nor can a space, which takes its place within a text."""
_SPACE, _HASH, _APOSTROPHE, _AT = map(ord, " #'@")
_URL = regex.compile(rules.URL_PATTERN)
_HASHTAG = regex.compile(rules.HASHTAG_PATTERN)
_AFTER_MARKER = ((IN_HASHTAG, _HASH), (IN_MENTION, _AT))


class FoundInTexts(NamedTuple):
    """What was found in the posts of a batch.

    Attributes
    ----------
    keywords : ListArray of string
        Per post, each once: `PLATFORM_KEYWORD`, then hashtags and words in any order.
    copied_text_keys : list of str or None
        As of `groundswell.domain.spam.copied_text_key`.
    """

    keywords: pa.ListArray
    copied_text_keys: list[str | None]


class _Entries(NamedTuple):
    """Strings one behind the other, and whose they are; posts are in order."""

    codes: Codes
    lengths: Places
    posts: Places


def found_in(
    texts: Sequence[str], names: Sequence[str], names_posts: Sequence[int], stopwords: frozenset[str]
) -> FoundInTexts:
    """Return what `keywords_of` and `copied_text_key` find in each of many posts.

    Parameters
    ----------
    texts : sequence of str
        A post's text each, as written.
    names : sequence of str
        Hashtag and challenge names given beside the texts.
    names_posts : sequence of int
        The number of the post that each name belongs to.
    stopwords : frozenset of str

    >>> found = found_in(["Happy #One", "the end"], ["Two", "two"], [1, 1], frozenset({"the"}))
    >>> [sorted(keywords) for keywords in found.keywords.to_pylist()], found.copied_text_keys
    ([['', '#one', 'happy'], ['', '#two', 'end']], [None, None])
    """
    normals = list(map(rules.normal_form, texts))
    again, again_posts = _to_be_normalized_again(texts, normals)
    joined = _joined(normals)
    codes = codes_of(joined)
    between = np.flatnonzero(codes == 0)
    hashtags = _without(_hashtags(codes, between), again_posts)
    named = _named([*names, *again], [*names_posts, *again_posts])
    codes, kinds = _bare(joined, codes)
    words = _words(codes, kinds, between)
    return FoundInTexts(
        _keyword_lists(len(texts), hashtags, named, words, stopwords), _copied_text_keys(codes, kinds, between)
    )


def _to_be_normalized_again(texts: Sequence[str], normals: list[str]) -> tuple[list[str], list[int]]:
    """Return hashtags that have another normal form than the normal form they stand in, and their posts.

    Lower case may compose once more: there is a ǰ, but no such capital.
    """
    changed = [
        number
        for number, normal in enumerate(normals)
        if normal != texts[number] and not is_normalized("NFKC", normal) and "#" in normal
    ]
    found = [(number, _HASHTAG.findall(normals[number])) for number in changed]
    return [name for _, names in found for name in names], [number for number, names in found for _ in names]


def _joined(texts: list[str]) -> str:
    joined = _BETWEEN.join(["", *texts, ""])
    if joined.count(_BETWEEN) > len(texts) + 1:
        joined = _BETWEEN.join(["", *(text.replace(_BETWEEN, " ") for text in texts), ""])
    return joined


def _posts_of(starts: Places, between: Places) -> Places:
    return np.repeat(np.arange(len(between) - 1), np.diff(np.searchsorted(starts, between)))


def _long_enough(lengths: Places, allowed: tuple[int, int]) -> Mask:
    return (allowed[0] <= lengths) & (lengths <= allowed[1])


def _hashtags(codes: Codes, between: Places) -> _Entries:
    kinds = kinds_of(codes)
    starts, ends = _marked(codes, kinds, IN_HASHTAG, _HASH)
    good = _long_enough(ends - starts, rules.HASHTAG_LENGTHS) & have_kind(LETTER_OR_DIGIT, kinds, starts, ends)
    starts, ends = starts[good] - 1, ends[good]
    return _Entries(codes.compress(mask_within(starts, ends, len(codes))), ends - starts, _posts_of(starts, between))


def _without(entries: _Entries, posts: Sequence[int]) -> _Entries:
    """Leave out what these posts have."""
    if not posts:
        return entries
    kept = ~np.isin(entries.posts, posts)
    return _Entries(
        entries.codes.compress(np.repeat(kept, entries.lengths)), entries.lengths[kept], entries.posts[kept]
    )


def _marked(codes: Codes, kinds: Kinds, kind: int, marker: int) -> tuple[Places, Places]:
    """Return from where to where characters of a kind stand behind a marker, which is of another kind."""
    starts, ends = runs_in((kinds & kind) != 0)
    marked = codes[starts - 1] == marker
    return starts[marked], ends[marked]


def _named(names: list[str], posts: list[int]) -> _Entries:
    """Return the hashtags of names given beside the texts."""
    codes = codes_of(_joined([name if name.isascii() else rules.normal_form(name) for name in names]))
    codes = np.where((codes - ord("A")) < 26, codes + 32, codes)
    kinds = kinds_of(codes)
    kept = ((kinds & IN_HASHTAG) != 0) | (codes == 0)
    codes, kinds = codes.compress(kept), kinds.compress(kept)
    edges = np.flatnonzero(codes == 0)
    starts, ends = edges[:-1], edges[1:]
    good = _long_enough(ends - starts - 1, rules.HASHTAG_LENGTHS) & have_kind(LETTER_OR_DIGIT, kinds, starts + 1, ends)
    codes[starts] = _HASH
    lengths = ends - starts
    return _Entries(codes[:-1].compress(np.repeat(good, lengths)), lengths[good], np.array(posts, np.int64)[good])


def _bare(joined: str, codes: Codes) -> tuple[Codes, Kinds]:
    """Return what the characters of the texts are, those being of no kind that `bare_text` takes out."""
    if "http" in joined or "www." in joined:
        codes = codes.copy()
        for match in _URL.finditer(joined):
            codes[slice(*match.span())] = _SPACE
    kinds = kinds_of(codes)
    tags, mentions = (_marked(codes, kinds, kind, marker) for kind, marker in _AFTER_MARKER)
    starts, ends = np.append(tags[0], mentions[0]) - 1, np.append(tags[1], mentions[1])
    stay = ~mask_within(starts, ends, len(codes)) & (codes != _HASH)
    return codes, kinds * stay


def _words(codes: Codes, kinds: Kinds, between: Places) -> _Entries:
    in_word = ((kinds & IN_WORD) != 0) & ~_without_spaces(kinds)
    apostrophes = np.flatnonzero(codes == _APOSTROPHE)
    in_word[apostrophes[in_word[apostrophes - 1] & in_word[apostrophes + 1]]] = True
    starts, ends = runs_in(in_word)
    lengths = ends - starts
    dropped = _elongations(codes, in_word & ((kinds & LETTER) != 0))
    if len(dropped):
        lengths = lengths - np.diff(np.searchsorted(dropped, np.append(starts, len(codes))))
    good = _long_enough(lengths, rules.WORD_LENGTHS) & have_kind(LETTER, kinds, starts, ends)
    starts = starts[good]
    within = mask_within(starts, ends[good], len(codes))
    within[dropped] = False
    return _Entries(codes.compress(within), lengths[good], _posts_of(starts, between))


def _without_spaces(kinds: Kinds) -> Mask:
    """Return where scripts without spaces stand, the marks behind their characters included."""
    places = np.flatnonzero(kinds & UNSPACED)
    starts, ends = runs_in((kinds & (UNSPACED | MARK)) != 0)
    # Marks before the first of its characters are a word's.
    firsts = np.append(places, len(kinds))[np.searchsorted(places, starts)]
    have = firsts < ends
    return mask_within(firsts[have], ends[have], len(kinds))


def _elongations(codes: Codes, letters: Mask) -> Places:
    """Return where a letter stands for the third time or more."""
    same = codes[1:] == codes[:-1]
    return np.flatnonzero(same[1:] & same[:-1] & letters[2:]) + 2


def _copied_text_keys(codes: Codes, kinds: Kinds, between: Places) -> list[str | None]:
    places = np.flatnonzero(kinds & UNVARIED)
    text = text_of(codes[places])
    ends = np.searchsorted(places, between).tolist()
    return [text[start:end] if end - start >= SHORTEST_COPIED_TEXT else None for start, end in pairwise(ends)]


def _keyword_lists(
    posts: int, hashtags: _Entries, named: _Entries, words: _Entries, stopwords: frozenset[str]
) -> pa.ListArray:
    numbers = np.arange(posts)
    platform = _Entries(np.zeros(0, np.uint32), np.zeros(posts, np.int64), numbers)
    parts = (platform, hashtags, named, words)
    lengths = np.concatenate([part.lengths for part in parts])
    owners = np.concatenate([part.posts for part in parts])
    encoded = strings_of(np.concatenate([part.codes for part in parts]), lengths).dictionary_encode()
    keywords, indices = encoded.dictionary, encoded.indices.to_numpy()
    left_out = pc.is_in(keywords, _stopword_array(stopwords)).to_numpy(zero_copy_only=False)[indices]
    left_out[: len(lengths) - len(words.lengths)] = False
    pairs = (owners << 32 | indices).compress(~left_out)
    pairs.sort()
    pairs = pairs.compress(np.append(True, pairs[1:] != pairs[:-1])) if len(pairs) else pairs
    offsets = np.searchsorted(pairs, np.arange(posts + 1) << 32).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, keywords.take(pa.array((pairs & 0xFFFFFFFF).astype(np.int32))))


@lru_cache(maxsize=4)
def _stopword_array(stopwords: frozenset[str]) -> pa.Array:
    return pa.array(sorted(stopwords), pa.string())
