from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.demo.verdict import Accounts, Alert, findings

START = datetime(2026, 6, 29, 12, tzinfo=UTC)
BURST: dict[str, Any] = {
    "keyword": "#planted",
    "shape": "spike",
    "start": START.isoformat(),
    "end": (START + timedelta(hours=2)).isoformat(),
    "peak_hour_posts": 90,
    "expected_posts_per_hour": 1.5,
}


def alert(minutes: float, keyword: str = "#planted") -> Alert:
    return Alert(keyword, START + timedelta(minutes=minutes), 2.0, 40.0, 1.5)


def test_a_burst_stands_beside_the_first_alert_raised_for_it() -> None:
    (found,) = findings([BURST], [alert(90), alert(20), alert(10, "#other")])
    assert found.alert == alert(20)
    assert (found.keyword, found.shape, found.peak_hour_posts) == ("#planted", "spike", 90)


def test_the_delay_counts_to_the_end_of_the_bucket_that_raised_the_alert() -> None:
    delays = [findings([BURST], [alert(minutes)])[0].delay_minutes for minutes in (20, 0, -5)]
    assert delays == [25, 5, 0]


@pytest.mark.parametrize(("minutes", "counts"), [(-5.1, False), (-5, True), (0, True), (180, True), (180.1, False)])
def test_an_alert_counts_from_shortly_before_the_burst_to_an_hour_after_it(minutes: float, counts: bool) -> None:
    (found,) = findings([BURST], [alert(minutes)])
    assert (found.alert is not None) is counts


def test_a_missed_burst_has_neither_alert_nor_delay() -> None:
    (found,) = findings([BURST], [alert(20, "planted")])
    assert found.alert is None
    assert found.delay_minutes is None


def test_two_bursts_of_one_keyword_have_alerts_of_their_own() -> None:
    later = timedelta(hours=8)
    second = {**BURST, "start": (START + later).isoformat(), "end": (START + later + timedelta(hours=1)).isoformat()}
    found = findings([BURST, second], [alert(485), alert(15)])
    assert [finding.delay_minutes for finding in found] == [20, 10]


COMPLETE = Accounts(lines=100, blank=1, sent=95, dead_lettered=4, dead_letters_on_topic=4, lake_rows=95)


def test_when_all_adds_up_nothing_is_said() -> None:
    assert COMPLETE.unaccounted() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lines": 101}, "101 lines in the files, but 1 blank + 95 sent + 4 dead-lettered"),
        ({"lake_rows": 94}, "95 posts sent, 94 in the lake"),
        ({"lake_rows": 96}, "95 posts sent, 96 in the lake"),
        ({"dead_letters_on_topic": 3}, "4 lines dead-lettered, 3 on the topic"),
    ],
)
def test_a_line_that_is_nowhere_is_told_by_where_it_went_missing(changed: dict[str, int], said: str) -> None:
    assert replace(COMPLETE, **changed).unaccounted() == [said]


def test_every_place_that_does_not_add_up_is_told() -> None:
    assert len(replace(COMPLETE, sent=0).unaccounted()) == 2
