"""Posts: draws, people and texts put into the nested form's bytes."""

import base64
import math
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np

from producer.synthesize.draws import Draws
from producer.synthesize.people import MUSIC_NOISE, Author, People, original_sound
from producer.synthesize.plan import Plan
from producer.synthesize.texts import TextWriter
from producer.synthesize.words import vocabularies

_POST_NOISE = 376
# A multiple of four, so that it is whole bytes.
_NOISE_PER_POST = (_POST_NOISE + MUSIC_NOISE + 3) // 4 * 4
_GROWTH_SECONDS = 130_000.0
_MUSIC_PART_OF_AUTHORS = 0.1

_HEAD = (
    b'{"itemInfos":{"id":"%d","text":%b,"createTime":"%b","authorId":"%b","musicId":"%b",'
    b'"covers":["https://p16.cdn.example/obj/%b_%b?x-signature=%b%%3D"],'
    b'"coversOrigin":["https://p16.cdn.example/obj/%b_%b?x-signature=%b%%3D"],'
    b'"coversDynamic":["https://p16.cdn.example/obj/%b_%b?x-signature=%b%%3D"],'
    b'"video":{"urls":["https://v16.cdn.example/%b/%b/video/tos/%b/?a=1233&br=%d&l=%b%b&rc=%b%%3D%%3D&vl=&vr="],'
    b'"videoMeta":{%b,"ratio":%d,"duration":%d}},'
)
_COUNTS = b'"diggCount":%d,"shareCount":%d,"playCount":%d,"commentCount":%d,'
_TAIL = (
    b'"isOriginal":false,"isOfficial":false,"isActivityItem":false,%b"warnInfo":[]},"authorInfos":%b,"musicInfos":%b,'
    b'"challengeInfoList":[%b],"duetInfo":"%b","textExtra":[%b]%b}\n'
)
_STATS = b',"authorStats":{"followingCount":%d,"followerCount":%d,"heartCount":"%d","videoCount":%d,"diggCount":%d}'
_FRAMES = tuple(
    b'"width":%d,"height":%d' % size for size in ((576, 1024), (576, 1024), (720, 1280), (540, 960), (720, 406))
)
_OPTIONAL_FLAGS = (
    b"",
    b"",
    b'"secret":false,"forFriend":false,',
    b'"secret":false,"forFriend":false,"liked":false,"commentStatus":0,"showNotPass":false,',
    b'"secret":false,"forFriend":false,"liked":false,"commentStatus":0,"showNotPass":false,"stitchEnabled":true,',
)


class Post(NamedTuple):
    """A post's line, with its counts open so that it can be seen again later with newer ones."""

    created: int
    special: int
    planted: bool
    head: bytes
    tail: bytes
    plays: float
    likes: float
    age_seconds: float

    def line(self, later_seconds: float = 0.0, seen_before: int = 0) -> bytes:
        """Return the line as seen some seconds after it was first seen; plays grow each time it is seen."""
        plays = int(self.plays * -math.expm1(-(self.age_seconds + later_seconds) / _GROWTH_SECONDS)) + 1 + seen_before
        likes = int(plays * self.likes)
        return self.head + _COUNTS % (likes, likes // 23, plays, likes // 17) + self.tail


class PostWriter:
    """Turns draws into posts, in order of creation."""

    def __init__(self, plan: Plan) -> None:
        words = vocabularies()
        self._people = People(plan.seed, words)
        self._texts = TextWriter(words, plan.specials)
        self._music_count = max(40, int(plan.author_count * _MUSIC_PART_OF_AUTHORS))
        self._start = plan.start

    def posts(self, draws: Draws, day: date, rng: np.random.Generator) -> Iterator[Post]:
        """Return the posts of some draws.

        Parameters
        ----------
        draws : Draws
            What was drawn.
        day : date
            Their day: authors' followers grow with it.
        rng : numpy.random.Generator
            For what has no meaning: addresses of covers and videos.
        """
        count = len(draws.created)
        noise = base64.urlsafe_b64encode(rng.bytes(count * _NOISE_PER_POST * 3 // 4))
        sizes = rng.integers([300, 0, 5, 0], [3000, 3, 60, 60], (count, 4)).tolist()
        rows = zip(
            draws.created.tolist(),
            draws.post_ids.tolist(),
            draws.languages.tolist(),
            draws.authors.tolist(),
            draws.emoji.tolist(),
            draws.style.tolist(),
            draws.special.tolist(),
            draws.planted.tolist(),
            draws.plays.tolist(),
            draws.likes.tolist(),
            draws.age_seconds.tolist(),
            sizes,
            strict=True,
        )
        words, hashtags = draws.words.tolist(), draws.hashtags.tolist()
        word_ends, hashtag_ends = draws.word_ends.tolist(), draws.hashtag_ends.tolist()
        age_days = (day - self._start).days
        word_start = hashtag_start = 0
        for number, row in enumerate(rows):
            created, post_id, language, rank, emoji, style, special, planted, plays, likes, age, size = row
            word_end, hashtag_end = word_ends[number], hashtag_ends[number]
            author = self._people.author(language, rank)
            mentioned = None
            if size[3] < 6:
                mentioned = self._people.author(language, int(style * 300) if size[3] else rank // 2)
            text = self._texts.write(
                language,
                words[word_start:word_end],
                hashtags[hashtag_start:hashtag_end],
                emoji,
                style,
                special,
                mentioned,
            )
            word_start, hashtag_start = word_end, hashtag_end
            at = number * _NOISE_PER_POST
            part = noise[at : at + _NOISE_PER_POST]
            if size[1] == 0:
                music = self._people.music(language, int(style**4 * self._music_count))
            else:
                music = original_sound(language, author, post_id, part[_POST_NOISE:])
            second = b"%d" % created
            head = _HEAD % (
                post_id, text.text, second, author.user_id, music.music_id,
                part[:32], second, part[32:64], part[64:96], second, part[96:128], part[128:160], second, part[160:192],
                part[192:224], second, part[224:256], size[0], second, part[256:280], part[280:_POST_NOISE],
                _FRAMES[size[3] % len(_FRAMES)], size[2], size[2],
            )  # fmt: skip
            tail = _TAIL % (
                _OPTIONAL_FLAGS[size[3] % len(_OPTIONAL_FLAGS)],
                author.json,
                music.json,
                text.challenges,
                b"%d" % (post_id - (size[0] << 34)) if size[3] == 59 else b"0",
                text.text_extra,
                _stats(author, age_days) if size[3] % 10 else b"",
            )
            yield Post(created, special, planted, head, tail, plays, likes, age)


def _stats(author: Author, age_days: int) -> bytes:
    followers = author.followers + author.followers * age_days // 200
    hearts = author.hearts + author.hearts * age_days // 150
    return _STATS % (author.following, followers, hearts, author.videos + age_days // 2, author.likes + age_days)
