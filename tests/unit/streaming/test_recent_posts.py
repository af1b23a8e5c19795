"""A post as it is kept for the evidence of alerts."""

from datetime import UTC, datetime

import pyarrow as pa

from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.frames.mentions import MENTIONS
from streaming.recent_posts import KEPT_CHARACTERS, rows_of

POST = {
    "seen_at": datetime(2026, 6, 1, tzinfo=UTC),
    "post_id": "1",
    "author_id": "7",
    "author_name": "a\0na",
    "text": "é" * (KEPT_CHARACTERS + 1),
    "engagement": 3,
    "keywords": [PLATFORM_KEYWORD, "#dance", "don't"],
    "text_fingerprint": -5,
}


def test_texts_are_cut_by_characters_and_nul_is_taken_out() -> None:
    (row,) = rows_of(pa.Table.from_pylist([POST], MENTIONS)).to_pylist()
    assert (row["text"], row["author_name"]) == ("é" * KEPT_CHARACTERS, "ana")
    assert row["keywords"] == '{"","#dance","don\'t"}'
    assert (row["post_id"], row["engagement"], row["text_fingerprint"]) == ("1", 3, -5)


def test_who_is_not_told_stays_untold() -> None:
    (row,) = rows_of(pa.Table.from_pylist([POST | {"author_id": None, "author_name": None}], MENTIONS)).to_pylist()
    assert (row["author_id"], row["author_name"]) == (None, None)
