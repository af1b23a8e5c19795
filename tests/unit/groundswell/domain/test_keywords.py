import pytest

from groundswell.domain.keywords import hashtag_keyword, hashtags_of, keyword_kind, keywords_of, words_of


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
