"""The batch commands against the real lake and Postgres: right tables, the same when run again, or none at all."""

import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batch.statistics_versions import KEPT_VERSIONS
from groundswell.adapters.postgres import connect, transaction
from groundswell.settings import Settings, load_settings
from infra.migrate_command import run_migrations

# One process runs every command, for a JVM that is warm answers in a fraction of the time.
WORKER = """
import json, sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from groundswell import cli
from groundswell.adapters.lake import ensure_raw_table
from groundswell.adapters.spark import spark_session
from groundswell.settings import load_settings

def append(records):
    spark = spark_session(load_settings(), "fill")
    table = ensure_raw_table(spark, load_settings())
    rows = [("posts", 0, offset, datetime.fromtimestamp(ms / 1000, UTC), b"", value.encode(), [])
            for offset, ms, value in records]
    spark.createDataFrame(rows, spark.table(table).schema).coalesce(1).writeTo(table).append()
    return 0

def command(arguments):
    sys.argv = ["groundswell", *arguments]
    try:
        cli.main()
    except SystemExit as end:
        return end.code or 0
    return 0

out = sys.stdout
for line in sys.stdin:
    job = json.loads(line)
    with redirect_stdout(StringIO()) as printed:
        printed.reconfigure = lambda **_: None
        code = append(job["append"]) if "append" in job else command(job["command"])
    print(json.dumps([code, printed.getvalue()]), file=out, flush=True)
"""

DAY = datetime(2026, 5, 4, tzinfo=UTC)
DAYS = [f"{DAY + timedelta(days=number):%Y-%m-%d}" for number in range(3)]
TRICKY = 'Quote " comma, back\\slash\nline #Tag_1#two ＃Tag_1 café \\. 🌊\0end'


class Worker:
    """Runs batch commands and fills the lake in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _do(self, job: dict[str, Any]) -> tuple[int, str]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        code, printed = json.loads(self._process.stdout.readline())
        return code, printed

    def append(self, records: list[tuple[int, int, str]]) -> None:
        assert self._do({"append": records}) == (0, "")

    def batch(self, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        code, printed = self._do({"command": ["batch", *arguments, "--json"]})
        return code, [json.loads(line) for line in printed.splitlines() if line.startswith("{")]

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


def at(day: int, hour: int, minute: int = 0) -> int:
    return int((DAY + timedelta(days=day, hours=hour, minutes=minute)).timestamp() * 1000)


def post(post_id: str, text: str, diggs: int = 0, author: str = "a1", challenge: str = "") -> str:
    return json.dumps(
        {
            "itemInfos": {"id": post_id, "text": text, "createTime": str(at(0, 0) // 1000 - 60), "authorId": author,
                          "musicId": "m1", "diggCount": diggs, "commentCount": 1, "shareCount": 0, "playCount": 9},
            "authorInfos": {"userId": author, "uniqueId": f"name {author}", "nickName": f"{diggs}"},
            "musicInfos": {"musicId": "m1", "musicName": "waves", "authorName": "The Sea", "original": ""},
            "challengeInfoList": [{"challengeId": f"c-{challenge}", "challengeName": challenge}] if challenge else [],
        }
    )  # fmt: skip


RECORDS = [
    (at(0, 1), post("p1", TRICKY, 5)),
    (at(0, 1, 4), post("p2", "surfing waves #surf", 1, "a2", "Surf")),
    (at(0, 2), post("p2", "surfing waves #surf", 7, "a2", "Surf")),
    (at(0, 2), "{no post"),
    (at(1, 3), post("p2", "surfing waves #surf", 9, "a2", "Surf")),
    (at(1, 3, 1), post("p3", "waves waves waves #surf", 2, "a1", "Surf")),
    (at(1, 3, 2), post("p4", "more waves #surf", -3, "a1")),
    *((at(2, hour, minute), post(f"q{hour}-{minute}", f"waves at {hour}", 1, f"b{minute}"))
      for hour in range(24) for minute in range(0, 60, 10)),
]  # fmt: skip


@pytest.fixture(scope="module")
def own(stack: Settings) -> Iterator[Settings]:
    """A schema and a lake namespace of this module's own."""
    name = f"batch_{uuid.uuid4().hex[:8]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDSWELL_POSTGRES__DB_SCHEMA", name)
        patch.setenv("GROUNDSWELL_LAKE__NAMESPACE", name)
        settings = load_settings()
        run_migrations(settings)
        yield settings


@pytest.fixture(scope="module")
def empty_worker(own: Settings) -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.stop()


@pytest.fixture(scope="module")
def no_table(empty_worker: Worker) -> tuple[int, list[dict[str, Any]]]:
    return empty_worker.batch("parse-lake", "--day", DAYS[0])


@pytest.fixture(scope="module")
def parsed(no_table: object, empty_worker: Worker) -> tuple[Worker, list[dict[str, Any]]]:
    """The worker, and what parsing three days said; the lake was filled in small files."""
    records = [(offset, ms, value) for offset, (ms, value) in enumerate(RECORDS)]
    third = len(records) // 3
    for part in (records[:third], records[third : 2 * third], records[2 * third :]):
        empty_worker.append(part)
    code, said = empty_worker.batch("parse-lake", "--day", DAYS[0], "--until", DAYS[2])
    assert code == 0
    return empty_worker, said


@pytest.fixture(scope="module")
def versions(own: Settings, parsed: tuple[Worker, object]) -> list[dict[str, Any]]:
    """Two full recomputations and what a reader saw meanwhile."""
    worker, _ = parsed
    seen, stop = set(), threading.Event()

    def read() -> None:
        connection = connect(own, role="reader")
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not stop.wait(0.005):
                cursor.execute("SELECT min(version), max(version), count(*) FROM current_keyword_statistics")
                seen.add(cursor.fetchone())
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        said = [worker.batch("recompute-statistics", "--as-of", "2026-05-07") for _ in range(2)]
    finally:
        stop.set()
        reader.join()
    assert [code for code, _ in said] == [0, 0]
    return [{**lines[0], "seen": seen} for _, lines in said]


def query(settings: Settings, text: str) -> list[tuple[Any, ...]]:
    connection = connect(settings)
    try:
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


CONTENTS = {
    **{table: f"SELECT t::text FROM {table} t ORDER BY 1" for table in (
        "posts", "authors", "music", "challenges", "hashtags", "post_hashtags", "post_challenges", "post_metrics",
        "keyword_counts", "platform_counts", "trending_challenges_daily", "trending_musicians_daily",
    )},
    "lake_days": "SELECT day, lake_rows, parsed_rows, unparsable, repeated, new_posts, keywords, warnings"
    " FROM lake_days ORDER BY 1",
}  # fmt: skip


def contents(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    return {table: query(settings, text) for table, text in CONTENTS.items()}


def staging_left(settings: Settings) -> list[tuple[Any, ...]]:
    return query(
        settings,
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname LIKE 'staging%'",
    )


def test_a_lake_without_table_is_named(no_table: tuple[int, list[dict[str, Any]]]) -> None:
    assert no_table == (2, [])


def test_the_ledger_adds_up(own: Settings, parsed: tuple[Worker, list[dict[str, Any]]]) -> None:
    keys = ("lake_rows", "parsed_rows", "unparsable", "distinct_posts", "repeated", "new_posts")
    assert [tuple(day[key] for key in keys) for day in parsed[1]] == [
        (4, 3, 1, 2, 1, 2),
        (3, 3, 0, 3, 0, 2),
        (144, 144, 0, 144, 0, 144),
    ]
    assert query(own, "SELECT count(*) FROM lake_days") == [(3,)]
    assert parsed[1][0]["warnings"] == ["1 of 4 records are no post"]
    assert "negative" in parsed[1][1]["warnings"][0]


def test_a_post_stands_as_it_was_last_seen(own: Settings, parsed: object) -> None:
    found = query(
        own,
        "SELECT digg_count, engagement, extract(epoch FROM first_seen_at) * 1000,"
        " extract(epoch FROM last_seen_at) * 1000 FROM posts WHERE post_id = 'p2'",
    )
    assert found == [(9, 10, at(0, 1, 4), at(1, 3))]
    assert query(own, "SELECT nickname FROM authors WHERE author_id = 'a2'") == [("9",)]
    assert query(own, "SELECT digg_count FROM posts WHERE post_id = 'p4'") == [(None,)]


def test_texts_come_through_as_they_are_and_hashtags_in_normal_form(own: Settings, parsed: object) -> None:
    found = query(own, "SELECT text, hashtags FROM posts WHERE post_id = 'p1'")
    assert found == [(TRICKY.replace("\0", ""), ["#tag_1", "#two"])]


def test_metrics_are_kept_over_time(own: Settings, parsed: object) -> None:
    assert query(own, "SELECT digg_count FROM post_metrics WHERE post_id = 'p2' ORDER BY seen_at") == [(1,), (7,), (9,)]


def test_a_post_counts_for_its_keywords_once_when_it_was_first_seen(own: Settings, parsed: object) -> None:
    found = query(
        own,
        "SELECT extract(epoch FROM bucket_start) * 1000, posts, authors FROM keyword_counts"
        " WHERE keyword = '#surf' ORDER BY 1",
    )
    # p2 was alone on its day, and one post a day is too few to be kept
    assert found == [(at(1, 3), 2, 1)]
    assert query(own, "SELECT sum(posts) FROM platform_counts") == [(148,)]


def test_trending_counts_posts_new_that_day(own: Settings, parsed: object) -> None:
    found = query(
        own,
        "SELECT day::text, challenge_name, mentions, engagement, rank_by_mentions"
        " FROM trending_challenges_daily ORDER BY 1",
    )
    assert found == [(DAYS[0], "Surf", 1, 8, 1), (DAYS[1], "Surf", 1, 3, 1)]
    assert query(own, "SELECT sum(mentions) FROM trending_musicians_daily WHERE musician = 'The Sea'") == [(148,)]


def test_parsing_days_again_in_any_order_gives_the_same_tables(own: Settings, parsed: tuple[Worker, object]) -> None:
    before = contents(own)
    for arguments in (["--day", DAYS[2]], ["--day", DAYS[0], "--until", DAYS[1]]):
        assert parsed[0].batch("parse-lake", *arguments)[0] == 0
    assert contents(own) == before
    assert staging_left(own) == []


def test_a_failing_check_leaves_the_day_as_it_was(own: Settings, parsed: tuple[Worker, object]) -> None:
    before = contents(own)
    query(own, "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    query(own, "CREATE TRIGGER lose BEFORE INSERT ON post_metrics FOR EACH ROW WHEN (new.post_id = 'p3')"
               " EXECUTE FUNCTION lose()")  # fmt: skip
    try:
        assert parsed[0].batch("parse-lake", "--day", DAYS[1]) == (5, [])
    finally:
        query(own, "DROP FUNCTION lose CASCADE")
    assert contents(own) == before
    assert staging_left(own) == []


def test_a_lake_that_lost_records_is_not_believed(own: Settings, parsed: tuple[Worker, object]) -> None:
    query(own, f"UPDATE lake_days SET lake_rows = 5, unparsable = 2 WHERE day = '{DAYS[0]}'")
    before = contents(own)
    try:
        assert parsed[0].batch("parse-lake", "--day", DAYS[0])[0] == 5
        assert contents(own) == before
    finally:
        query(own, f"UPDATE lake_days SET lake_rows = 4, unparsable = 1 WHERE day = '{DAYS[0]}'")


def test_statistics_twice_are_two_versions_of_the_same_content(own: Settings, versions: list[dict[str, Any]]) -> None:
    first, second = (version["version"] for version in versions)
    assert first != second
    columns = "keyword, level, dispersion_hour, dispersion_six_hours, profile, document_frequency, posts, history_hours"
    rows = [
        query(own, f"SELECT {columns} FROM keyword_statistics WHERE version = {version} ORDER BY 1")
        for version in (first, second)
    ]
    assert rows[0] == rows[1]
    assert {row[0]: row[6] for row in rows[0]}["waves"] == 146
    assert query(own, "SELECT version FROM current_statistics") == [(second,)]


def test_a_reader_sees_one_whole_version_at_any_moment(versions: list[dict[str, Any]]) -> None:
    whole = {(version["version"], version["version"], version["keywords"]) for version in versions}
    assert versions[0]["seen"] - {(None, None, 0)} == whole


def test_a_light_refresh_keeps_shapes_and_takes_live_counts_in(
    own: Settings, parsed: tuple[Worker, object], versions: list[dict[str, Any]]
) -> None:
    query(own, "INSERT INTO live_increments SELECT b, ARRAY['', 'waves'], ARRAY[50, 50] FROM"
               " generate_series('2026-05-07 00:00Z'::timestamptz, '2026-05-07 05:35Z', '5 minutes') b")  # fmt: skip
    code, said = parsed[0].batch("recompute-statistics", "--light")
    assert code == 0
    assert said[0]["as_of"] == "2026-05-07T05:00:00+00:00"
    assert said[0]["observed_hours"] == versions[1]["observed_hours"] + 5
    pooled = query(own, "SELECT kind, pooled_profile FROM statistics_versions ORDER BY version DESC LIMIT 2")
    assert [kind for kind, _ in pooled] == ["light", "full"]
    assert pooled[0][1] == pooled[1][1]
    levels = query(own, "SELECT level FROM keyword_statistics WHERE keyword = 'waves' ORDER BY version DESC LIMIT 2")
    assert levels[0][0] > levels[1][0]


def test_only_the_newest_versions_are_kept(
    own: Settings, parsed: tuple[Worker, object], versions: list[dict[str, Any]]
) -> None:
    query(own, "INSERT INTO statistics_versions (version, as_of, kind, keywords, observed_hours, unseen_level,"
               " platform_level, platform_dispersion_hour, platform_dispersion_six_hours, newcomers_per_day,"
               " newcomer_tail, pooled_profile) SELECT 100 + i, now(), 'full', 0, 1, 1, 1, 1, 1, 1, 1,"
               " array_fill(1::real, ARRAY[168]) FROM generate_series(1, 9) i")  # fmt: skip
    for version in range(101, 110):
        query(
            own, f"CREATE TABLE keyword_statistics_{version} PARTITION OF keyword_statistics FOR VALUES IN ({version})"
        )
    query(own, "ALTER SEQUENCE statistics_versions_version_seq RESTART 200")
    code, said = parsed[0].batch("recompute-statistics", "--as-of", "2026-05-07")
    assert code == 0
    kept = query(own, "SELECT version FROM statistics_versions ORDER BY 1 DESC")
    assert [version for (version,) in kept] == [200, 109, 108, 107, 106][:KEPT_VERSIONS]
    assert versions[0]["version"] in said[0]["dropped_versions"]


def test_statistics_without_history_say_what_to_do(parsed: tuple[Worker, object]) -> None:
    assert parsed[0].batch("recompute-statistics", "--as-of", "2020-01-01") == (2, [])


def test_maintenance_compacts_and_changes_no_record(own: Settings, parsed: tuple[Worker, object]) -> None:
    before = contents(own)
    code, said = parsed[0].batch("maintain-lake")
    assert code == 0
    assert said[0]["files_compacted"] > said[0]["files_written"] > 0
    code, again = parsed[0].batch("maintain-lake")
    assert (code, again[0]["files_compacted"]) == (0, 0)
    assert parsed[0].batch("parse-lake", "--day", DAYS[0], "--until", DAYS[2])[0] == 0
    assert contents(own) == before
