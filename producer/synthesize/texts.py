"""Texts: words, hashtags, mentions and emoji put together, with `textExtra` counted in UTF-16 code units."""

import unicodedata
from typing import NamedTuple

import orjson

from producer.synthesize.bursts import SpecialKeyword
from producer.synthesize.languages import EMOJI
from producer.synthesize.people import Author
from producer.synthesize.words import Hashtag, Vocabulary

_EMOJI = [(emoji, len(emoji.encode("utf-16-le")) // 2) for emoji in EMOJI]
_CHALLENGE = (
    '{"challengeId":"%d","challengeName":"%s","isCommerce":false,"text":"","covers":[],"coversMedium":[],'
    '"coversLarger":[],"splitTitle":""}'
)


class Text(NamedTuple):
    """A finished text; all three are JSON."""

    text: bytes
    text_extra: bytes
    challenges: bytes


class TextWriter:
    """Puts one post's draws into words.

    Parameters
    ----------
    vocabularies : list of Vocabulary
        One for each language.
    specials : list of SpecialKeyword
        Keywords of known rate, by number.
    """

    def __init__(self, vocabularies: list[Vocabulary], specials: list[SpecialKeyword]) -> None:
        self._vocabularies = vocabularies
        self._special_words = [None if k.is_hashtag else k.text for k in specials]
        self._special_hashtags = [_spellings(k.text[1:]) if k.is_hashtag else None for k in specials]

    def write(
        self,
        language: int,
        words: list[int],
        hashtags: list[int],
        emoji: int,
        style: float,
        special: int,
        mentioned: Author | None,
    ) -> Text:
        """Return a post's text.

        Parameters
        ----------
        language : int
            Number of the language.
        words, hashtags : list of int
            Ranks; a negative hashtag is a global one.
        emoji : int
            Number of an emoji, or -1.
        style : float
            0..1: chooses glued hashtags, new lines, capitals, full-width signs.
        special : int
            Number of a special keyword, or -1.
        mentioned : Author or None
            Whom the text mentions.
        """
        vocabulary = self._vocabularies[language]
        flavour = int(style * 1_000_000)
        spoken, tags = vocabulary.words(words), vocabulary.hashtags(hashtags)
        if special >= 0:
            self._add_special(special, spoken, tags, flavour)
        text = _phrase(spoken, vocabulary.language.separator, flavour)
        size = len(text)
        extra: list[str] = []
        if mentioned is not None:
            mention = ("" if size == 0 else " ") + _mention(mentioned, flavour)
            start, size = size + (size > 0), size + len(mention)
            text += mention
            extra.append(_mention_extra(start, size, mentioned))
        if emoji >= 0:
            sign, units = _EMOJI[emoji]
            text, size = text + sign, size + units
        full_width = vocabulary.language.code == "ja" and flavour % 7 == 0
        parts = [text]
        _add_hashtags(parts, extra, size, tags, _gap(flavour), "＃" if full_width else "#")
        if emoji >= 0 and flavour % 4 == 0:
            parts.append(_EMOJI[emoji][0])
        challenge = b""
        if tags and flavour % 3 == 0:
            tag = tags[flavour % len(tags)]
            challenge = (_CHALLENGE % (tag.challenge_id, tag.stored)).encode()
        return Text(orjson.dumps("".join(parts)), ",".join(extra).encode(), challenge)

    def _add_special(self, special: int, spoken: list[str], tags: list[Hashtag], flavour: int) -> None:
        spellings, word = self._special_hashtags[special], self._special_words[special]
        if spellings is not None:
            tags.insert(flavour % (len(tags) + 1), spellings[flavour // 16 % len(spellings)])
        elif word is not None:
            spoken.insert(flavour % (len(spoken) + 1), word)


def _add_hashtags(parts: list[str], extra: list[str], size: int, tags: list[Hashtag], gap: str, sign: str) -> None:
    """Append hashtags to a text of `size` code units; what comes before the first one is not glued to it."""
    before = gap or " "
    for tag in tags:
        if size:
            parts.append(before)
            size += len(before)
        before = gap
        start = size
        size += tag.length
        parts += (sign, tag.display)
        extra.append(f'{{"AwemeId":"","Start":{start},"End":{size}{tag.extra_tail}')


def _gap(flavour: int) -> str:
    return "" if flavour % 23 == 0 else "\n" if flavour % 29 == 0 else " "


def _mention(author: Author, flavour: int) -> str:
    return "@" + (author.unique_id if flavour % 9 else author.unique_id.replace(".", " "))


def _mention_extra(start: int, end: int, author: Author) -> str:
    return (
        f'{{"AwemeId":"","Start":{start},"End":{end},"HashtagName":"","HashtagId":"","Type":0,'
        f'"UserId":"{author.user_id.decode()}","IsCommerce":false}}'
    )


def _spellings(name: str) -> tuple[Hashtag, ...]:
    """Return the ways in which people type a hashtag; all are one keyword."""
    return Hashtag(name), Hashtag(unicodedata.normalize("NFKC", name)), Hashtag(name), Hashtag(name.capitalize())


def _phrase(words: list[str], separator: str, flavour: int) -> str:
    if not words:
        return ""
    text = separator.join(words)
    if flavour % 3 == 0:
        text = text[0].upper() + text[1:]
    if flavour % 31 == 0:
        half = len(words) // 2
        text = separator.join(words[:half]) + "\n" + separator.join(words[half:])
    elif flavour % 37 == 0:
        text = f'"{text}"'
    elif flavour % 13 == 0:
        text += ("!!!", "...", "?", " :)")[flavour % 4]
    return text
