"""The posts topic's value and the raw lake table, as Spark DDL.

One schema reads both forms: the nested form of 2019-2020 (`itemInfos`, `authorInfos`, ...) and the web form (`id`,
`desc`, `author`, ...). Every scalar is read as a string: ids exceed 2^53, counts come as numbers or strings, `original`
is `true` or an empty string, and `author` is an object or only a name.
"""

RAW_TABLE = "posts_v1"
"""The raw lake table's name within the lake's namespace."""

RECORD_SCHEMA = (
    "topic STRING, partition INT, offset BIGINT, timestamp TIMESTAMP, key BINARY, value BINARY, "
    "headers ARRAY<STRUCT<key: STRING, value: BINARY>>"
)
"""A Kafka record as Spark reads it and as the raw lake table keeps it."""

_COUNTS = "diggCount: STRING, shareCount: STRING, commentCount: STRING, playCount: STRING"

POST_SCHEMA = (
    "itemInfos STRUCT<id: STRING, text: STRING, createTime: STRING, authorId: STRING, musicId: STRING, "
    f"video: STRUCT<videoMeta: STRUCT<duration: STRING>>, {_COUNTS}>, "
    "authorInfos STRUCT<userId: STRING, uniqueId: STRING, nickName: STRING, signature: STRING, verified: STRING>, "
    "musicInfos STRUCT<musicId: STRING, musicName: STRING, authorName: STRING, original: STRING>, "
    "challengeInfoList ARRAY<STRUCT<challengeId: STRING, challengeName: STRING>>, "
    "textExtra ARRAY<STRUCT<HashtagName: STRING, hashtagName: STRING>>, "
    "authorStats STRUCT<followerCount: STRING, followingCount: STRING, heartCount: STRING, heart: STRING, "
    "videoCount: STRING>, "
    "id STRING, desc STRING, createTime STRING, author STRING, authorId STRING, "
    "music STRUCT<id: STRING, title: STRING, authorName: STRING, original: STRING>, "
    "challenges ARRAY<STRUCT<id: STRING, title: STRING>>, "
    f"stats STRUCT<{_COUNTS}>, statsV2 STRUCT<{_COUNTS}>, "
    "video STRUCT<duration: STRING>"
)
"""All fields that any room reads from a post."""

WEB_AUTHOR_SCHEMA = "id STRING, uniqueId STRING, nickname STRING, signature STRING, verified STRING"
