"""Authors and music: each made from its number, the same whenever it is met again."""

import base64
import hashlib
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import orjson

from producer.synthesize.languages import EMOJI, LANGUAGES
from producer.synthesize.words import SyllableWords, Vocabulary

Value = TypeVar("Value")

_CACHED = 30_000
_POOL_BYTES = 3 << 20
_LATIN_NAMES = SyllableWords("bcdfghjklmnprstvwyz", "aeiou")
_USER_ID_BASE = 6_500_000_000_000_000_000
_MUSIC_ID_BASE = 6_600_000_000_000_000_000

_PICTURES = (
    b'"covers":["https://p16.cdn.example/img/%b~c5_100x100.jpeg?x-signature=%b%%3D"],'
    b'"coversMedium":["https://p16.cdn.example/img/%b~c5_720x720.jpeg?x-signature=%b%%3D"],'
    b'"coversLarger":["https://p16.cdn.example/img/%b~c5_1080x1080.jpeg?x-signature=%b%%3D"]'
)
_AUTHOR = (
    b'{"secUid":"MS4wLjABAAAA%b","userId":"%b","uniqueId":%b,"nickName":%b,"signature":%b,"verified":%b,'
    + _PICTURES
    + b',"isSecret":false}'
)
_MUSIC = (
    b'{"musicId":"%b","musicName":%b,"authorName":%b,"original":%b,"playUrl":["https://p16.cdn.example/obj/%b.%b"],'
    + _PICTURES
    + b"}"
)
_PICTURES_NOISE, _FILE_NOISE, _SECRET_NOISE = 177, 32, 76
MUSIC_NOISE = _FILE_NOISE + _PICTURES_NOISE
_AUTHOR_NOISE = _SECRET_NOISE + _PICTURES_NOISE


class Author(NamedTuple):
    """An author; `json` is the finished `authorInfos`."""

    user_id: bytes
    unique_id: str
    followers: int
    following: int
    hearts: int
    videos: int
    likes: int
    json: bytes


class Music(NamedTuple):
    """A piece of music; `json` is the finished `musicInfos`."""

    music_id: bytes
    json: bytes


class _Cache(Generic[Value]):
    """Keeps values by key up to a number, then starts afresh: memory stays flat."""

    def __init__(self, make: Callable[[int, int], Value]) -> None:
        self._make, self._values = make, dict[tuple[int, int], Value]()

    def get(self, language: int, number: int) -> Value:
        value = self._values.get((language, number))
        if value is None:
            if len(self._values) >= _CACHED:
                self._values.clear()
            value = self._values[language, number] = self._make(language, number)
        return value


class People:
    """Authors by language and rank (0 posts most), and music by language and rank."""

    def __init__(self, seed: int, words: list[Vocabulary]) -> None:
        self._seed, self._words = seed, words
        # Slices of one pool cost a tenth of fresh noise, and two of them hardly ever meet within a compressor's window.
        self._pool = base64.urlsafe_b64encode(np.random.default_rng([seed, 0xFACE]).bytes(_POOL_BYTES))
        self.author = _Cache(self._make_author).get
        self.music = _Cache(self._make_music).get

    def _dice(self, kind: str, language: int, number: int) -> bytes:
        return hashlib.blake2b(f"{self._seed} {kind} {language} {number}".encode()).digest()

    def _noise(self, dice: bytes, length: int) -> bytes:
        at = int.from_bytes(dice[50:54], "big") % (len(self._pool) - length)
        return self._pool[at : at + length]

    def _phrase(self, language: int, dice: bytes) -> str:
        vocabulary = self._words[language]
        return vocabulary.language.separator.join(vocabulary.words(list(dice)))

    def _make_author(self, language: int, number: int) -> Author:
        dice = self._dice("author", language, number)
        big = int.from_bytes(dice[:8], "big")
        name = _LATIN_NAMES.word(big % 700_000)
        unique_id = f"{name}{('', '.', '_', '')[dice[8] % 4]}{number * len(LANGUAGES) + language}"
        nickname = name.title() if dice[9] % 3 else self._phrase(language, dice[10:12])
        signature = "" if dice[12] % 5 < 2 else self._phrase(language, dice[13 : 14 + dice[12] % 9])
        if dice[30] % 3 == 0:
            signature += ("\n" if dice[31] % 2 else " ") + EMOJI[dice[31] % len(EMOJI)]
        noise = self._noise(dice, _AUTHOR_NOISE)
        user_id = b"%d" % (_USER_ID_BASE + big % 10**16 * 37 + number)
        followers = int(10 ** (1.2 + dice[32] / 80) * (1 + 3000 / (1 + number) ** 0.8))
        videos = 5 + dice[33] + 2000 // (1 + number)
        return Author(
            user_id=user_id,
            unique_id=unique_id,
            followers=followers,
            following=dice[34] * 7,
            hearts=followers * (5 + dice[35] % 40),
            videos=videos,
            likes=dice[36] * 31,
            json=_AUTHOR
            % (
                noise[:_SECRET_NOISE],
                user_id,
                orjson.dumps(unique_id),
                orjson.dumps(nickname),
                orjson.dumps(signature),
                b"true" if number % 97 == 3 else b"false",
                *_pictures(noise, _SECRET_NOISE),
            ),
        )

    def _make_music(self, language: int, number: int) -> Music:
        dice = self._dice("music", language, number)
        music_id = b"%d" % (_MUSIC_ID_BASE + int.from_bytes(dice[:7], "big"))
        title, artist = self._phrase(language, dice[13:16]), _LATIN_NAMES.word(number + 9000).title()
        json = _music_json(music_id, title, artist, b'""', b"m4a", self._noise(dice, MUSIC_NOISE))
        return Music(music_id, json)


def original_sound(language: int, author: Author, post_id: int, noise: bytes) -> Music:
    """Return the sound that comes with an author's own video; `noise` is `MUSIC_NOISE` characters."""
    music_id = b"%d" % (post_id - 65_536 - post_id % 7)
    name = LANGUAGES[language].original_sound
    return Music(music_id, _music_json(music_id, name, author.unique_id, b"true", b"mp3", noise))


def _music_json(music_id: bytes, name: str, artist: str, original: bytes, kind: bytes, noise: bytes) -> bytes:
    names = orjson.dumps(name), orjson.dumps(artist)
    return _MUSIC % (music_id, *names, original, noise[:_FILE_NOISE], kind, *_pictures(noise, _FILE_NOISE))


def _pictures(noise: bytes, at: int) -> tuple[bytes, ...]:
    """Return three times a file's name and its signature."""
    return (
        noise[at : at + 32],
        noise[at + 32 : at + 59],
        noise[at + 59 : at + 91],
        noise[at + 91 : at + 118],
        noise[at + 118 : at + 150],
        noise[at + 150 : at + 177],
    )
