import pytest

from groundswell.errors import InputError
from groundswell.settings import Settings
from streaming.watchlist_commands import watched_keyword

SETTINGS = Settings()


@pytest.mark.parametrize(
    ("entry", "keyword"),
    [
        ("#Dance", "#dance"),
        ("＃ＤＡＮＣＥ", "#dance"),
        (" #Dance Challenge ", "#dancechallenge"),
        ("#the", "#the"),
        ("#น้ำ", "#น้ํา"),
        ("Soooo", "soo"),
        (" ＷＡＶＥ ", "wave"),
        ("surfin’s", "surfin's"),
        ("Taylor   SWIFT", "taylor swift"),
        ("The Rock", "the rock"),
        (" air-max 95 ", "air max 95"),
    ],
)
def test_an_entry_is_put_in_the_form_that_the_stream_counts(entry: str, keyword: str) -> None:
    assert watched_keyword(entry, SETTINGS) == keyword


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("new phone #newphone", "no phrase"),
        ("one two three four five six seven", "no phrase"),
        ("", "no word"),
        ("x", "no word"),
        ("2020", "no word"),
        ("猫が好き", "no word"),
        ("https://example.org", "no word"),
        ("#", "no letters or digits"),
        ("#❤️", "no letters or digits"),
        ("The", "stopword list"),
    ],
)
def test_what_could_never_match_is_refused(entry: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        watched_keyword(entry, SETTINGS)
    assert caught.value.exit_code == 2


def test_a_stopword_is_refused_with_the_hashtag_as_the_way_out() -> None:
    with pytest.raises(InputError) as caught:
        watched_keyword("the", SETTINGS)
    assert "'#the'" in caught.value.way_out
