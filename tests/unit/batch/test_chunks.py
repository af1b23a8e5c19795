"""How days are put together, so that one Spark job serves many small ones."""

from datetime import date, timedelta

from batch.parse_lake import DAYS_PER_CHUNK, RECORDS_PER_CHUNK, chunks

FIRST = date(2026, 1, 1)


def days(number: int) -> list[date]:
    return [FIRST + timedelta(days=index) for index in range(number)]


def sizes(number: int, rows_of: dict[int, int]) -> list[int]:
    rows = {FIRST + timedelta(days=index): count for index, count in rows_of.items()}
    return [len(chunk) for chunk in chunks(days(number), rows)]


def test_small_days_go_together_up_to_a_month():
    assert sizes(DAYS_PER_CHUNK + 2, {}) == [DAYS_PER_CHUNK, 2]


def test_a_chunk_stays_within_its_number_of_records():
    assert sizes(4, dict.fromkeys(range(4), RECORDS_PER_CHUNK // 2)) == [2, 2]


def test_a_day_larger_than_a_chunk_is_still_read_alone():
    assert sizes(3, {1: 5 * RECORDS_PER_CHUNK}) == [1, 1, 1]


def test_no_day_is_lost_and_their_order_is_kept():
    rows = {day: (index * 377_000) % 900_000 for index, day in enumerate(days(50))}
    assert [day for chunk in chunks(days(50), rows) for day in chunk] == days(50)
