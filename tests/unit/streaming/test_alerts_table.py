from dataclasses import replace
from io import StringIO

import orjson
import pytest
from rich.console import Console

from groundswell.contracts.alerts import episode_of
from groundswell.contracts.examples import example_alerts
from groundswell.domain.episodes import Episode
from streaming.alerts_table import alerts_table

NEWEST = list({e.alert_id: e for e in (episode_of(orjson.loads(value)) for value in example_alerts())}.values())
RAINDANCE = NEWEST[0]


def lines(episodes: list[Episode], rows: int = 20, width: int = 140) -> list[str]:
    console = Console(width=width, file=StringIO(), record=True)
    console.print(alerts_table(episodes, rows))
    return console.export_text().splitlines()


def row_of(keyword: str, shown: list[str]) -> str:
    (row,) = [line for line in shown if keyword in line]
    return row


def test_a_row_tells_when_what_how_much_and_how_it_stands() -> None:
    row = row_of("#raindance", lines(NEWEST))
    assert row.split() == ["Jun", "01", "08:45", "#raindance", "42", "3.2", "20", "██████░░░░", "2.8", "closed",
                           "Jun", "01", "09:00"]  # fmt: skip


def test_a_watched_keyword_has_a_star_and_others_none() -> None:
    shown = lines(NEWEST)
    assert "foam ★" in row_of("foam", shown)
    assert "★" not in row_of("#raindance", shown)


def test_the_newest_is_on_top_and_those_left_out_are_counted() -> None:
    later = [
        replace(RAINDANCE, alert_id=str(n), keyword=f"#k{n}", opened_at_s=RAINDANCE.opened_at_s + n) for n in range(5)
    ]
    shown = "\n".join(lines(later, rows=2))
    assert shown.index("#k4") < shown.index("#k3")
    assert "#k2" not in shown
    assert "5 alerts" in shown
    assert "3 older ones not shown" in shown


def test_without_alerts_there_is_a_table_all_the_same() -> None:
    assert "0 alerts" in "\n".join(lines([]))


@pytest.mark.parametrize(("score", "bar"), [(0.0, "█░░░░░░░░░"), (2.5, "█████░░░░░"), (99.0, "██████████")])
def test_the_bar_is_never_empty_nor_too_long(score: float, bar: str) -> None:
    assert f"{bar} {score:.1f}" in "\n".join(lines([replace(RAINDANCE, peak_score=score)]))


def test_square_brackets_in_a_keyword_are_no_markup() -> None:
    assert "[bold]x" in "\n".join(lines([replace(RAINDANCE, keyword="[bold]x")]))


def test_ids_are_shown_where_alerts_can_be_dismissed_and_those_that_were_say_so() -> None:
    console = Console(width=160, file=StringIO(), record=True)
    console.print(alerts_table(NEWEST, 20, dismissed={RAINDANCE.alert_id}))
    shown = console.export_text().splitlines()
    row = row_of("#raindance", shown)
    assert row.split()[0] == RAINDANCE.alert_id
    assert "dismissed" in row
    assert "dismissed" not in row_of("foam", shown)
    assert RAINDANCE.alert_id not in "\n".join(lines(NEWEST))
