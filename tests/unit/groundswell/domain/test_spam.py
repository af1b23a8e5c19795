import pytest

from groundswell.domain.keywords import bare_text, normal_form
from groundswell.domain.spam import SHORTEST_COPIED_TEXT, counted_posts
from groundswell.domain.spam import copied_text_key as key_of_bare


def copied_text_key(text: str) -> str | None:
    return key_of_bare(bare_text(normal_form(text)))


TEXT = "win a thousand new followers today, follow and like"


@pytest.mark.parametrize(
    "copy",
    [
        TEXT + " #free #fyp",
        "@ana " + TEXT,
        TEXT + " https://x.y/z?1",
        "1 " + TEXT + " 2026",
        TEXT.upper(),
        TEXT.replace(" ", "\n"),
        TEXT.replace(" ", "\u3000"),
    ],
)
def test_copies_differ_in_hashtags_mentions_addresses_numbers_case_and_space(copy: str) -> None:
    assert copied_text_key(copy) == copied_text_key(TEXT)


def test_another_text_is_no_copy() -> None:
    assert copied_text_key(TEXT + " me") != copied_text_key(TEXT)


def test_too_short_a_text_is_no_copy_of_anything() -> None:
    assert copied_text_key("x" * SHORTEST_COPIED_TEXT) == "x" * SHORTEST_COPIED_TEXT
    assert copied_text_key("x" * (SHORTEST_COPIED_TEXT - 1) + " 1 #y") is None
    assert copied_text_key("#only #hashtags #" + "x" * 50) is None


@pytest.mark.parametrize(
    ("posts", "authors", "texts", "counted"),
    [(0, 0, 0, 0), (1, 1, 1, 1), (1000, 1, 1000, 1), (1000, 1000, 1, 1), (10, 5, 7, 10), (10, 4, 7, 4), (11, 5, 11, 5)],
)
def test_few_voices_count_by_their_number_and_many_by_their_posts(
    posts: int, authors: int, texts: int, counted: int
) -> None:
    assert counted_posts(posts, authors, texts) == counted
