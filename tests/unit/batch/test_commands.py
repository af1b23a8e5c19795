"""Mistakes on the command line are named before any Spark starts."""

import pytest
from click.testing import CliRunner

from batch.commands import batch
from groundswell.errors import InputError


def test_days_in_the_wrong_order_are_refused():
    result = CliRunner().invoke(batch, ["parse-lake", "--day", "2026-01-02", "--until", "2026-01-01"])
    assert isinstance(result.exception, InputError)
    assert "before --day" in result.exception.message


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", ""])
def test_a_day_that_is_none_is_refused(day):
    assert CliRunner().invoke(batch, ["parse-lake", "--day", day]).exit_code == 2


def test_a_full_recomputation_needs_its_day():
    result = CliRunner().invoke(batch, ["recompute-statistics"])
    assert isinstance(result.exception, InputError)
    assert "--as-of" in result.exception.message
