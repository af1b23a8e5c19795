"""Which words are proposed as phrases, on hand-made counts."""

import math

import pytest

from groundswell.domain.collocations import Candidate, association, proposals

GROUPS = 10_000


def pair(phrase: str, posts: int, left: int, right: int, authors: int = 9) -> Candidate:
    return Candidate(phrase, posts, authors, ((left, right),), GROUPS)


def test_the_score_is_dunnings_ratio() -> None:
    # both parts, left only, right only, neither: as observed, and as expected by chance
    cells = [(20, 25 * 30), (5, 25 * 9970), (10, 9975 * 30), (9965, 9975 * 9970)]
    ratio = 2 * sum(observed * math.log(observed / (expected / GROUPS)) for observed, expected in cells)
    assert association(pair("a b", 20, 25, 30)) == pytest.approx(ratio)


@pytest.mark.parametrize("posts", [1, 100])
def test_words_that_meet_as_often_as_by_chance_or_less_score_nothing(posts: int) -> None:
    assert association(pair("a b", posts, 1000, 1000)) == 0


def test_words_that_always_meet_score_more_than_those_that_sometimes_do() -> None:
    assert association(pair("a b", 20, 20, 20)) > association(pair("a b", 20, 60, 60))


def test_three_words_score_as_their_weaker_cut() -> None:
    strong, weak = (40, 40), (45, 900)
    both = Candidate("taylor swift song", 40, 9, (strong, weak), GROUPS)
    assert association(both) == association(pair("a b", 40, *weak)) < association(pair("a b", 40, *strong))


def test_the_surest_comes_first_and_only_so_many_are_proposed() -> None:
    found = proposals([pair("some times", 20, 200, 200), pair("air max", 20, 20, 20), pair("so so", 20, 90, 90)], 2)
    assert [(one.phrase, one.rank) for one in found] == [("air max", 1), ("so so", 2)]
    assert found[0].score > found[1].score
    assert (found[0].posts, found[0].authors) == (20, 9)


def test_a_part_of_a_longer_phrase_is_left_out_unless_it_stands_alone_as_well() -> None:
    whole = Candidate("air max 95", 40, 9, ((42, 42), (42, 42)), GROUPS)
    found = proposals([whole, pair("max 95", 42, 60, 44), pair("air max", 100, 120, 110)], 9)
    assert {one.phrase for one in found} == {"air max 95", "air max"}


def test_what_can_not_be_watched_is_not_proposed() -> None:
    assert proposals([pair("12 34", 20, 20, 20), pair("x" * 41 + " max", 20, 20, 20)], 9) == []


def test_nothing_comes_of_nothing() -> None:
    assert proposals([], 9) == []
