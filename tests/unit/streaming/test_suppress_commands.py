"""Known events that make no sense are refused before anything is written."""

import pytest
from click.testing import CliRunner

from groundswell.errors import InputError
from streaming.alerts_commands import alerts

DAY = ["--from", "2026-06-01", "--until", "2026-06-02"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["#launch", "--from", "2026-06-02", "--until", "2026-06-01"], "ends before it begins"),
        (["#launch", "--from", "2026-06-01", "--until", "2026-06-01T00:00"], "is empty"),
        (["#launch", "--from", "2026-06-01T12:00+0200", "--until", "2026-06-01T10:00"], "is empty"),
        (DAY, "neither KEYWORD nor --all"),
        (["#launch", "--all", *DAY], "both KEYWORD and --all"),
        (["2020", *DAY], "no word"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], why: str) -> None:
    caught = CliRunner().invoke(alerts, ["suppress", "add", *arguments]).exception
    assert isinstance(caught, InputError)
    assert why in caught.message
    assert caught.exit_code == 2


def test_a_time_that_is_none_is_refused() -> None:
    assert CliRunner().invoke(alerts, ["suppress", "add", "x", "--from", "soon", "--until", "later"]).exit_code == 2
