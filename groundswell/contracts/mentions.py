"""The few fields of a post that the stream reads: what isn't named here isn't parsed.

Both forms, as in `groundswell.contracts.posts`. Scalars are strings or numbers; a part of another shape than this is
read as if it weren't there.
"""

import msgspec

from groundswell.contracts.lenient_json import reader
from groundswell.contracts.scalars import Scalar


class _Counts(msgspec.Struct, gc=False):
    diggCount: Scalar = None  # noqa: N815 - the data's name, as below
    commentCount: Scalar = None  # noqa: N815
    shareCount: Scalar = None  # noqa: N815


class Item(_Counts, gc=False):
    """`itemInfos` of the nested form."""

    id: Scalar = None
    text: Scalar = None
    createTime: Scalar = None  # noqa: N815
    authorId: Scalar = None  # noqa: N815


class NestedAuthor(msgspec.Struct, gc=False):
    """`authorInfos` of the nested form."""

    userId: Scalar = None  # noqa: N815
    uniqueId: Scalar = None  # noqa: N815


class WebAuthor(msgspec.Struct, gc=False):
    """`author` of the web form, where it isn't only a name."""

    id: Scalar = None
    uniqueId: Scalar = None  # noqa: N815


class Challenge(msgspec.Struct, gc=False):
    """One of `challengeInfoList`, or of `challenges` in the web form."""

    challengeName: Scalar = None  # noqa: N815
    title: Scalar = None


class TextExtra(msgspec.Struct, gc=False):
    """What the text links to: a hashtag has a name, in one of two spellings."""

    HashtagName: Scalar = None
    hashtagName: Scalar = None  # noqa: N815


class Mentioning(msgspec.Struct, gc=False):
    """A post."""

    itemInfos: Item | None = None  # noqa: N815
    authorInfos: NestedAuthor | None = None  # noqa: N815
    challengeInfoList: list[Challenge] | None = None  # noqa: N815
    textExtra: list[TextExtra] | None = None  # noqa: N815
    id: Scalar = None
    desc: Scalar = None
    createTime: Scalar = None  # noqa: N815
    author: WebAuthor | Scalar = None
    authorId: Scalar = None  # noqa: N815
    challenges: list[Challenge] | None = None
    stats: _Counts | None = None
    statsV2: _Counts | None = None  # noqa: N815


read_mentioning = reader(Mentioning)
"""Record's value -> its fields, or None where it is no JSON object."""
