"""All fields of a post that the nightly tables are made of; what isn't named here isn't parsed.

Both forms, as in `groundswell.contracts.posts`. Scalars are strings or numbers; a part of another shape than this is
read as if it weren't there.
"""

import msgspec

from groundswell.contracts.lenient_json import reader
from groundswell.contracts.scalars import Scalar


class Counts(msgspec.Struct):
    """How often a post was liked, commented, shared and played."""

    diggCount: Scalar = None  # noqa: N815 - the data's name, as below
    commentCount: Scalar = None  # noqa: N815
    shareCount: Scalar = None  # noqa: N815
    playCount: Scalar = None  # noqa: N815


class VideoMeta(msgspec.Struct):
    """`videoMeta` of the nested form, and `video` of the web form."""

    duration: Scalar = None


class NestedVideo(msgspec.Struct):
    """`video` of the nested form."""

    videoMeta: VideoMeta | None = None  # noqa: N815


class Item(Counts):
    """`itemInfos` of the nested form."""

    id: Scalar = None
    text: Scalar = None
    createTime: Scalar = None  # noqa: N815
    authorId: Scalar = None  # noqa: N815
    musicId: Scalar = None  # noqa: N815
    video: NestedVideo | None = None


class NestedAuthor(msgspec.Struct):
    """`authorInfos` of the nested form."""

    userId: Scalar = None  # noqa: N815
    uniqueId: Scalar = None  # noqa: N815
    nickName: Scalar = None  # noqa: N815
    signature: Scalar = None
    verified: Scalar = None


class WebAuthor(msgspec.Struct):
    """`author` of the web form, where it isn't only a name."""

    id: Scalar = None
    uniqueId: Scalar = None  # noqa: N815
    nickname: Scalar = None
    signature: Scalar = None
    verified: Scalar = None


class AuthorStats(msgspec.Struct):
    """`authorStats`."""

    followerCount: Scalar = None  # noqa: N815
    followingCount: Scalar = None  # noqa: N815


class NestedMusic(msgspec.Struct):
    """`musicInfos` of the nested form."""

    musicId: Scalar = None  # noqa: N815
    musicName: Scalar = None  # noqa: N815
    authorName: Scalar = None  # noqa: N815
    original: Scalar = None


class WebMusic(msgspec.Struct):
    """`music` of the web form."""

    id: Scalar = None
    title: Scalar = None
    authorName: Scalar = None  # noqa: N815
    original: Scalar = None


class NestedChallenge(msgspec.Struct):
    """One of `challengeInfoList`."""

    challengeId: Scalar = None  # noqa: N815
    challengeName: Scalar = None  # noqa: N815


class WebChallenge(msgspec.Struct):
    """One of `challenges`."""

    id: Scalar = None
    title: Scalar = None


class TextExtra(msgspec.Struct):
    """What the text links to: a hashtag has a name, in one of two spellings."""

    HashtagName: Scalar = None
    hashtagName: Scalar = None  # noqa: N815


class WholePost(msgspec.Struct):
    """A post."""

    itemInfos: Item | None = None  # noqa: N815
    authorInfos: NestedAuthor | None = None  # noqa: N815
    musicInfos: NestedMusic | None = None  # noqa: N815
    challengeInfoList: list[NestedChallenge] | None = None  # noqa: N815
    textExtra: list[TextExtra] | None = None  # noqa: N815
    authorStats: AuthorStats | None = None  # noqa: N815
    id: Scalar = None
    desc: Scalar = None
    createTime: Scalar = None  # noqa: N815
    author: WebAuthor | Scalar = None
    authorId: Scalar = None  # noqa: N815
    music: WebMusic | None = None
    challenges: list[WebChallenge] | None = None
    stats: Counts | None = None
    statsV2: Counts | None = None  # noqa: N815
    video: VideoMeta | None = None


read_whole_post = reader(WholePost)
"""Record's value -> its fields, or None where it is no JSON object."""
