"""Words by number: the n-th word of a language, made on demand, so that a tail of millions takes no memory."""

import unicodedata
import zlib

from producer.synthesize.languages import GLOBAL_HASHTAGS, LANGUAGES, Language

_CACHED_RANKS = 20_000


class SyllableWords:
    """The endless tail of one language: number -> word, different numbers giving different words.

    >>> words = SyllableWords("bdk", "ao")
    >>> len({words.word(n) for n in range(3000)})
    3000
    """

    def __init__(self, onsets: str, nuclei: str) -> None:
        self._syllables = [onset + nucleus for onset in onsets for nucleus in nuclei]

    def word(self, number: int) -> str:
        """Return the word of a number; neighbours look nothing alike."""
        base = len(self._syllables)
        count, size = 2, base * base
        while number >= size:
            number -= size
            count += 1
            size *= base
        # A multiplier that shares no factor with the size makes this a shuffle, so no two numbers meet.
        number = (number * _coprime_multiplier(size) + size // 3) % size
        parts = []
        for _ in range(count):
            number, digit = divmod(number, base)
            parts.append(self._syllables[digit])
        return "".join(parts)


_multipliers: dict[int, int] = {}


def _coprime_multiplier(size: int) -> int:
    multiplier = _multipliers.get(size)
    if multiplier is None:
        # A prime above every base is coprime to base**n.
        multiplier = _multipliers[size] = next(p for p in (1_000_003, 15_485_863) if size % p)
    return multiplier


class Hashtag:
    """A hashtag as people write it and as the platform stores it."""

    __slots__ = ("challenge_id", "display", "stored")

    def __init__(self, display: str) -> None:
        self.display = display
        self.stored = display.lower()
        self.challenge_id = 1_580_000_000_000_000 + zlib.crc32(self.stored.encode()) * 29


class Vocabulary:
    """Words and hashtags of one language by rank, commonest first."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._tail = SyllableWords(language.onsets, language.nuclei)
        self._words = dict(enumerate(language.words))
        self._hashtags = {rank: Hashtag(name) for rank, name in enumerate(language.hashtags)}

    def word(self, rank: int) -> str:
        """Return the word of a rank, from 0."""
        word = self._words.get(rank)
        if word is None:
            word = self._tail.word(rank - len(self.language.words))
            if rank < _CACHED_RANKS:
                self._words[rank] = word
        return word

    def hashtag(self, rank: int) -> Hashtag:
        """Return the hashtag of a rank, from 0."""
        tag = self._hashtags.get(rank)
        if tag is None:
            name = self._tail.word(rank * 2 + 1)
            tag = Hashtag(name.capitalize() if rank % 7 == 0 else name)
            if rank < _CACHED_RANKS:
                self._hashtags[rank] = tag
        return tag


def vocabularies() -> list[Vocabulary]:
    """Return one vocabulary for each language, in the order of `LANGUAGES`."""
    return [Vocabulary(language) for language in LANGUAGES]


def global_hashtags() -> list[Hashtag]:
    """Return the hashtags that everybody uses."""
    return [Hashtag(name) for name in GLOBAL_HASHTAGS]


def keyword_form(text: str) -> str:
    """Return the form in which keywords are compared.

    >>> keyword_form("＃Café")
    '#café'
    """
    return unicodedata.normalize("NFKC", text).lower()
