"""Alerts on the pipeline are opened once, and closed when their cause is gone."""

from groundswell.contracts.alerts import alert_record, episode_of
from groundswell.domain.health import Problem
from streaming.health_alerts import changes

OLD = Problem("statistics too old", "they are 30 h old", 1_000)
SILENT = Problem("feed stopped", "no post has come", 2_000)


def test_a_problem_opens_an_alert_and_stays_one() -> None:
    (opened,) = changes([], [OLD], 5_000)
    assert (opened.keyword, opened.kind, opened.state, opened.opened_at_s) == (OLD.name, "health", "opened", 1_000)
    assert changes([opened], [OLD], 6_000) == []


def test_the_same_problem_has_the_same_id_whoever_sees_it_and_a_later_one_another() -> None:
    (one,), (other,), (later,) = (
        changes([], [problem], 5_000) for problem in (OLD, OLD, Problem(OLD.name, OLD.text, 90_000))
    )
    assert one.alert_id == other.alert_id != later.alert_id


def test_what_is_mended_is_closed_while_the_rest_stays_open() -> None:
    opened = changes([], [OLD, SILENT], 5_000)
    (closed,) = changes(opened, [SILENT], 7_000)
    assert (closed.keyword, closed.state, closed.closed_at_s) == (OLD.name, "closed", 7_000)


def test_its_record_is_read_as_any_alerts() -> None:
    (opened,) = changes([], [OLD], 5_000)
    assert episode_of(alert_record(opened)) == opened
