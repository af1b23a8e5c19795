"""A person is taken out of the tables, the lake, the objects and the dead letters; everybody else stays."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from web_form import comment, web_post

from groundswell.adapters.object_store import s3_client
from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.kept_posts import unpacked
from groundswell.contracts.topics import DEAD_LETTERS
from groundswell.frames.mentions import MENTIONS
from streaming import kept_batches

DAY = datetime(2026, 5, 4, tzinfo=UTC)
ANA, BO = "6800000000000000001", "6800000000000000002"


def posts() -> list[dict[str, Any]]:
    created_s = int(DAY.timestamp())
    return [web_post(n, f"hi #cats {n}", created_s + n, author=1 if n % 3 == 0 else 2) for n in range(30)]


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    pipeline = make_pipeline("forget")
    source = tmp_path_factory.mktemp("forget") / "posts.ndjson"
    bad = [
        {"id": "1", "author": {"id": ANA}},
        {"id": "2", "author": {"id": BO, "uniqueId": "user.2"}},
    ]
    broken = b'{"id":"3","author":{"uniqueId":"user.1","id'
    lines = [json.dumps(each).encode() for each in (*posts(), *bad)]
    source.write_bytes(b"\n".join([*lines, broken, b"nothing of anybody"]) + b"\n")
    pipeline.replay(source)
    pipeline.cold("stream", "--only", "raw_to_lake", "--available-now")
    pipeline.cold("batch", "parse-lake", "--day", f"{DAY:%Y-%m-%d}")
    pipeline.cold("deadletters", "requeue", "--source", Path(source).name)
    _evidence(pipeline)
    _kept(pipeline)
    return pipeline


def _kept(pipeline: Any) -> None:
    """Keep what the stream would: a mixed part, one of Ana's alone, one of others'; a name of hers is only here."""
    mine, other = {"author_id": ANA, "author_name": "Ana.old"}, {"author_id": BO, "author_name": "user.2"}
    nameless = {"author_id": None}
    batches = [
        [
            mine | {"post_id": "k1"}, other | {"post_id": "k2"}, nameless | {"post_id": "k3", "author_name": "ANA.OLD"},
            nameless | {"post_id": "k4", "author_name": None}, nameless | {"post_id": posts()[0]["id"]},
        ],
        [mine | {"post_id": "k5"}],
        [other | {"post_id": "k6"}],
    ]  # fmt: skip
    shared = {"seen_at": DAY, "text": "hi", "engagement": 1, "keywords": ["", "#cats"], "text_fingerprint": 1}
    connection = connect(pipeline.settings)
    with transaction(connection):
        for batch_id, rows in enumerate(batches):
            table = pa.Table.from_pylist([row | shared for row in rows], MENTIONS)
            kept_batches.keep(connection, "query", batch_id, table)
    connection.close()


def kept(pipeline: Any) -> list[list[str]]:
    parts = pipeline.query("SELECT posts FROM stream_kept_batches ORDER BY batch_id")
    return [unpacked(part, ["post_id"])["post_id"].to_pylist() for (part,) in parts]


def _evidence(pipeline: Any) -> None:
    shown = [
        {"post_id": p["id"], "author": p["author"]["uniqueId"], "text": "", "engagement": 1, "seen_at_s": 1, "link": ""}
        for p in posts()[:2]
    ]
    pipeline.query(
        "INSERT INTO alerts (alert_id, keyword, kind, mode, direction, state, window_start, window_end, observed,"
        " expected, lower, upper, score, peak_score, severity, statistics_version, opened_at, updated_at, evidence)"
        " VALUES ('a1', '#cats', 'hashtag', 'discovery', 'rise', 'opened', %(t)s, %(t)s, 9, 1, 0, 3, 2, 2, 'low', 1,"
        " %(t)s, %(t)s, %(e)s)".replace("%(t)s", f"'{DAY.isoformat()}'").replace("%(e)s", f"'{json.dumps(shown)}'")
    )
    client, bucket = s3_client(pipeline.settings), pipeline.settings.lake.bucket
    prefix = pipeline.settings.postgres.db_schema
    theirs, other = comment(1, "mine", author=1), comment(2, "another's", author=2)
    body = b"".join(json.dumps(each).encode() + b"\n" for each in (theirs, other))
    client.put_object(Bucket=bucket, Key=f"comments/raw/day={DAY:%Y-%m-%d}/{prefix}/a.ndjson", Body=body)
    client.put_object(Bucket=bucket, Key=f"profiles/raw/day={DAY:%Y-%m-%d}/user.1/{prefix}.html", Body=b"page")
    for each in (theirs, other):
        pipeline.query(
            "INSERT INTO post_comments (comment_id, post_id, author_id, author_name, text, first_seen_at, seen_at)"
            " VALUES (%s, %s, %s, %s, %s, now(), now())",
            each["cid"], prefix, each["user"]["uid"], each["user"]["unique_id"], each["text"],
        )  # fmt: skip


def letters(pipeline: Any) -> list[bytes]:
    return [record.value() for record in pipeline.records(DEAD_LETTERS)]


def test_everything_of_the_person_goes_and_everything_else_stays(pipeline: Any) -> None:
    others = {post["id"] for post in posts() if post["author"]["id"] == BO}
    fates_before = {row["place"]: row["state"] for row in pipeline.json("deadletters", "list", "--each", "--json")}
    assert set(fates_before.values()) == {"parked"}

    (done,) = pipeline.json("forget", "--author", ANA, "--yes", "--json")

    assert (done["lake records"], done["posts"], done["authors"], done["dead letters"]) == (10, 10, 1, 2)
    assert (done["objects"], done["lines of comments"], done["post_comments"], done["alerts"]) == (1, 1, 1, 1)
    assert done["stream_kept_batches"] == 4
    assert kept(pipeline) == [["k2", "k4"], ["k6"]]
    assert {row["key"].decode() for row in pipeline.lake()} == others
    assert {row[0] for row in pipeline.query("SELECT post_id FROM posts")} == others
    for table in ("post_metrics", "post_hashtags"):
        assert {row[0] for row in pipeline.query(f"SELECT post_id FROM {table}")} == others
    assert pipeline.query("SELECT author_id FROM authors") == [(BO,)]
    assert pipeline.query("SELECT text FROM post_comments") == [("another's",)]
    ((evidence,),) = pipeline.query("SELECT evidence FROM alerts WHERE alert_id = 'a1'")
    assert [post["author"] for post in evidence] == ["user.2"]
    assert [json.loads(value)["id"] if value[:1] == b"{" else value for value in letters(pipeline)] == [
        "2", b"nothing of anybody",
    ]  # fmt: skip
    fates = [row["state"] for row in pipeline.json("deadletters", "list", "--each", "--json")]
    assert fates == ["parked", "parked"]


def test_the_files_that_held_them_are_gone(pipeline: Any) -> None:
    client, bucket = s3_client(pipeline.settings), pipeline.settings.lake.bucket
    prefix = f"warehouse/{pipeline.settings.lake.namespace}/"
    found = client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    data = [each["Key"] for each in found if each["Key"].endswith(".parquet")]
    assert data
    for key in data:
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        values = pq.read_table(io.BytesIO(body), columns=["value"]).column("value").to_pylist()
        assert not any(ANA.encode() in value for value in values)


def test_counts_of_keywords_stay(pipeline: Any) -> None:
    assert pipeline.query("SELECT sum(posts)::int FROM keyword_counts WHERE keyword = '#cats'") == [(30,)]


def test_again_finds_nothing(pipeline: Any) -> None:
    (done,) = pipeline.json("forget", "--author", ANA, "--yes", "--json")

    assert not any(done.values())


def test_a_name_is_no_id(pipeline: Any) -> None:
    assert "is no author's id" in pipeline.cold("forget", "--author", "@ana", "--yes", exit_code=2)
