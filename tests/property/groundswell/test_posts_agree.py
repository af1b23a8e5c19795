"""What the stream reads of a post is what `Post` tells, whatever form and spelling it comes in."""

import json
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.contracts.post_forms import post_of
from groundswell.contracts.whole_posts import read_whole_post
from groundswell.domain.post import Post
from groundswell.frames import mentions, post_lines

SEEN_AT_US = 1_600_000_000_000_000
STOPWORDS = frozenset({"the"})
NAMES = st.sampled_from(["Cats", "น้ำ", "a b", "", "the", "x\0y"])
ODD_NAMES = st.one_of(NAMES, st.sampled_from([None, False, True, 0, 0.0, 1.5]))
SCALARS = st.one_of(st.none(), st.integers(-5, 10**10), st.sampled_from(["", "7", "-3", "many", "1584953968"]), NAMES)
COUNTS = st.one_of(st.none(), st.integers(-2, 10**6), st.sampled_from(["12", "", "1.5", "-1"]))


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with any of the fields, or something else in its place."""
    return st.one_of(st.fixed_dictionaries({}, optional=fields), st.none(), st.just("other"), st.just([]))


STATS = {"diggCount": COUNTS, "commentCount": COUNTS, "shareCount": COUNTS}
EXTRAS = st.one_of(st.none(), st.lists(some(HashtagName=ODD_NAMES, hashtagName=ODD_NAMES), max_size=2))
TEXTS = st.one_of(st.none(), st.text(max_size=20), st.sampled_from(["the #cats purr", "#one#two soooo", "你好"]))
POSTS = st.fixed_dictionaries(
    {},
    optional={
        "itemInfos": some(id=SCALARS, text=TEXTS, createTime=SCALARS, authorId=SCALARS, **STATS),
        "authorInfos": some(userId=SCALARS, uniqueId=NAMES),
        "challengeInfoList": st.one_of(
            st.none(), st.lists(some(challengeName=ODD_NAMES, challengeId=NAMES), max_size=2)
        ),
        "textExtra": EXTRAS,
        "id": SCALARS,
        "desc": TEXTS,
        "createTime": st.one_of(SCALARS, st.just(1_584_953_968)),
        "author": st.one_of(some(id=SCALARS, uniqueId=NAMES), NAMES),
        "authorId": SCALARS,
        "challenges": st.one_of(st.none(), st.lists(some(title=ODD_NAMES, id=NAMES), max_size=2)),
        "stats": some(**STATS),
        "statsV2": some(**STATS),
    },
)


def batch(value: bytes, *columns: str) -> pa.RecordBatch:
    told = {
        "partition": pa.array([0], pa.int32()),
        "offset": pa.array([0], pa.int64()),
        "timestamp": pa.array([SEEN_AT_US], pa.timestamp("us", "UTC")),
        "value": pa.array([value], pa.binary()),
    }
    return pa.RecordBatch.from_pydict({name: told[name] for name in columns})


def engagement(post: Post) -> int:
    counts = (post.digg_count, post.comment_count, post.share_count)
    return sum(count for count in counts if count is not None and count >= 0)


@settings(deadline=None)
@given(POSTS)
def test_the_stream_and_the_night_read_the_same_post(record: dict[str, Any]) -> None:
    value = json.dumps(record).encode()
    whole = read_whole_post(value)
    post = None if whole is None else post_of(whole)

    streamed = mentions.mention_batch(
        batch(value, "partition", "timestamp", "value"), mentions.Reading(STOPWORDS, 3600)
    )
    (night,) = post_lines.read_batch(
        batch(value, "partition", "offset", "timestamp", "value"), post_lines.Reading(STOPWORDS)
    ).to_pylist()

    assert (night["post_id"] is None) == (post is None)
    if post is None or not post.post_id:
        return
    (seen,) = streamed.to_pylist()
    told = (seen["post_id"], seen["author_id"], seen["author_name"], seen["text"], seen["engagement"])
    assert told == (post.post_id, post.author_id, post.unique_name, post.text, engagement(post))
    assert set(seen["keywords"]) - {""} == set(night["keywords"].split(post_lines.KEYWORD_SEPARATOR)) - {""}
