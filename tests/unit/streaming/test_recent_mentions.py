"""What is behind a keyword, counted by plain Python beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.domain.evidence import SHOWN_POSTS
from streaming.recent_memory import numbers_of
from streaming.recent_mentions import VOICES, Behind, RecentMentions, ShownPost
from streaming.vocabulary import Vocabulary

BUCKET_S = 300


@dataclass(frozen=True)
class Post:
    post_id: str
    seen_at_s: int = 0
    author: str = "id ana"
    text_fingerprint: int = 0
    engagement: int = 0
    keywords: tuple[str, ...] = ("", "#a")


def table(posts: Sequence[Post]) -> pa.Table:
    rows = [
        (p.seen_at_s * 1_000_000, p.post_id, p.author, p.text_fingerprint, p.engagement, list(p.keywords))
        for p in posts
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(VOICES)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, VOICES, strict=True)], VOICES)


def mentions(*batches: Sequence[Post]) -> RecentMentions:
    vocabulary = Vocabulary()
    recent = RecentMentions(vocabulary)
    for batch in batches:
        recent.add(table(batch), numbers_of(table(batch), vocabulary))
    return recent


def plainly(posts: Sequence[Post], keyword: str, start_s: int, end_s: int) -> Behind | None:
    here = [post for post in posts if keyword in post.keywords and start_s <= post.seen_at_s < end_s]
    top = sorted(here, key=lambda post: (-post.engagement, post.post_id))[:SHOWN_POSTS]
    shown = tuple(ShownPost(post.post_id, post.seen_at_s * 1_000_000, post.engagement) for post in top)
    counts = [len({getattr(post, name) for post in here}) for name in ("author", "text_fingerprint")]
    return Behind(len(here), *counts, shown) if here else None


KEYWORDS = ("", "#a", "b", "é")
POSTS = st.builds(
    Post,
    st.text("0123456789", min_size=1, max_size=6),
    st.integers(0, 4 * BUCKET_S - 1),
    st.sampled_from(["id x", "id y", "of 1", "of 2"]),
    st.integers(-2, 2),
    st.integers(0, 3),
    st.sets(st.sampled_from(KEYWORDS)).map(lambda found: ("", *sorted(found - {""}))),
)


ARRIVALS = st.lists(st.tuples(st.integers(0, 4), POSTS), max_size=40, unique_by=lambda arrival: arrival[1].post_id)


@settings(deadline=None)
@given(ARRIVALS, st.sets(st.sampled_from([*KEYWORDS, "#never"])))
def test_posts_voices_and_the_loudest_are_those_of_the_window_however_they_came(
    arrivals: list[tuple[int, Post]], asked: set[str]
) -> None:
    recent = mentions(*([post for batch, post in arrivals if batch == number] for number in range(5)))
    for start_s, end_s in [(0, 4 * BUCKET_S), (BUCKET_S, 3 * BUCKET_S), (8 * BUCKET_S, 9 * BUCKET_S)]:
        posts = [post for _, post in arrivals]
        expected = {keyword: plainly(posts, keyword, start_s, end_s) for keyword in asked}
        assert recent.behind(asked, start_s, end_s) == {k: found for k, found in expected.items() if found}


def test_of_posts_that_nobody_reacted_to_the_smallest_ids_are_shown() -> None:
    posts = [Post(str(number), engagement=int(number == 150)) for number in range(100, 200)]
    top = mentions(posts[:60], posts[60:]).behind(["#a"], 0, BUCKET_S)["#a"].top
    assert [post.post_id for post in top] == ["150", "100", "101", "102", "103"]


def test_what_is_forgotten_is_behind_nothing() -> None:
    recent = mentions([Post("1", 0), Post("2", BUCKET_S)])
    recent.forget_before(BUCKET_S)
    assert recent.behind(["#a"], 0, 2 * BUCKET_S)["#a"].posts == 1


def test_numbers_given_anew_change_nothing() -> None:
    vocabulary = Vocabulary()
    recent = RecentMentions(vocabulary)
    first = table([Post("1", 0, keywords=("gone",)), Post("2", BUCKET_S)])
    recent.add(first, numbers_of(first, vocabulary))
    recent.forget_before(BUCKET_S)
    used = np.zeros(len(vocabulary), bool)
    recent.mark_used(used)
    recent.renumber(vocabulary.keep(used))
    later = table([Post("3", BUCKET_S, keywords=("new", "#a"))])
    recent.add(later, numbers_of(later, vocabulary))
    found = recent.behind(["gone", "#a", "new"], 0, 2 * BUCKET_S)
    assert {keyword: behind.posts for keyword, behind in found.items()} == {"#a": 2, "new": 1}
