"""Keywords have one number each, whatever batch they come in."""

import numpy as np
import pyarrow as pa

from streaming.vocabulary import Vocabulary


def numbered(vocabulary: Vocabulary, *keywords: str) -> list[int]:
    found: list[int] = vocabulary.numbers(pa.chunked_array([pa.array(keywords, pa.string())])).tolist()
    return found


def test_a_keyword_keeps_its_number() -> None:
    vocabulary = Vocabulary()
    assert numbered(vocabulary, "b", "a", "b") == [0, 1, 0]
    assert numbered(vocabulary, "c", "a") == [2, 1]
    assert numbered(vocabulary) == []
    assert (len(vocabulary), vocabulary.keywords([2, 0])) == (3, ["c", "b"])


def test_only_known_keywords_are_found() -> None:
    vocabulary = Vocabulary()
    numbered(vocabulary, "", "a")
    assert vocabulary.known(["never", "a", ""]).tolist() == [1, 0]
    assert len(vocabulary) == 2


def test_what_is_not_used_is_forgotten_and_the_rest_renumbered() -> None:
    vocabulary = Vocabulary()
    numbered(vocabulary, "a", "b", "c")
    assert vocabulary.keep(np.array([False, True, True])).tolist() == [-1, 0, 1]
    assert numbered(vocabulary, "c", "a", "b") == [1, 2, 0]
