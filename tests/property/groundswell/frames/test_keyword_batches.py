"""The keywords of a batch are what the domain finds post by post, whatever stands beside them."""

import unicodedata

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundswell.domain.keywords import (
    HASHTAG_PATTERN,
    LETTER_OR_DIGIT_PATTERN,
    LETTER_PATTERN,
    PLATFORM_KEYWORD,
    bare_text,
    keywords_of,
    normal_form,
)
from groundswell.domain.spam import copied_text_key
from groundswell.frames.keyword_batches import found_in

STOPWORDS = frozenset({"the", "soo", "#dance", ""})
PIECES = st.sampled_from(
    [
        *("#", "＃", "@", "#Dance", " ", "\n", "\0", "\x1f", "soooo", "http://a.b/c", "www.x", "น้ำ", "猫ー", "❤️"),
        *("’s", "'", "''", "İ", "ΟΔΟΣ", "Σ", "ß", "ﬁ", "é", "e\u0301", "\u0301", "J\u030c", "#J\u030c", "95", "the"),
        *("a", "aa", "@ht", "tp://x", "#ww", "w.y", "_", "#_", "が", "か\u3099", "กั", "ๆ", "각", "\u11a8", "x" * 41),
        *("Win a thousand new followers today", "#" + "y" * 99, "z" * 38, "@a#b@c", "\u200d", "𝒳", "\U0010ffff"),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map("".join)
POSTS = st.lists(st.tuples(TEXTS, st.lists(st.one_of(TEXTS, st.just("")), max_size=3)), max_size=6)
Post = tuple[str, list[str]]


def by_batch(posts: list[Post]) -> list[tuple[list[str], str | None]]:
    names = [name for _, names in posts for name in names]
    numbers = [number for number, (_, names) in enumerate(posts) for _ in names]
    found = found_in([text for text, _ in posts], names, numbers, STOPWORDS)
    return list(zip(found.keywords.to_pylist(), found.copied_text_keys, strict=True))


def one_by_one(posts: list[Post]) -> list[tuple[set[str], str | None]]:
    return [
        (keywords_of(text, names, STOPWORDS) | {PLATFORM_KEYWORD}, copied_text_key(bare_text(normal_form(text))))
        for text, names in posts
    ]


def differing(posts: list[Post]) -> list[Post]:
    return [
        post
        for post, (keywords, key), expected in zip(posts, by_batch(posts), one_by_one(posts), strict=True)
        if (set(keywords), key) != expected or len(keywords) != len(expected[0]) or keywords[0] != PLATFORM_KEYWORD
    ]


@settings(deadline=None)
@given(POSTS)
@example([("http://a.b/c#J\u030c¡0A", []), ("http://#J\u030c¡0A x#J\u030c#ab", [])])
@example([("J\u030c" + "x" * 41 + "#http://a.b/c", [])])
def test_a_batch_and_single_posts(posts: list[Post]) -> None:
    assert differing(posts) == []


@pytest.mark.parametrize(
    "shape", ["{}", "{}a {}b b{}", "#{} #a{} @{}", "ab{}cd", "aa{}{}{}'{}s", "ก{}a", "Σ{}", "#J{} x", "{}://www.{}"]
)
def test_every_character_where_texts_begin_and_end(shape: str) -> None:
    characters = [chr(code) for code in range(0x20000) if not 0xD800 <= code <= 0xDFFF]
    posts: list[Post] = [(shape.replace("{}", character), [f"a{character}", character]) for character in characters]
    assert [post for start in range(0, len(posts), 5000) for post in differing(posts[start : start + 5000])] == []


def test_what_the_quick_ways_take_for_granted_of_every_character() -> None:
    """The domain asks Python before `regex` what a letter is; lower case is looked at once more in no case."""
    strange = [
        hex(code)
        for code in range(0x110000)
        if not 0xD800 <= code <= 0xDFFF
        for character in [chr(code)]
        for lower in [character.lower()]
        if (character.isalpha() and not regex.match(LETTER_PATTERN, character))
        or (character.isalnum() and not regex.match(LETTER_OR_DIGIT_PATTERN, character))
        or (character.isalnum() and not regex.match(HASHTAG_PATTERN, "#" + character))
        or lower.lower() != lower
        or (unicodedata.is_normalized("NFKC", lower) and normal_form(lower) != lower.replace("’", "'"))
    ]
    assert strange == []
