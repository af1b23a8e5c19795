"""A file's rows are read as they are, or refused with the file, the line and the reason."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch.backtest_csv import count_of, epoch_seconds, read_rows
from groundswell.errors import InputError

GOOD = "timestamp,value\n2026-01-05 00:00:00,3\n2026-01-05 00:05:00,4\n"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "zählung 日.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(folder: Path, text: str | bytes) -> InputError:
    path = written(folder, text)
    with pytest.raises(InputError) as error:
        read_rows(path)
    assert str(path) in error.value.message
    assert error.value.exit_code == 2
    return error.value


def test_rows_keep_their_text_and_their_line(tmp_path: Path) -> None:
    rows, notes = read_rows(written(tmp_path, GOOD + "\n2026-01-05T00:10:00Z, 5.0 \n"))
    assert [(row.line, row.timestamp, row.value_text, row.value) for row in rows] == [
        (2, "2026-01-05 00:00:00", "3", 3.0),
        (3, "2026-01-05 00:05:00", "4", 4.0),
        (5, "2026-01-05T00:10:00Z", "5.0", 5.0),
    ]
    assert notes == []


def test_columns_may_stand_in_any_order_and_others_are_passed_over_with_a_note(tmp_path: Path) -> None:
    rows, notes = read_rows(written(tmp_path, "Value,who, TIMESTAMP\n3,a,1767571200\n"))
    assert (rows[0].value, rows[0].epoch_s) == (3.0, 1_767_571_200)
    assert notes == ["columns passed over: 'who'"]


@pytest.mark.parametrize("change", [lambda b: b"\xef\xbb\xbf" + b, lambda b: b.replace(b"\n", b"\r\n"), bytes.rstrip])
def test_byte_order_mark_windows_lines_and_a_missing_last_newline_change_nothing(tmp_path: Path, change) -> None:
    assert read_rows(written(tmp_path, change(GOOD.encode()))) == read_rows(written(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-01-05 00:10:00,", "the value is empty"),
        ("2026-01-05 00:10:00,nan", "'nan' is not a finite number"),
        ("2026-01-05 00:10:00,inf", "'inf' is not a finite number"),
        ("2026-01-05 00:10:00,-1", "'-1' is negative"),
        ("2026-01-05 00:10:00,many", "'many' is not a number"),
        ("2026-01-05 00:10:00,1_000", "'1_000' is not a number"),
        ("2026-01-05 00:10:00,1e300", "'1e300' is above"),
        (",5", "the timestamp is empty"),
        ("0001-01-01,5", "'0001-01-01' is before 1900"),
        ("05/01/2026,5", "'05/01/2026' is neither ISO 8601 nor epoch"),
        ("2026-13-05 00:10:00,5", "'2026-13-05 00:10:00' is neither"),
        ("1767571200000000000,5", "'1767571200000000000' is too large"),
        ("2026-01-05 00:10:00", "1 fields where the header has 2"),
        ("2026-01-05 00:10:00,1,5", "3 fields where the header has 2"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_reason_and_may_be_skipped(tmp_path: Path, row: str, reason: str) -> None:
    error = refused(tmp_path, f"{GOOD}{row}\n")
    assert "line 4: " in error.message
    assert reason in error.message
    assert "--skip-bad-rows" in error.way_out
    rows, (note,) = read_rows(written(tmp_path, f"{GOOD}{row}\n"), skip_bad_rows=True)
    assert len(rows) == 2
    assert note.startswith("1 bad row left out (line 4: ")


def test_of_many_bad_rows_three_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    assert refused(tmp_path, GOOD + "x,1\n" * 5).message.endswith("; and 2 more bad rows")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("timestamp,value\n", "holds no row"),
        ("timestamp;value\n1;2\n", "no column 'timestamp'"),
        ("2026-01-05 00:00:00,3\n", "no column 'timestamp'"),
        ("timestamp,value,value\n1,2,3\n", "more than one column 'value'"),
        (GOOD.encode("utf-16"), "is not UTF-8"),
        (GOOD.encode() + b"\xff,1\n", "is not UTF-8"),
        (GOOD + '"2026', "is no CSV"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str | bytes, reason: str) -> None:
    assert reason in refused(tmp_path, text).message


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file .*nothing\.csv"):
        read_rows(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_rows(tmp_path)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_every_way_of_writing_a_time_names_the_same(moment: datetime, offset_minutes: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    seconds = int(moment.timestamp())
    zone = timezone(timedelta(minutes=offset_minutes))
    for text in (f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%Y-%m-%dT%H:%M:%SZ}", moment.astimezone(zone).isoformat()):
        assert epoch_seconds(text) == seconds
    assert epoch_seconds(str(seconds)) == seconds
    if seconds * 1000 >= 10**11:
        assert epoch_seconds(str(seconds * 1000)) == seconds


@given(st.floats(0, 1e12))
def test_a_count_is_read_as_it_was_written(value: float) -> None:
    assert count_of(repr(value)) == value
