"""A record becomes a line for Postgres: what is missing is NULL, what is odd is left out, and nothing breaks COPY."""

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from groundswell.frames.post_lines import (
    KEYWORD_SEPARATOR,
    LINE_COLUMNS,
    READ_POSTS,
    STAGED_COLUMNS,
    Reading,
    read_batch,
    staged_lines,
)

SEEN = datetime(2026, 6, 1, 12, 0, 0, 5000, UTC)
CREATED = int(SEEN.timestamp()) - 60


def batch_of(*values: bytes | None, phrases: tuple[str, ...] = ()) -> pa.RecordBatch:
    columns = {
        "partition": pa.array([3] * len(values), pa.int32()),
        "offset": pa.array(range(len(values)), pa.int64()),
        "timestamp": pa.array([SEEN] * len(values), READ_POSTS.field("seen_at").type),
        "value": pa.array(values, pa.binary()),
    }
    return read_batch(pa.RecordBatch.from_pydict(columns), Reading(frozenset({"the"}), phrases))


def read(*values: bytes | None, phrases: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    batch = batch_of(*values, phrases=phrases)
    assert batch.schema == READ_POSTS
    return list(batch.to_pylist())


def nested(**item: Any) -> bytes:
    rest = {name: item.pop(name) for name in list(item) if name.endswith("s") or "List" in name or name == "textExtra"}
    return json.dumps({"itemInfos": {"id": "1", "createTime": CREATED, **item}, **rest}).encode()


def web(**fields: Any) -> bytes:
    return json.dumps({"id": "2", "createTime": str(CREATED), **fields}).encode()


def field(line: str, name: str) -> str:
    """A field of a line without quotes and commas inside."""
    return line.split(",")[LINE_COLUMNS.index(name)]


@pytest.mark.parametrize(
    "value",
    [None, b"", b"[1]", b"{no", b"{}", web(createTime=None), web(createTime=4_200_000_000), web(id=""), b"\xff"],
)
def test_what_is_no_post_has_a_row_without_id(value: bytes | None) -> None:
    (row,) = read(value)
    assert (row["partition"], row["offset"], row["seen_at"]) == (3, 0, SEEN)
    assert (row["post_id"], row["line"], row["keywords"], row["has_negative"]) == (None, None, None, False)


def test_an_empty_batch_stays_empty() -> None:
    assert read() == []


def test_a_staged_line_says_which_record_it_is_and_what_is_no_post_has_none() -> None:
    lines = staged_lines(batch_of(b"{no", nested(text="a,\n\u00e9"), web())).to_pylist()
    assert [line.split(",", 4)[:4] for line in lines] == [
        ["2026-06-01", "2026-06-01 12:00:00.005000Z", "3", number] for number in ("1", "2")
    ]
    assert lines[0].endswith(',"1",nested,"a,\n\u00e9",,,2026-06-01T11:59:00+00:00,,,,,,{},,,,,,,,,,{},{}\n')
    assert lines[1].count(",") == len(STAGED_COLUMNS) - 1
    assert staged_lines(batch_of()).to_pylist() == []


def test_missing_fields_are_null_and_the_text_is_empty() -> None:
    (row,) = read(nested())
    assert row["line"] == '"1",nested,"",,,2026-06-01T11:59:00+00:00,,,,,,{},,,,,,,,,,{},{}'
    assert (row["author"], row["has_author"]) == ("1", False)


def test_both_forms_give_the_same_columns() -> None:
    counts = {"diggCount": 5, "commentCount": "6", "shareCount": 7, "playCount": "8"}
    one = nested(
        text="Hi", authorId="a", musicId="m", video={"videoMeta": {"duration": 9}}, **counts,
        authorInfos={"userId": "a", "uniqueId": "u", "nickName": "n", "signature": "s", "verified": True},
        musicInfos={"musicId": "m", "musicName": "t", "authorName": "b", "original": ""},
        challengeInfoList=[{"challengeId": "c", "challengeName": "Cc"}, {"challengeId": ""}],
        authorStats={"followerCount": 10, "followingCount": "11"},
    )  # fmt: skip
    other = web(
        id="1", desc="Hi", statsV2=counts, stats={"diggCount": 1}, video={"duration": 9},
        author={"id": "a", "uniqueId": "u", "nickname": "n", "signature": "s", "verified": "TRUE"},
        music={"id": "m", "title": "t", "authorName": "b", "original": False},
        challenges=[{"id": "c", "title": "Cc"}], authorStats={"followerCount": 10, "followingCount": 11},
    )  # fmt: skip
    first, second = read(one, other)
    assert first["line"] == second["line"].replace(",web,", ",nested,")
    assert first["line"].endswith(',5,6,7,8,9,"{""#cc""}","u","n","s",true,10,11,"t","b",false,"{""c""}","{""Cc""}"')
    assert first["author"] == second["author"] == "a"


def test_a_negative_count_is_unknown_and_said() -> None:
    (row,) = read(nested(diggCount=-3, commentCount="-1", shareCount=2))
    assert (field(row["line"], "digg_count"), field(row["line"], "share_count"), row["has_negative"]) == ("", "2", True)


@pytest.mark.parametrize("count", [True, 1.5, "1.5", "many", "", None, 2**70, str(2**70), {"a": 1}])
def test_what_is_no_count_is_unknown(count: object) -> None:
    (row,) = read(nested(diggCount=count))
    assert (field(row["line"], "digg_count"), row["has_negative"]) == ("", False)


def test_quotes_backslashes_newlines_and_nul_come_through_copy() -> None:
    (row,) = read(nested(text='a "b"\n\\c, \0d', id="1\0", challengeInfoList=[{"challengeId": 'x"\\y'}]))
    assert row["post_id"] == "1"
    assert '"a ""b""\n\\c, d"' in row["line"]
    assert row["line"].endswith(r'"{""x\""\\y""}",' + '"{NULL}"')


def test_keywords_are_hashtags_words_and_phrases_but_no_stopwords() -> None:
    value = nested(text="The Air Max 95 #Sale", textExtra=[{"HashtagName": "", "hashtagName": "Shoes"}])
    (row,) = read(value, phrases=("air max 95", "not here"))
    assert sorted(row["keywords"].split(KEYWORD_SEPARATOR)) == ["#sale", "#shoes", "air", "air max 95", "max"]
    assert read(nested(text="the"))[0]["keywords"] == ""


def test_a_name_alone_is_an_author_without_id() -> None:
    (row,) = read(web(author="made.up"))
    assert field(row["line"], "unique_name") == '"made.up"'
    assert not row["has_author"]


def test_a_creation_time_that_can_not_be_is_said() -> None:
    assert [
        row["has_unbelievable_time"] for row in read(web(), web(createTime=86_400), web(createTime=CREATED * 2))
    ] == [
        False,
        True,
        True,
    ]


def test_a_part_of_another_shape_is_as_if_it_were_not_there() -> None:
    (row,) = read(nested(text="still read", musicInfos=["odd"], diggCount=4))
    assert (field(row["line"], "digg_count"), set(row["keywords"].split(KEYWORD_SEPARATOR))) == (
        "4",
        {"still", "read"},
    )
