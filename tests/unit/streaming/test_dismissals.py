"""Which time the dismissal of an alert is about."""

from dataclasses import replace

import orjson

from groundswell.contracts.alerts import episode_of
from groundswell.contracts.examples import example_alerts
from streaming.dismissals import dismissal_of

HOUR = 3600
OPENED = episode_of(orjson.loads(example_alerts()[0]))


def test_it_begins_with_the_first_window_that_was_judged_however_long_the_alert_has_grown() -> None:
    grown = replace(
        OPENED,
        state="updated",
        updated_at_s=OPENED.updated_at_s + 2 * HOUR,
        window_start_s=OPENED.window_start_s + 2 * HOUR,
        window_end_s=OPENED.window_end_s + 2 * HOUR,
    )
    assert dismissal_of(OPENED).starts_s == dismissal_of(grown).starts_s == OPENED.window_start_s


def test_of_a_closed_alert_it_ends_with_the_alert() -> None:
    closed = replace(OPENED, state="closed", closed_at_s=OPENED.updated_at_s + HOUR)
    assert dismissal_of(closed).ends_s == OPENED.window_end_s


def test_of_an_open_alert_it_goes_on_for_a_day() -> None:
    assert dismissal_of(OPENED).ends_s == OPENED.window_end_s + 24 * HOUR
