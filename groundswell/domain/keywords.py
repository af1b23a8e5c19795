"""What a keyword is: the one definition of text clean-up, shared by stream and batch.

A keyword is one string. Hashtags and challenges carry a leading `#` (`#dance`), words do not (`dance`), so the two
never mix. The rules, in order:

1. The text is put in its normal form: NFKC, then lower case, so that full-width and composed forms count together.
2. Web addresses and mentions (`@name`) say nothing and are taken out.
3. Hashtags are runs of letters, marks, digits and `_` after `#`; glued ones (`#one#two`) come apart.
4. Scripts written without spaces (Han, kana, Thai, Lao, Khmer, Burmese) have no words to split at; a run of them would
   be a sentence that never recurs. They give hashtags and challenges only, and no words.
5. A letter repeated three times or more is written twice (`soooo` becomes `soo`).
6. Words are runs of letters, marks and digits, with inner apostrophes; they have 2 to 40 characters, at least one
   letter, and are not on the stopword list.
7. A phrase is on the watch list or it is none: it stands in a post whose text has its words next to each other. Here
   every word counts, stopwords, numbers and single letters too; what rule 2 to 4 takes out and punctuation do not
   stand between. A phrase glued to a hashtag (`#airmax95`) is that hashtag, not the phrase.

Phrases are proposed by Spark: `groundswell.frames.keywords` finds a text's words as `word_run` does, held against it by
property tests. The patterns are written in the syntax that `regex` and Java share.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable

import regex

# Not `\S`: Java and Python differ in what they take for a space.
URL_PATTERN = r"(?:https?://|www\.)[^\p{Z}\p{Cc}]+"
MENTION_PATTERN = r"@[\p{L}\p{M}\p{N}_.]+"
HASHTAG_PATTERN = r"#([\p{L}\p{M}\p{N}_]+)"
HASHTAG_REMAINS_PATTERN = r"#[\p{L}\p{M}\p{N}_]*"
NOT_IN_HASHTAG_PATTERN = r"[^\p{L}\p{M}\p{N}_]+"
# The prolonged sound mark and the closing mark belong to no script by themselves.
WITHOUT_SPACES_PATTERN = (
    r"[\p{script=Han}\p{script=Hiragana}\p{script=Katakana}\p{script=Thai}\p{script=Lao}\p{script=Khmer}"
    r"\p{script=Myanmar}\u30fc\u3006][\p{M}]*"
)
ELONGATION_PATTERN = r"(\p{L})\1{2,}"
WORD_PATTERN = r"([\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}\p{N}]+)*)"
LETTER_PATTERN = r"\p{L}"
LETTER_OR_DIGIT_PATTERN = r"[\p{L}\p{N}]"

PLATFORM_KEYWORD = ""
"""Stands for every post: its count is the platform's."""

WORD_LENGTHS = (2, 40)
HASHTAG_LENGTHS = (2, 100)
PHRASE_WORDS = (2, 6)
"""Fewest and most words of a phrase."""

(
    _URL,
    _MENTION,
    _HASHTAG,
    _REMAINS,
    _NOT_IN_HASHTAG,
    _WITHOUT_SPACES,
    _ELONGATION,
    _WORD,
    _LETTER,
    _LETTER_OR_DIGIT,
) = map(
    regex.compile,
    (
        URL_PATTERN,
        MENTION_PATTERN,
        HASHTAG_PATTERN,
        HASHTAG_REMAINS_PATTERN,
        NOT_IN_HASHTAG_PATTERN,
        WITHOUT_SPACES_PATTERN,
        ELONGATION_PATTERN,
        WORD_PATTERN,
        LETTER_PATTERN,
        LETTER_OR_DIGIT_PATTERN,
    ),
)


# Most texts have none; this engine is the quicker one to say so.
_TRIPLE = re.compile(r"(\S)\1\1")


def normal_form(text: str) -> str:
    """Return the form in which text is compared: NFKC, lower case, one kind of apostrophe.

    >>> normal_form("＃Ｄａｎｃｅ Don’t")
    "#dance don't"
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).lower().replace("’", "'")


def hashtag_keyword(name: str) -> str | None:
    """Return the keyword of a hashtag's or challenge's name, or None where nothing of it can stand in a hashtag.

    >>> hashtag_keyword("Dance Challenge"), hashtag_keyword("#ไทย"), hashtag_keyword("!")
    ('#dancechallenge', '#ไทย', None)
    """
    tag = normal_form(name)
    if not tag.isalnum():
        tag = _NOT_IN_HASHTAG.sub("", tag)
        if not _LETTER_OR_DIGIT.search(tag):
            return None
    shortest, longest = HASHTAG_LENGTHS
    return "#" + tag if shortest <= len(tag) <= longest else None


def hashtags_of(text: str, names: Iterable[str] = ()) -> set[str]:
    """Return the hashtag keywords of a text and of names given beside it.

    Parameters
    ----------
    text : str
        The post's text as written.
    names : iterable of str
        Hashtag names of `textExtra` and challenge names, with or without `#`; empty ones are passed over.

    >>> sorted(hashtags_of("see #One#two ＃three", ["Two", ""]))
    ['#one', '#three', '#two']
    """
    return hashtags_in(normal_form(text), names)


def hashtags_in(normal_text: str, names: Iterable[str] = ()) -> set[str]:
    """Return what `hashtags_of` does, for a text in its normal form."""
    found = {*_HASHTAG.findall(normal_text), *names} if "#" in normal_text else names
    return {keyword for name in found if (keyword := hashtag_keyword(name))}


def words_of(text: str, stopwords: Collection[str] = frozenset()) -> set[str]:
    """Return the word keywords of a text.

    >>> sorted(words_of("Soooo happy, don’t @me see https://x.y #tag 猫が好き 2020 the", {"the"}))
    ["don't", 'happy', 'see', 'soo']
    """
    return words_in(bare_text(normal_form(text)), stopwords)


def words_in(bare: str, stopwords: Collection[str] = frozenset()) -> set[str]:
    """Return what `words_of` does, for a `bare_text`."""
    words = set(_tokens(bare))
    if _TRIPLE.search(bare):
        words = {_shortened(word) for word in words}
    shortest, longest = WORD_LENGTHS
    return {
        word
        for word in words.difference(stopwords)
        if shortest <= len(word) <= longest and (word[0].isalpha() or _LETTER.search(word))
    }


def word_run(text: str) -> list[str]:
    """Return all words of a text in their order: stopwords, numbers and repeated ones are among them.

    >>> word_run("The Air-Max 95, from @shop! #sale")
    ['the', 'air', 'max', '95', 'from']
    """
    return list(map(_shortened, _tokens(bare_text(normal_form(text)))))


def bare_text(normal_text: str) -> str:
    """Return a text in its normal form without what rule 2 and 3 take out.

    >>> bare_text("see @me #now www.x.y ok")
    'see       ok'
    """
    # Most texts have none of them, and to look for a character is quicker than to search a pattern.
    if "http" in normal_text or "www." in normal_text:
        normal_text = _URL.sub(" ", normal_text)
    if "@" in normal_text:
        normal_text = _MENTION.sub(" ", normal_text)
    if "#" in normal_text:
        normal_text = _REMAINS.sub(" ", normal_text)
    return normal_text


class _WordCharacters(dict[int, str]):
    """Each character as `str.translate` wants it: itself where a word can have it, a space where none can."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if _WITHOUT_SPACES.match(character):
            self[code] = _UNSPACED
        else:
            self[code] = character if character == "'" or _WORD.match(character) else " "
        return self[code]


_UNSPACED = "\0"
_WORD_CHARACTERS = _WordCharacters()


def _tokens(bare: str) -> list[str]:
    """Return the words as they are written, in their order."""
    letters = bare.translate(_WORD_CHARACTERS)
    if _UNSPACED in letters:
        letters = _WITHOUT_SPACES.sub(" ", bare).translate(_WORD_CHARACTERS)
    if "'" in letters:
        return _WORD.findall(letters)
    return letters.split()


def _shortened(token: str) -> str:
    return _ELONGATION.sub(r"\1\1", token) if _TRIPLE.search(token) else token


def phrase_keyword(text: str) -> str | None:
    """Return the keyword of a phrase, its words with one space between, or None where it is none.

    None are more or fewer words than `PHRASE_WORDS`, words that are too long, numbers alone, and what holds a hashtag,
    a mention, an address or a script without spaces, which would be taken out.

    >>> phrase_keyword("Taylor   SWIFT"), phrase_keyword("air-max 95"), phrase_keyword("swift"), phrase_keyword("1 2")
    ('taylor swift', 'air max 95', None, None)
    """
    words = word_run(text)
    fewest, most = PHRASE_WORDS
    usable = fewest <= len(words) <= most and all(len(word) <= WORD_LENGTHS[1] for word in words)
    normal = normal_form(text)
    whole = bare_text(normal) == normal and not _WITHOUT_SPACES.search(normal)
    return " ".join(words) if usable and whole and any(map(_LETTER.search, words)) else None


def phrases_in(text: str, phrases: Iterable[str]) -> set[str]:
    """Return those of the phrases (as of `phrase_keyword`) whose words stand next to each other in a text.

    >>> sorted(phrases_in("new TAYLOR Swift song", ["taylor swift", "swift song", "new swift"]))
    ['swift song', 'taylor swift']
    """
    run = f" {' '.join(word_run(text))} "
    return {phrase for phrase in phrases if f" {phrase} " in run}


def keywords_of(
    text: str, names: Iterable[str] = (), stopwords: Collection[str] = frozenset(), phrases: Collection[str] = ()
) -> set[str]:
    """Return every keyword of a post: its hashtags, challenges, words and those of the phrases, each once."""
    normal = normal_form(text)
    found = hashtags_in(normal, names) | words_in(bare_text(normal), stopwords)
    return found | phrases_in(text, phrases) if phrases else found


def keyword_kind(keyword: str) -> str:
    """Return `hashtag`, `phrase`, `word` or `platform`.

    >>> [keyword_kind(k) for k in ("#dance", "new phone", "dance", PLATFORM_KEYWORD)]
    ['hashtag', 'phrase', 'word', 'platform']
    """
    if keyword == PLATFORM_KEYWORD:
        return "platform"
    if keyword.startswith("#"):
        return "hashtag"
    return "phrase" if " " in keyword else "word"
