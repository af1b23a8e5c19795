"""`groundswell stream` on the real stack: what it must never count, lose, repeat or keep quiet about."""

import json
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from groundswell.adapters.kafka import transactional_producer
from groundswell.contracts.alerts import ALERT_COLUMNS, alert_record, episode_of
from groundswell.contracts.kept_posts import unpacked
from groundswell.contracts.topics import ALERTS, POSTS
from groundswell.domain.episodes import alert_id
from groundswell.domain.keywords import PLATFORM_KEYWORD

DAY = datetime(2026, 5, 4, tzinfo=UTC)


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def post(post_id: str, hours: float, text: str, **item: object) -> bytes:
    created = str(int(at(hours).timestamp()))
    return json.dumps({"itemInfos": {"id": post_id, "text": text, "createTime": created, **item}}).encode()


def posts(name: str, hours: float, count: int, text: str) -> list[bytes]:
    """`count` posts, one every 20 seconds."""
    return [post(f"{name}{number}", hours + number / 180, text) for number in range(count)]


def background(from_hours: float, to_hours: float) -> list[bytes]:
    """A post a minute that says nothing: the rest of the platform."""
    return [
        post(f"fill{minute + 1440}", minute / 60, "") for minute in range(round(from_hours * 60), round(to_hours * 60))
    ]


def write_statistics(pipeline: Any, version: int, levels: dict[str, float], platform_level: float = 60) -> None:
    """A small version of the keyword statistics with a flat week, put in force."""
    profile = [1.0] * 168
    pipeline.query(
        "INSERT INTO statistics_versions (version, as_of, kind, keywords, observed_hours, unseen_level,"
        " platform_level, platform_dispersion_hour, platform_dispersion_six_hours, newcomers_per_day, newcomer_tail,"
        " pooled_profile) VALUES (%s, %s, 'full', %s, 672, 0.05, %s, 20, 60, 0.01, 2.5, %s)",
        version, DAY, len(levels), platform_level, profile,
    )  # fmt: skip
    pipeline.query(
        f"CREATE TABLE keyword_statistics_{version} PARTITION OF keyword_statistics FOR VALUES IN ({version})"
    )
    for keyword, level in levels.items():
        pipeline.query(
            "INSERT INTO keyword_statistics VALUES (%s, %s, %s, 1, 1, NULL, 0.001, 100, 672)", version, keyword, level
        )
    pipeline.query(
        "INSERT INTO current_statistics (version) VALUES (%s) ON CONFLICT (only_row) DO UPDATE"
        " SET version = excluded.version",
        version,
    )


def live_counts(pipeline: Any) -> dict[str, int]:
    return dict(pipeline.query("SELECT keyword, sum(posts)::int FROM live_counts GROUP BY keyword"))


def ledger(pipeline: Any) -> list[tuple[int, int, int]]:
    """Posts counted, known and late, batch by batch."""
    return list(
        pipeline.query(
            "SELECT counted_posts, known_posts, late_posts FROM stream_batches ORDER BY stream_time, batch_id"
        )
    )


def kept_posts(pipeline: Any) -> list[str]:
    parts = [unpacked(posts, ["post_id"]) for (posts,) in pipeline.query("SELECT posts FROM stream_kept_batches")]
    return sorted(post_id for part in parts for post_id in part["post_id"].to_pylist())


def alerts_in_postgres(pipeline: Any) -> dict[str, dict[str, Any]]:
    rows = pipeline.query(f"SELECT {', '.join(ALERT_COLUMNS)} FROM alerts")
    return {row[0]: alert_record(episode_of(dict(zip(ALERT_COLUMNS, row, strict=True)))) for row in rows}


def alerts_on_topic(pipeline: Any) -> list[tuple[str, bytes]]:
    return [(message.key().decode(), message.value()) for message in pipeline.records(ALERTS)]


class Story:
    """One stream started again and again, and what was there after each start."""

    def __init__(self, pipeline: Any, folder: Path) -> None:
        self.pipeline = pipeline
        self._folder = folder
        self.said: dict[str, str] = {}
        self.counts: dict[str, dict[str, int]] = {}
        self.ledgers: dict[str, list[tuple[int, int, int]]] = {}
        self.kept_posts: dict[str, list[str]] = {}
        self.alerts: dict[str, dict[str, dict[str, Any]]] = {}
        self.topic: dict[str, list[tuple[str, bytes]]] = {}
        self.lake: list[dict[str, Any]] = []

    def send(self, name: str, lines: Iterable[bytes], *options: str) -> None:
        path = self._folder / f"{name}.ndjson"
        path.write_bytes(b"\n".join(lines) + b"\n")
        self.pipeline.replay(path, *options)

    def stream(self, name: str, *options: str) -> None:
        code, said = self.pipeline.run("stream", "--available-now", *options)
        assert code == 0, said
        self.said[name] = said
        self.counts[name] = live_counts(self.pipeline)
        self.ledgers[name] = ledger(self.pipeline)
        self.kept_posts[name] = kept_posts(self.pipeline)
        self.alerts[name] = alerts_in_postgres(self.pipeline)
        self.topic[name] = alerts_on_topic(self.pipeline)


def send_aborted(pipeline: Any) -> None:
    """Records of a transaction that is not to be."""
    producer = transactional_producer(pipeline.settings, f"aborted-{POSTS.name(pipeline.settings.kafka.topic_prefix)}")
    producer.begin_transaction()
    for number in range(20):
        value = post(f"aborted{number}", 1, "#aborted")
        producer.produce(
            POSTS.name(pipeline.settings.kafka.topic_prefix), value, key=f"aborted{number}",
            timestamp=int(at(1).timestamp() * 1000), headers=[("source", b"x"), ("line_number", b"1")],
        )  # fmt: skip
    producer.flush(20)
    producer.abort_transaction(20)


def forget_last_commits(pipeline: Any) -> None:
    """What a stream leaves that dies after a batch's work is done and before Spark has noted it."""
    for query in ("raw_to_lake", "keyword_alerts"):
        commits = Path(pipeline.settings.checkpoint_root) / query / "commits"
        newest = max((path for path in commits.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))
        newest.unlink()
        newest.with_name(f".{newest.name}.crc").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def story(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Story:
    story = Story(make_pipeline("stream"), tmp_path_factory.mktemp("stream"))
    pipeline = story.pipeline
    send_aborted(pipeline)
    story.send("quiet", [*posts("quiet", -9, 30, "#calm"), *background(-10, -8)])
    story.stream("no statistics")
    write_statistics(pipeline, 1, {"#burst": 1.0, "#calm": 30.0})
    pipeline.query("INSERT INTO watchlist (keyword) VALUES ('#watched')")
    story.send(
        "burst",
        [
            *posts("b", 6, 40, "#burst #calm"),
            *posts("w", 6.01, 7, "#watched"),
            *posts("u", 6.02, 7, "#unwatched"),
            *posts("n", 6.03, 40, "neverseen"),
            *background(-8, 7),
        ],
    )
    story.stream("burst")
    forget_last_commits(pipeline)
    story.stream("again")
    # By the new version the burst's keyword is as lively as this always.
    write_statistics(pipeline, 2, {"#burst": 40.0, "#calm": 30.0, "#third": 1.0})
    story.send("second", [*posts("c", 12, 40, "#burst #third"), *background(7, 13)])
    story.stream("second version")
    story.send("later", background(13, 14))
    story.stream("later")
    story.lake = pipeline.lake()
    return story


def of_keyword(alerts: dict[str, dict[str, Any]], keyword: str) -> list[dict[str, Any]]:
    return sorted((a for a in alerts.values() if a["keyword"] == keyword), key=lambda alert: alert["opened_at"])


def test_records_of_an_aborted_transaction_are_neither_kept_nor_counted(story: Story) -> None:
    assert not [record for record in story.lake if record["key"].startswith(b"aborted")]
    assert all("#aborted" not in counts for counts in story.counts.values())


def test_without_statistics_posts_are_counted_and_a_warning_says_why_nothing_is_judged(story: Story) -> None:
    assert story.counts["no statistics"] == {"#calm": 30, PLATFORM_KEYWORD: 150}
    assert story.alerts["no statistics"] == {}
    assert "no keyword statistics yet" in story.said["no statistics"]
    assert "recompute-statistics" in story.said["no statistics"]


def test_a_burst_is_one_alert_the_same_on_the_topic_and_in_postgres(story: Story) -> None:
    (alert,) = of_keyword(story.alerts["burst"], "#burst")
    opened_s = int(datetime.fromisoformat(alert["opened_at"]).timestamp())
    assert alert["alert_id"] == alert_id("#burst", "rise", opened_s)
    assert at(6) <= datetime.fromisoformat(alert["opened_at"]) < at(6.25)
    assert (alert["mode"], alert["kind"], alert["observed"]) == ("discovery", "hashtag", 40)
    assert 1 < alert["expected"] < 2  # once an hour, of a platform that has more posts than usual just now
    assert alert["statistics_version"] == 1
    assert alert["q_value"] < 0.1
    newest = dict(story.topic["burst"])
    assert {key: orjson.loads(value) for key, value in newest.items()} == story.alerts["burst"]


def test_what_is_always_lively_rings_nothing_and_what_was_never_seen_does(story: Story) -> None:
    assert of_keyword(story.alerts["burst"], "#calm") == []
    (alert,) = of_keyword(story.alerts["burst"], "neverseen")
    assert 0.05 < alert["expected"] < 0.1


def test_a_watched_keyword_rings_before_another_with_as_many_posts(story: Story) -> None:
    (alert,) = of_keyword(story.alerts["burst"], "#watched")
    assert alert["mode"] == "watchlist"
    assert of_keyword(story.alerts["burst"], "#unwatched") == []


def test_a_batch_that_is_worked_through_again_changes_nothing(story: Story) -> None:
    assert "was in the lake already" in story.said["again"]
    assert "was counted and judged already" in story.said["again"]
    assert story.counts["again"] == story.counts["burst"]
    assert story.ledgers["again"] == story.ledgers["burst"] == [(150, 0, 0), (994, 0, 0)]
    assert story.kept_posts["again"] == story.kept_posts["burst"]
    assert story.alerts["again"] == story.alerts["burst"]
    assert set(story.topic["again"]) == set(story.topic["burst"])
    places = Counter((record["partition"], record["offset"]) for record in story.lake)
    assert set(places.values()) == {1}
    assert len(story.lake) == len(story.pipeline.records(POSTS))


def test_another_version_is_used_from_the_next_start_on(story: Story) -> None:
    alerts = story.alerts["second version"]
    assert len(of_keyword(alerts, "#burst")) == 1
    (alert,) = of_keyword(alerts, "#third")
    assert alert["statistics_version"] == 2
    assert alert["expected"] == pytest.approx(1.0, abs=0.5)
    assert datetime.fromisoformat(alert["opened_at"]) >= at(12)


def test_an_episode_is_closed_when_its_keyword_has_been_quiet(story: Story) -> None:
    (alert,) = of_keyword(story.alerts["second version"], "#burst")
    assert alert["state"] == "closed"
    updated = datetime.fromisoformat(alert["updated_at"])
    assert datetime.fromisoformat(alert["closed_at"]) == updated + timedelta(hours=1)
    assert orjson.loads(dict(story.topic["second version"])[alert["alert_id"]]) == alert


def test_posts_behind_the_newest_counts_are_kept_for_some_hours_only(story: Story) -> None:
    assert {f"quiet{n}" for n in range(30)} <= set(story.kept_posts["burst"])
    kept = {name.rstrip("0123456789") for name in story.kept_posts["later"]}
    # Judged up to 12:55, and posts are kept for 7 hours before that.
    assert kept == {"b", "w", "u", "n", "c", "fill"}


def test_an_alert_has_its_authors_and_the_posts_behind_it(story: Story) -> None:
    (alert,) = of_keyword(story.alerts["burst"], "#burst")
    assert alert["authors"] == 40  # the records name none, so each post is taken for an author's of its own
    assert len(alert["evidence"]) == 5
    assert {evidence["text"] for evidence in alert["evidence"]} == {"#burst #calm"}


def test_a_platform_as_lively_as_ever_has_no_alert(story: Story) -> None:
    assert of_keyword(story.alerts["later"], PLATFORM_KEYWORD) == []


def test_lost_offsets_stop_the_stream_with_a_message(story: Story) -> None:
    pipeline = story.pipeline
    story.send("lost", posts("lost", 14, 60, "#lost"))
    topic = POSTS.name(pipeline.settings.kafka.topic_prefix)
    servers = pipeline.settings.kafka.bootstrap_servers
    with KafkaAdminClient(bootstrap_servers=servers) as admin:
        partitions = range(pipeline.settings.kafka.partitions)
        admin.delete_records({TopicPartition(topic, number): -1 for number in partitions})  # -1: all there is
    before = live_counts(pipeline)
    code, said = pipeline.run("stream", "--available-now")
    assert code == 6, said
    assert "the posts topic no longer holds records that this query has not read" in said
    assert "delete the checkpoint folder of" in said
    assert "Traceback" not in said
    assert live_counts(pipeline) == before


RECORDS = 3000


def wait_for_open_batch(pipeline: Any, process: Any) -> None:
    """Wait until keyword_alerts is in the middle of a batch that is not its first."""
    checkpoint = Path(pipeline.settings.checkpoint_root) / "keyword_alerts"
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        if open_batches(checkpoint) and any((checkpoint / "commits").glob("[1-9]*")):
            time.sleep(0.2)
            if open_batches(checkpoint):
                return
        time.sleep(0.01)
    pytest.fail("no batch was begun")


def open_batches(checkpoint: Path) -> set[str]:
    begun, done = ({path.name for path in (checkpoint / kind).glob("[0-9]*")} for kind in ("offsets", "commits"))
    return begun - done


def test_a_stream_that_is_killed_in_a_batch_goes_on_and_has_every_record_once(
    make_pipeline: Callable[..., Any], tmp_path: Path
) -> None:
    pipeline = make_pipeline("killed", GROUNDSWELL_STREAM__MAX_RECORDS_PER_TRIGGER="400")
    write_statistics(pipeline, 1, {"#steady": 600.0, "#burst": 1.0}, platform_level=600)
    lines = [
        post(f"k{number}", number / 600, "#steady" + " #burst" * (1000 <= number < 1100)) for number in range(RECORDS)
    ]
    path = tmp_path / "killed.ndjson"
    path.write_bytes(b"\n".join(lines))
    pipeline.replay(path)
    with (tmp_path / "log").open("wb") as log:
        process = pipeline.start("stream", stdout=log, stderr=log)
        try:
            wait_for_open_batch(pipeline, process)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)
    assert open_batches(Path(pipeline.settings.checkpoint_root) / "keyword_alerts")
    early = {alert["alert_id"]: alert["opened_at"] for alert in alerts_in_postgres(pipeline).values()}
    code, said = pipeline.run("stream", "--available-now")
    assert code == 0, said
    assert sorted(record["key"] for record in pipeline.lake()) == sorted(f"k{n}".encode() for n in range(RECORDS))
    assert live_counts(pipeline) == {"#steady": RECORDS, "#burst": 100, PLATFORM_KEYWORD: RECORDS}
    (alert,) = of_keyword(alerts_in_postgres(pipeline), "#burst")
    assert at(1000 / 600) <= datetime.fromisoformat(alert["opened_at"]) < at(1100 / 600)
    if early:
        assert early == {alert["alert_id"]: alert["opened_at"]}
    assert {key for key, _ in alerts_on_topic(pipeline)} == {alert["alert_id"]}
    batches = ledger(pipeline)
    assert len(batches) > 2
    # Each partition is read at its own speed; that makes no post late.
    assert sum(counted for counted, _, _ in batches) == RECORDS


@pytest.fixture(scope="module")
def sent_again(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Posts of which some come late and some again, four days after the first day was parsed."""
    story = Story(make_pipeline("again"), tmp_path_factory.mktemp("again"))
    first = posts("first", 0, 40, "#crawled")
    story.send("first", first)
    story.stream("first")
    story.send("fresh", [*posts("fresh", 3, 40, "#fresh"), *posts("early", 0.5, 5, "#late")])
    story.stream("within one batch")
    story.send("late", [*posts("late", 0.6, 5, "#late"), *posts("intime", 3.1, 5, "#fresh")])
    story.stream("late")
    code, said = story.pipeline.run("batch", "parse-lake", "--day", f"{DAY:%Y-%m-%d}", "--until", f"{DAY:%Y-%m-%d}")
    assert code == 0, said
    story.send("days later", posts("later", 96, 40, "#fresh"))
    story.stream("days later")
    # Spark forgets ids at the end of a batch, so those that come again are to be in the one after.
    story.send("then", posts("then", 96.5, 5, "#fresh"))
    story.stream("then")
    story.send("again", first, "--start", f"{at(97):%Y-%m-%dT%H:%M:%SZ}", "--restart")
    story.send("unheard", [post("unheard", -24 * 30, "#unheard")], "--start", f"{at(97):%Y-%m-%dT%H:%M:%SZ}")
    story.send("ancient", [post("ancient", 1, "#ancient")])
    story.stream("again")
    shutil.rmtree(Path(story.pipeline.settings.checkpoint_root) / "keyword_alerts")
    story.stream("new checkpoint")
    return story


def test_within_a_batch_nothing_is_late(sent_again: Story) -> None:
    assert sent_again.ledgers["within one batch"] == [(40, 0, 0), (45, 0, 0)]
    assert sent_again.counts["within one batch"]["#late"] == 5


def test_a_late_post_is_not_counted_live_and_not_kept_silent(sent_again: Story) -> None:
    assert sent_again.ledgers["late"][-1] == (5, 0, 5)
    assert sent_again.counts["late"]["#late"] == 5
    assert sent_again.counts["late"]["#fresh"] == 45
    assert "5 posts came too late to be counted live" in sent_again.said["late"]
    assert not [post_id for post_id in sent_again.kept_posts["late"] if post_id.startswith("late")]


def test_the_night_counts_late_posts(sent_again: Story) -> None:
    counted = sent_again.pipeline.query("SELECT sum(posts)::int FROM keyword_counts WHERE keyword = '#late'")
    assert counted == [(10,)]


def test_a_post_that_is_sent_again_days_later_does_not_count_again(sent_again: Story) -> None:
    assert sent_again.ledgers["again"][-1] == (1, 40, 0)
    assert "#crawled" not in sent_again.counts["again"]  # those of the first day were kept for 48 hours
    assert not [post_id for post_id in sent_again.kept_posts["again"] if post_id.startswith("first")]


def test_an_old_post_that_was_never_seen_counts(sent_again: Story) -> None:
    assert sent_again.counts["again"]["#unheard"] == 1


def test_what_is_older_than_the_stream_remembers_is_said_to_be_left_out(sent_again: Story) -> None:
    assert "1 records too old to be counted" in sent_again.said["again"]
    assert "too old" not in sent_again.said["late"]


def test_a_new_checkpoint_counts_everything_anew_and_nothing_twice(sent_again: Story) -> None:
    """All in one batch: of a post sent again, the first record is the one that counts."""
    assert "live counts begin anew" in sent_again.said["new checkpoint"]
    posts_sent = 40 + 45 + 10 + 40 + 5 + 1 + 1
    assert sent_again.ledgers["new checkpoint"] == [(posts_sent, 0, 0)]
    counts = {"#crawled": 40, "#fresh": 90, "#late": 10, "#unheard": 1, "#ancient": 1, PLATFORM_KEYWORD: posts_sent}
    assert sent_again.counts["new checkpoint"] == counts
    assert len(sent_again.kept_posts["new checkpoint"]) == posts_sent
