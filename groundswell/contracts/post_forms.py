"""The nested form of 2019-2020 and the web form become one `Post`, field by field as docs/POSTS.md lists them."""

from groundswell.contracts.scalars import count_of, filled, first_count, text_of, truth_of
from groundswell.contracts.whole_posts import (
    AuthorStats,
    Counts,
    Item,
    NestedAuthor,
    NestedMusic,
    WebAuthor,
    WebMusic,
    WholePost,
)
from groundswell.domain.post import Post

_LATEST_BELIEVABLE_S = 4_102_444_800  # the year 2100
_COUNT_NAMES = ("diggCount", "commentCount", "shareCount", "playCount")
_NO_ITEM, _NO_AUTHOR, _NO_WEB_AUTHOR = Item(), NestedAuthor(), WebAuthor()
_NO_MUSIC, _NO_WEB_MUSIC, _NO_COUNTS, _NO_STATS = NestedMusic(), WebMusic(), Counts(), AuthorStats()


def post_of(whole: WholePost) -> Post | None:
    """Return the post, or None where it has no id, or no creation time from 1970 to 2100.

    Parameters
    ----------
    whole : WholePost
        From `groundswell.contracts.whole_posts.read_whole_post`.
    """
    item = whole.itemInfos or _NO_ITEM
    created_s = first_count(item.createTime, whole.createTime)
    post_id = filled(item.id, whole.id)
    if post_id is None or created_s is None or not 1 <= created_s <= _LATEST_BELIEVABLE_S:
        return None
    web_author = whole.author if isinstance(whole.author, WebAuthor) else _NO_WEB_AUTHOR
    author, stats = whole.authorInfos or _NO_AUTHOR, whole.authorStats or _NO_STATS
    music, web_music = whole.musicInfos or _NO_MUSIC, whole.music or _NO_WEB_MUSIC
    digg_count, comment_count, share_count, play_count = _counts(whole, item)
    return Post(
        post_id=post_id.replace("\0", ""),
        form="web" if item.id is None else "nested",
        text=text_of(whole.desc if item.text is None else item.text) or "",
        created_s=created_s,
        digg_count=digg_count,
        comment_count=comment_count,
        share_count=share_count,
        play_count=play_count,
        duration_seconds=_duration(whole, item),
        author_id=filled(item.authorId, author.userId, web_author.id, whole.authorId),
        unique_name=filled(author.uniqueId, web_author.uniqueId, _bare_name(whole)),
        nickname=filled(author.nickName, web_author.nickname),
        signature=text_of(web_author.signature if author.signature is None else author.signature),
        is_verified=truth_of(web_author.verified if author.verified is None else author.verified),
        follower_count=count_of(stats.followerCount),
        following_count=count_of(stats.followingCount),
        music_id=filled(item.musicId, music.musicId, web_music.id),
        music_title=filled(music.musicName, web_music.title),
        music_author=filled(music.authorName, web_music.authorName),
        is_original=truth_of(web_music.original if music.original is None else music.original),
        hashtag_names=_hashtag_names(whole),
        challenges=_challenges(whole),
    )


def _counts(whole: WholePost, item: Item) -> list[int | None]:
    if whole.stats is None and whole.statsV2 is None:
        return [
            count_of(item.diggCount),
            count_of(item.commentCount),
            count_of(item.shareCount),
            count_of(item.playCount),
        ]
    sources = (item, whole.statsV2 or _NO_COUNTS, whole.stats or _NO_COUNTS)
    return [first_count(*[getattr(source, name) for source in sources]) for name in _COUNT_NAMES]


def _hashtag_names(whole: WholePost) -> tuple[str, ...]:
    names = [extra.HashtagName or extra.hashtagName for extra in whole.textExtra or ()]
    names += [challenge.challengeName for challenge in whole.challengeInfoList or ()]
    names += [challenge.title for challenge in whole.challenges or ()]
    return tuple([str(name) for name in names if name is not None and name != ""])


def _bare_name(whole: WholePost) -> str | None:
    return None if isinstance(whole.author, WebAuthor) else text_of(whole.author)


def _duration(whole: WholePost, item: Item) -> int | None:
    nested = item.video.videoMeta if item.video else None
    seconds = nested.duration if nested else None
    if seconds is None and whole.video is not None:
        seconds = whole.video.duration
    return count_of(seconds)


def _challenges(whole: WholePost) -> tuple[tuple[str, str | None], ...]:
    if whole.challengeInfoList is not None:
        found = [(filled(each.challengeId), text_of(each.challengeName)) for each in whole.challengeInfoList]
    else:
        found = [(filled(each.id), text_of(each.title)) for each in whole.challenges or ()]
    return tuple([(challenge_id, name) for challenge_id, name in found if challenge_id is not None])
