"""Words by number: the n-th word of a language, made on demand, so that a tail of millions takes no memory."""

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
    """A hashtag as people write it and as the platform stores it.

    `extra_tail` is its entry in `textExtra` after the offsets, `length` its UTF-16 code units with the sign.
    """

    __slots__ = ("challenge_id", "display", "extra_tail", "length", "stored")

    def __init__(self, display: str) -> None:
        self.display = display
        self.length = 1 + len(display.encode("utf-16-le")) // 2
        self.stored = display.lower()
        self.extra_tail = f',"HashtagName":"{self.stored}","HashtagId":"","Type":1,"UserId":"","IsCommerce":false}}'
        self.challenge_id = 1_580_000_000_000_000 + zlib.crc32(self.stored.encode()) * 29


class Vocabulary:
    """Words and hashtags of one language by rank, commonest first."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._tail = SyllableWords(language.onsets, language.nuclei)
        self._words = dict(enumerate(language.words))
        self._hashtags = {rank: Hashtag(name) for rank, name in enumerate(language.hashtags)}
        self._hashtags.update({-1 - number: Hashtag(name) for number, name in enumerate(GLOBAL_HASHTAGS)})

    def words(self, ranks: list[int]) -> list[str]:
        """Return the words of some ranks, counted from 0."""
        known = self._words.get
        return [known(rank) or self._make_word(rank) for rank in ranks]

    def hashtags(self, ranks: list[int]) -> list[Hashtag]:
        """Return the hashtags of some ranks, counted from 0; -1 and below are those that everybody uses."""
        known = self._hashtags.get
        return [known(rank) or self._make_hashtag(rank) for rank in ranks]

    def _make_word(self, rank: int) -> str:
        word = self._tail.word(rank - len(self.language.words))
        if rank < _CACHED_RANKS:
            self._words[rank] = word
        return word

    def _make_hashtag(self, rank: int) -> Hashtag:
        name = self._tail.word(rank * 2 + 1)
        tag = Hashtag(name.capitalize() if rank % 7 == 0 else name)
        if rank < _CACHED_RANKS:
            self._hashtags[rank] = tag
        return tag


def vocabularies() -> list[Vocabulary]:
    """Return one vocabulary for each language, in the order of `LANGUAGES`."""
    return [Vocabulary(language) for language in LANGUAGES]
