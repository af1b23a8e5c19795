"""From the lake's records to posts; both JSON forms give the same columns.

A record that is no post gives a row whose `post_id` is null: nothing is dropped here, so that counts add up.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from groundswell.contracts.posts import POST_SCHEMA, WEB_AUTHOR_SCHEMA

_LATEST_BELIEVABLE_EPOCH_S = 4_102_444_800  # the year 2100; beyond it a timestamp would overflow or mislead
_STRINGS = "array<string>"


def _filled(*columns: Column) -> Column:
    return F.coalesce(*(F.nullif(column, F.lit("")) for column in columns))


def _count(*columns: Column) -> Column:
    return F.coalesce(*(column.try_cast("bigint") for column in columns))


def _flag(column: Column) -> Column:
    """`true` in any spelling is true; the nested form writes false as an empty string."""
    return F.when(column.isNotNull(), F.lower(column) == "true")


def _names(*arrays: Column) -> Column:
    whole = F.concat(*(F.coalesce(array, F.array().cast(_STRINGS)) for array in arrays))
    return F.filter(whole, lambda name: name.isNotNull() & (name != ""))


def _hashtag_names(post: Column) -> Column:
    extras = F.transform(post.textExtra, lambda x: _filled(x.getField("HashtagName"), x.getField("hashtagName")))
    nested = F.transform(post.challengeInfoList, lambda c: c.challengeName)
    web = F.transform(post.challenges, lambda c: c.title)
    return _names(extras, nested, web)


def _created_at(post: Column) -> Column:
    epoch_s = _count(post.itemInfos.createTime, post.createTime)
    return F.when(epoch_s.between(1, _LATEST_BELIEVABLE_EPOCH_S), F.timestamp_seconds(epoch_s))


def _challenges(post: Column) -> Column:
    kind = "array<struct<challenge_id:string,name:string>>"
    nested = F.transform(
        post.challengeInfoList,
        lambda c: F.struct(c.challengeId.alias("challenge_id"), c.challengeName.alias("name")),
    )
    web = F.transform(post.challenges, lambda c: F.struct(c.id.alias("challenge_id"), c.title.alias("name")))
    return F.filter(F.coalesce(nested, web, F.array().cast(kind)), lambda c: _filled(c.challenge_id).isNotNull())


def _author_id(post: Column, web_author: Column) -> Column:
    return _filled(post.itemInfos.authorId, post.authorInfos.userId, web_author.id, post.authorId)


def _author_name(post: Column, web_author: Column) -> Column:
    bare_name = F.when(~post.author.startswith("{"), post.author)
    return _filled(post.authorInfos.uniqueId, web_author.uniqueId, bare_name)


def parse_posts(records: DataFrame) -> DataFrame:
    """Return every column that the tables in Postgres are made of, one row per record.

    Parameters
    ----------
    records : DataFrame
        Columns of `groundswell.contracts.posts.RECORD_SCHEMA`.

    Returns
    -------
    DataFrame
        partition int, offset bigint, seen_at timestamp (the record's), post_id string (null: not a post, which holds
        too where the creation time is missing or after 2100), form string (`nested` or `web`), created_at timestamp,
        text string (never null), hashtag_names array<string> (as written), challenges
        array<struct<challenge_id,name>>, author_id, author_name, nickname, signature string, verified boolean,
        music_id, music_title, music_author string, music_original boolean, duration_seconds int; digg_count,
        share_count, comment_count, play_count, follower_count, following_count, heart_count, video_count bigint (null
        where the record doesn't say).
    """
    parsed = records.select(
        "partition",
        "offset",
        F.col("timestamp").alias("seen_at"),
        F.from_json(F.col("value").cast("string"), POST_SCHEMA).alias("post"),
    ).withColumn("web_author", F.from_json(F.col("post.author"), WEB_AUTHOR_SCHEMA))
    post, author = F.col("post"), F.col("web_author")
    item, stats, exact = post.itemInfos, post.stats, post.statsV2
    created_at = _created_at(post)
    return parsed.select(
        "partition",
        "offset",
        "seen_at",
        F.when(created_at.isNotNull(), _filled(item.id, post.id)).alias("post_id"),
        F.when(item.id.isNotNull(), "nested").otherwise("web").alias("form"),
        created_at.alias("created_at"),
        F.coalesce(item.text, post["desc"], F.lit("")).alias("text"),
        _hashtag_names(post).alias("hashtag_names"),
        _challenges(post).alias("challenges"),
        _author_id(post, author).alias("author_id"),
        _author_name(post, author).alias("author_name"),
        _filled(post.authorInfos.nickName, author.nickname).alias("nickname"),
        F.coalesce(post.authorInfos.signature, author.signature).alias("signature"),
        _flag(F.coalesce(post.authorInfos.verified, author.verified)).alias("verified"),
        _filled(item.musicId, post.musicInfos.musicId, post.music.id).alias("music_id"),
        _filled(post.musicInfos.musicName, post.music.title).alias("music_title"),
        _filled(post.musicInfos.authorName, post.music.authorName).alias("music_author"),
        _flag(F.coalesce(post.musicInfos.original, post.music.original)).alias("music_original"),
        F.coalesce(item.video.videoMeta.duration, post.video.duration).try_cast("int").alias("duration_seconds"),
        _count(item.diggCount, exact.diggCount, stats.diggCount).alias("digg_count"),
        _count(item.shareCount, exact.shareCount, stats.shareCount).alias("share_count"),
        _count(item.commentCount, exact.commentCount, stats.commentCount).alias("comment_count"),
        _count(item.playCount, exact.playCount, stats.playCount).alias("play_count"),
        _count(post.authorStats.followerCount).alias("follower_count"),
        _count(post.authorStats.followingCount).alias("following_count"),
        _count(post.authorStats.heartCount, post.authorStats.heart).alias("heart_count"),
        _count(post.authorStats.videoCount).alias("video_count"),
    )
