import pytest

from producer.synthesize.languages import LANGUAGES
from producer.synthesize.words import Hashtag, SyllableWords, Vocabulary


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_rank_of_a_language_has_its_own_word(language):
    tail = SyllableWords(language.onsets, language.nuclei)
    assert len({tail.word(number) for number in range(200_000)}) == 200_000


def test_head_of_a_vocabulary_is_ordinary_words_and_its_tail_is_made():
    vocabulary = Vocabulary(LANGUAGES[0])
    assert vocabulary.words([0, 1]) == ["the", "to"]
    assert vocabulary.words([50_000]) == vocabulary.words([50_000])
    assert [tag.display for tag in vocabulary.hashtags([-1, 0])] == ["fyp", "dance"]


def test_hashtag_is_stored_in_lower_case_and_measured_in_utf16():
    tag = Hashtag("Café𝒳")
    assert tag.stored == "café𝒳"
    assert tag.length == len("#Café") + 2
