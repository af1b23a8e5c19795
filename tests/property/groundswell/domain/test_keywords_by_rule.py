"""The keywords of a text, found the quick way, against the module's rules taken one after the other."""

import unicodedata

import regex
from hypothesis import given
from hypothesis import strategies as st

from groundswell.domain import keywords as rules
from groundswell.domain.keywords import hashtags_of, phrase_keyword, phrases_in, word_run, words_of

PIECES = st.sampled_from(
    [
        *("#", "＃", "@", "#Dance", " ", "\n", "soooo", "http://a.b/c", "www.x", "น้ำ", "猫ー", "❤️", "’s", "'", "''"),
        *("İ", "ΟΔΟΣ", "ß", "ﬁ", "é", "95", "the", "a", "@ht", "tp://x", "#ww", "w.y", "\0", "_", "が", "กั", "ๆ"),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map("".join)


def normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().replace("’", "'")


def plain_run(text: str) -> list[str]:
    bare = normal(text)
    for pattern in (
        rules.URL_PATTERN,
        rules.MENTION_PATTERN,
        rules.HASHTAG_REMAINS_PATTERN,
        rules.WITHOUT_SPACES_PATTERN,
    ):
        bare = regex.sub(pattern, " ", bare)
    return regex.findall(rules.WORD_PATTERN, regex.sub(rules.ELONGATION_PATTERN, r"\1\1", bare))


def plain_hashtags(text: str, names: list[str]) -> set[str]:
    found = [*regex.findall(rules.HASHTAG_PATTERN, normal(text)), *names]
    tags = [regex.sub(rules.NOT_IN_HASHTAG_PATTERN, "", normal(name)) for name in found]
    return {f"#{tag}" for tag in tags if 2 <= len(tag) <= 100 and regex.search(rules.LETTER_OR_DIGIT_PATTERN, tag)}


@given(text=TEXTS)
def test_words(text: str) -> None:
    run = plain_run(text)
    assert word_run(text) == run
    assert words_of(text, {"the"}) == {
        word for word in run if 2 <= len(word) <= 40 and regex.search(rules.LETTER_PATTERN, word) and word != "the"
    }


@given(text=TEXTS, names=st.lists(TEXTS, max_size=3))
def test_hashtags(text: str, names: list[str]) -> None:
    assert hashtags_of(text, names) == plain_hashtags(text, names)


@given(text=TEXTS, entry=st.one_of(TEXTS, st.just("the 95"), st.just("a the")))
def test_phrases(text: str, entry: str) -> None:
    phrase = phrase_keyword(entry)
    if phrase is not None:
        assert word_run(entry) == phrase.split(" ") == plain_run(entry)
        whole = f"{text} {entry}"
        assert (phrase in phrases_in(whole, [phrase])) == (f" {phrase} " in f" {' '.join(plain_run(whole))} ")


def test_every_character_alone_and_between_letters() -> None:
    differing = [
        hex(code)
        for code in range(0x20000)
        if not 0xD800 <= code <= 0xDFFF
        for text in [f"a{chr(code)}b {chr(code)}'x #t{chr(code)}"]
        if word_run(text) != plain_run(text) or hashtags_of(text) != plain_hashtags(text, [])
    ]
    assert differing == []
