"""What a spreadsheet would run is text, and nothing else changes."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.csv_guard import guarded, pass_guarded


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-"])
def test_a_formula_becomes_text(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "dance", "-5", "+3.25", "-1e-9", "#tag", "a=b"])
def test_text_and_numbers_stay(cell: str) -> None:
    assert guarded(cell) == cell


def test_a_cell_that_holds_another_separator_is_quoted() -> None:
    passed = io.StringIO()
    pass_guarded(["a;=1+1,b\n"], passed)
    assert passed.getvalue() == '"a;=1+1",b\n'


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=2, max_size=4)))
def test_every_cell_arrives_in_its_place(rows: list[list[str]]) -> None:
    source, passed = io.StringIO(newline=""), io.StringIO(newline="")
    csv.writer(source).writerows(rows)
    pass_guarded(io.StringIO(source.getvalue(), newline=""), passed)
    assert list(csv.reader(io.StringIO(passed.getvalue(), newline=""))) == [[guarded(c) for c in row] for row in rows]
