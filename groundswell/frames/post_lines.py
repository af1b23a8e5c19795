"""From the lake's records to lines for Postgres, whole Arrow batches at a time; the rules are those of the domain.

A post's line is made once, here, and travels as one column: Spark only finds out which of a post's records are its
first and last of a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame

from groundswell.contracts.scalars import count_of, filled, first_count, text_of
from groundswell.contracts.whole_posts import (
    Counts,
    Item,
    NestedAuthor,
    NestedMusic,
    WebAuthor,
    WebMusic,
    WholePost,
    read_whole_post,
)
from groundswell.domain.keywords import bare_text, hashtags_in, normal_form, phrases_in, words_in
from groundswell.domain.record import EARLIEST_CREATION_SECONDS, FUTURE_ALLOWANCE_SECONDS
from groundswell.frames.csv_fields import array, flag, number, quoted
from groundswell.frames.python_workers import remember_archives

COUNTS = ("digg_count", "comment_count", "share_count", "play_count")
LINE_COLUMNS = (
    "post_id",
    "form",
    "text",
    "author_id",
    "music_id",
    "created_at",
    *COUNTS,
    "duration_seconds",
    "hashtags",
    "unique_name",
    "nickname",
    "signature",
    "is_verified",
    "follower_count",
    "following_count",
    "music_title",
    "music_author",
    "is_original",
    "challenge_ids",
    "challenge_names",
)
"""What stands in a post's line, in this order."""

READ_POSTS = pa.schema(
    {
        "partition": pa.int32(),
        "offset": pa.int64(),
        "seen_at": pa.timestamp("us", "UTC"),
        "post_id": pa.string(),
        "author": pa.string(),
        "line": pa.string(),
        "keywords": pa.list_(pa.string()),
        "has_negative": pa.bool_(),
        "has_unbelievable_time": pa.bool_(),
        "has_author": pa.bool_(),
    }
)
"""A record that was read, see `read_posts`."""

_SPARK_SCHEMA = (
    "partition INT, offset BIGINT, seen_at TIMESTAMP, post_id STRING, author STRING, line STRING,"
    " keywords ARRAY<STRING>, has_negative BOOLEAN, has_unbelievable_time BOOLEAN, has_author BOOLEAN"
)
_RECORD_COLUMNS = ("partition", "offset", "timestamp", "value")
_LATEST_BELIEVABLE_EPOCH_S = 4_102_444_800  # the year 2100
_MICROSECONDS = 1_000_000
_COUNT_NAMES = ("diggCount", "commentCount", "shareCount", "playCount")
_NO_ITEM, _NO_AUTHOR, _NO_WEB_AUTHOR = Item(), NestedAuthor(), WebAuthor()
_NO_MUSIC, _NO_WEB_MUSIC, _NO_COUNTS = NestedMusic(), WebMusic(), Counts()


@dataclass(frozen=True)
class Reading:
    """What keywords are.

    Attributes
    ----------
    stopwords : frozenset of str
        Words that are no keywords; hashtags always are.
    phrases : tuple of str
        Phrases to look for, as of `groundswell.domain.keywords.phrase_keyword`.
    """

    stopwords: frozenset[str]
    phrases: tuple[str, ...] = ()


class _Read(NamedTuple):
    """A row of `READ_POSTS` from `post_id` on."""

    post_id: str | None = None
    author: str | None = None
    line: str | None = None
    keywords: list[str] | None = None
    has_negative: bool = False
    has_unbelievable_time: bool = False
    has_author: bool = False


_NO_POST = _Read()


def read_posts(records: DataFrame, reading: Reading) -> DataFrame:
    """Return one row per record.

    Parameters
    ----------
    records : DataFrame
        Columns of `groundswell.contracts.posts.RECORD_SCHEMA`.
    reading : Reading

    Returns
    -------
    DataFrame
        partition int, offset bigint, seen_at timestamp (the record's, which equals `time_stamp`), post_id string (null:
        not a post, which holds too where the creation time is missing or after 2100), author string (the post's id
        where it has none), line string (`LINE_COLUMNS` as CSV that Postgres reads, without the newline), keywords
        array<string>, has_negative (a count was, and is null in the line), has_unbelievable_time and has_author
        boolean.
    """

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        remember_archives()
        for batch in batches:
            yield read_batch(batch, reading)

    return records.select(*_RECORD_COLUMNS).mapInArrow(read, _SPARK_SCHEMA)  # type: ignore[arg-type]


def read_batch(records: pa.RecordBatch, reading: Reading) -> pa.RecordBatch:
    """Return a row for each record of a batch, columns as of `read_posts`."""
    partitions, offsets, times, values = (records.column(name) for name in _RECORD_COLUMNS)
    rows = []
    for value, seen_at_us in zip(values.to_pylist(), times.cast(pa.int64()).to_pylist(), strict=True):
        post = None if value is None else read_whole_post(value)
        rows.append(_NO_POST if post is None else _read(post, seen_at_us // _MICROSECONDS, reading))
    columns = zip(*rows, strict=True) if rows else [()] * len(_Read._fields)
    arrays = [
        pa.array(column, READ_POSTS.field(name).type) for name, column in zip(_Read._fields, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays([partitions, offsets, times, *arrays], schema=READ_POSTS)


def _read(post: WholePost, seen_at_s: int, reading: Reading) -> _Read:
    item = post.itemInfos or _NO_ITEM
    created_s = first_count(item.createTime, post.createTime)
    post_id = filled(item.id, post.id)
    if post_id is None or created_s is None or not 1 <= created_s <= _LATEST_BELIEVABLE_EPOCH_S:
        return _NO_POST
    post_id = post_id.replace("\0", "")
    text = text_of(post.desc if item.text is None else item.text) or ""
    normal = normal_form(text)
    names = _hashtag_names(post)
    hashtags = hashtags_in(normal, names)
    keywords = hashtags | words_in(bare_text(normal), reading.stopwords)
    if reading.phrases:
        keywords |= phrases_in(text, reading.phrases)
    counts = _counts(post, item)
    author = post.author if isinstance(post.author, WebAuthor) else _NO_WEB_AUTHOR
    nested = post.authorInfos or _NO_AUTHOR
    author_id = filled(item.authorId, nested.userId, author.id, post.authorId)
    fields = (
        quoted(post_id),
        "web" if item.id is None else "nested",
        quoted(text),
        quoted(author_id),
        quoted(_music_id(post, item)),
        datetime.fromtimestamp(created_s, UTC).isoformat(),
        *(number(count if count is None or count >= 0 else None) for count in counts),
        number(_duration(post, item)),
        array(sorted(hashtags)),
        quoted(filled(nested.uniqueId, author.uniqueId, _bare_name(post.author))),
        quoted(filled(nested.nickName, author.nickname)),
        quoted(text_of(author.signature if nested.signature is None else nested.signature)),
        flag(author.verified if nested.verified is None else nested.verified),
        *_followers(post),
        *_music(post),
        *_challenges(post),
    )
    line = ",".join(fields)
    return _Read(
        post_id,
        author_id or post_id,
        line.replace("\0", "") if "\0" in line else line,
        list(keywords),
        any(count is not None and count < 0 for count in counts),
        not EARLIEST_CREATION_SECONDS <= created_s <= seen_at_s + FUTURE_ALLOWANCE_SECONDS,
        author_id is not None,
    )


def _counts(post: WholePost, item: Item) -> list[int | None]:
    if post.stats is None and post.statsV2 is None:
        return [
            count_of(item.diggCount),
            count_of(item.commentCount),
            count_of(item.shareCount),
            count_of(item.playCount),
        ]
    sources = (item, post.statsV2 or _NO_COUNTS, post.stats or _NO_COUNTS)
    return [first_count(*[getattr(source, name) for source in sources]) for name in _COUNT_NAMES]


def _hashtag_names(post: WholePost) -> list[str]:
    names: list[Any] = [extra.HashtagName or extra.hashtagName for extra in post.textExtra or ()]
    names += [challenge.challengeName for challenge in post.challengeInfoList or ()]
    names += [challenge.title for challenge in post.challenges or ()]
    return [str(name) for name in names if name is not None and name != ""]


def _bare_name(author: object) -> str | None:
    return None if isinstance(author, WebAuthor) else text_of(author)


def _duration(post: WholePost, item: Item) -> int | None:
    nested = item.video.videoMeta if item.video else None
    seconds = nested.duration if nested else None
    if seconds is None and post.video is not None:
        seconds = post.video.duration
    return count_of(seconds)


def _followers(post: WholePost) -> tuple[str, str]:
    stats = post.authorStats
    if stats is None:
        return "", ""
    return number(count_of(stats.followerCount)), number(count_of(stats.followingCount))


def _music_id(post: WholePost, item: Item) -> str | None:
    nested, web = post.musicInfos or _NO_MUSIC, post.music or _NO_WEB_MUSIC
    return filled(item.musicId, nested.musicId, web.id)


def _music(post: WholePost) -> tuple[str, str, str]:
    nested, web = post.musicInfos or _NO_MUSIC, post.music or _NO_WEB_MUSIC
    return (
        quoted(filled(nested.musicName, web.title)),
        quoted(filled(nested.authorName, web.authorName)),
        flag(web.original if nested.original is None else nested.original),
    )


def _challenges(post: WholePost) -> tuple[str, str]:
    if post.challengeInfoList is not None:
        found = [(filled(each.challengeId), text_of(each.challengeName)) for each in post.challengeInfoList]
    else:
        found = [(filled(each.id), text_of(each.title)) for each in post.challenges or ()]
    kept = [pair for pair in found if pair[0] is not None]
    return array([challenge_id for challenge_id, _ in kept]), array([name for _, name in kept])
