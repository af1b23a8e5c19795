import pytest

from groundswell.domain.keywords import (
    hashtag_keyword,
    hashtags_of,
    keyword_kind,
    keywords_of,
    phrase_keyword,
    phrases_in,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "hashtags"),
    [
        ("#one#two", {"#one", "#two"}),
        ("full width ＃ダンス here", {"#ダンス"}),
        ("#love❤️#you", {"#love", "#you"}),
        ("##vote #5g", {"#vote", "#5g"}),
        ("#น้ำ", {"#น้ํา"}),
        ("no tag, mail a@b.c # alone", set()),
        ("#_ #!", set()),
        ("#ＤＡＮＣＥ #dance", {"#dance"}),
    ],
)
def test_hashtags_of_a_text(text: str, hashtags: set[str]) -> None:
    assert hashtags_of(text) == hashtags


def test_thai_tag_counts_once_in_either_form() -> None:
    assert hashtag_keyword("น้ำ") == hashtag_keyword("น้ํา")


def test_text_extra_and_challenge_names_are_the_same_hashtags_as_the_text() -> None:
    assert hashtags_of("#PlanetEarth day", ["planetearth", "", "Planet Earth"]) == {"#planetearth"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Sooooo goood", {"soo", "good"}),
        ("see https://t.co/AbC?x=1 www.x.y now", {"see", "now"}),
        ("thanks @some.body_1 !", {"thanks"}),
        ("don’t can't", {"don't", "can't"}),
        ("猫が大好き #猫 iPhoneが", {"iphone"}),
        ("ไทย สวัสดี hello", {"hello"}),
        ("2020 19 covid19 a b", {"covid19"}),
        ("привет мир 안녕 세계", {"привет", "мир", "안녕", "세계"}),
        ("", set()),
        ("x" * 41 + " ab" * 2, {"ab", "xx"}),
    ],
)
def test_words_of_a_text(text: str, words: set[str]) -> None:
    assert words_of(text) == words


def test_stopwords_leave_words_but_not_hashtags() -> None:
    assert keywords_of("the #the dance", stopwords={"the"}) == {"#the", "dance"}


def test_a_keyword_counts_once_however_often_it_stands_in_the_post() -> None:
    assert sorted(keywords_of("dance Dance DANCE #dance #Dance", ["dance"])) == ["#dance", "dance"]


def test_kind_is_seen_from_the_keyword() -> None:
    assert [keyword_kind(k) for k in ("#a b", "a b", "a")] == ["hashtag", "phrase", "word"]


@pytest.mark.parametrize(
    ("entry", "keyword"),
    [
        ("Taylor   SWIFT", "taylor swift"),
        ("Ａｉｒ-Max\n95", "air max 95"),
        ("the rock", "the rock"),
        ("plan b", "plan b"),
        ("Sooooo goood", "soo good"),
        ("don’t stop", "don't stop"),
        ("swift", None),
        ("", None),
        ("2020 19", None),
        ("#air @max", None),
        ("air max #95", None),
        ("猫 air max", None),
        ("one two three four five six", "one two three four five six"),
        ("one two three four five six seven", None),
        ("x1" * 21 + " max", None),
    ],
)
def test_keyword_of_a_phrase(entry: str, keyword: str | None) -> None:
    assert phrase_keyword(entry) == keyword
    if keyword is not None:
        assert phrase_keyword(keyword) == keyword
        assert keyword_kind(keyword) == "phrase"
        assert phrases_in(f"see: {entry}!", [keyword]) == {keyword}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("new AIR  Max 95s", {"air max"}),
        ("air-max 95, air max", {"air max", "air max 95"}),
        ("air @shop max", {"air max"}),
        ("#airmax95 #air #max", set()),
        ("fair max", set()),
        ("air maxi", set()),
        ("max air", set()),
        ("air the max", set()),
        ("The Rock", {"the rock"}),
        ("", set()),
    ],
)
def test_a_phrase_stands_where_its_words_stand_next_to_each_other(text: str, found: set[str]) -> None:
    assert phrases_in(text, ["air max", "air max 95", "the rock"]) == found


def test_a_phrase_is_one_more_keyword_beside_its_words() -> None:
    assert keywords_of("The Rock the rock", stopwords={"the"}, phrases=["the rock"]) == {"rock", "the rock"}
