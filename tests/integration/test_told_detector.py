"""What people told the detector, and how many voices speak: `groundswell stream` and the statistics act on it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extras import execute_values

from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.alerts import ALERT_COLUMNS, alert_record, episode_of
from groundswell.domain.keywords import PLATFORM_KEYWORD

DAY = datetime(2026, 5, 4, tzinfo=UTC)
COPIED = "the same words from sixty accounts, every one of them bought this morning #copied"


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def post(post_id: str, hours: float, text: str, author: str) -> bytes:
    created = str(int(at(hours).timestamp()))
    item = {"id": post_id, "text": text, "createTime": created, "authorId": author}
    return json.dumps({"itemInfos": item}).encode()


def burst(name: str, hours: float, text: str, count: int = 60, author: str | None = None) -> list[bytes]:
    """Return posts of six minutes, by as many authors or by one."""
    return [
        post(f"{name}{number}", hours + number / count / 10, text, author or f"{name}{number}")
        for number in range(count)
    ]


def every_day(from_hours: float, to_hours: float) -> Iterator[bytes]:
    """Ten posts a minute that say nothing; every other minute one of #brand and one of #shop, silent from 9 to 11."""
    for minute in range(round(from_hours * 60), round(to_hours * 60)):
        name, hours = f"{minute + 1440}", minute / 60
        for number in range(10):
            yield post(f"fill{name}.{number}", hours + number / 600, "", f"f{name}{number}")
        if minute % 2 and not 9 <= hours < 11:
            for keyword in ("#brand", "#shop"):
                yield post(f"{keyword}{name}", hours, keyword, f"{keyword}{name}")


def crawled_more(name: str, hours: float) -> list[bytes]:
    """Return 1540 posts with every keyword's usual share: the whole platform, and nothing of a keyword, rises."""
    return [
        line
        for number, text in enumerate(["#brand", "#shop", *[""] * 20])
        for line in burst(f"{name}{number}.", hours, text, 70)
    ]


FIRST_PART = [
    *every_day(-1, 3),
    *burst("event", 1.2, "#event"),
    *burst("unnamed", 1.2, "#unnamed"),
    *burst("spam", 1.4, "#spam", author="spammer"),
    *burst("copied", 1.4, COPIED),
    *burst("many", 1.6, "#many"),
    *burst("dismissed", 2, "#dismissed"),
    *burst("kept", 2, "#kept"),
]
SECOND_PART = [
    *every_day(3, 27),
    # by now an alert of hour 2 is over and its keyword has rested
    *burst("dismissed again", 16, "#dismissed"),
    *burst("kept again", 16, "#kept"),
    *burst("holiday", 17.4, "#holiday"),
    *crawled_more("all holiday", 17.4),
    *crawled_more("all later", 25),
]
LEVELS = {"#brand": 30.0, "#shop": 30.0} | dict.fromkeys(
    ["#event", "#unnamed", "#spam", "#copied", "#many", "#dismissed", "#kept", "#holiday"], 1.0
)


def write_statistics(pipeline: Any) -> None:
    """A version with a flat week, put in force."""
    pipeline.query(
        "INSERT INTO statistics_versions (version, as_of, kind, keywords, observed_hours, unseen_level,"
        " platform_level, platform_dispersion_hour, platform_dispersion_six_hours, newcomers_per_day, newcomer_tail,"
        " pooled_profile) VALUES (1, %s, 'full', %s, 672, 0.05, 660, 40, 100, 0.01, 2.5, array_fill(1, ARRAY[168]))",
        DAY, len(LEVELS),
    )  # fmt: skip
    pipeline.query("CREATE TABLE keyword_statistics_1 PARTITION OF keyword_statistics FOR VALUES IN (1)")
    for keyword, level in LEVELS.items():
        pipeline.query(
            "INSERT INTO keyword_statistics (version, keyword, level, dispersion_hour, dispersion_six_hours,"
            " document_frequency, posts, history_hours) VALUES (1, %s, %s, 1, 1, 0.001, 100, 672)", keyword, level,
        )  # fmt: skip
    pipeline.query("INSERT INTO current_statistics (version) VALUES (1)")


def alerts(pipeline: Any) -> dict[str, list[dict[str, Any]]]:
    """Return each keyword's alerts, oldest first."""
    rows = pipeline.query(f"SELECT {', '.join(ALERT_COLUMNS)} FROM alerts ORDER BY opened_at")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        record = alert_record(episode_of(dict(zip(ALERT_COLUMNS, row, strict=True))))
        found.setdefault(record["keyword"], []).append(record)
    return found


def hours_of(records: list[dict[str, Any]]) -> list[float]:
    """Return when alerts were opened, in hours of the day."""
    return [(datetime.fromisoformat(record["opened_at"]) - DAY) / timedelta(hours=1) for record in records]


@pytest.fixture(scope="module")
def rang(
    make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    """The alerts of a day with two known events; after its first hours one was dismissed and #brand was watched."""
    pipeline = make_pipeline("told")
    folder: Path = tmp_path_factory.mktemp("told")

    def stream(name: str, lines: list[bytes]) -> None:
        path = folder / f"{name}.ndjson"
        path.write_bytes(b"\n".join(lines) + b"\n")
        pipeline.replay(path)
        code, said = pipeline.run("stream", "--available-now")
        assert code == 0, said

    def known_event(what: str, from_hours: float, to_hours: float) -> None:
        times = ("--from", f"{at(from_hours):%Y-%m-%dT%H:%M}", "--until", f"{at(to_hours):%Y-%m-%dT%H:%M}")
        code, said = pipeline.run("alerts", "suppress", "add", what, *times)
        assert code == 0, said

    write_statistics(pipeline)
    known_event("#event", 1, 2)
    known_event("--all", 17, 18)
    stream("first", FIRST_PART)
    (alert,) = alerts(pipeline)["#dismissed"]
    code, said = pipeline.run("alerts", "dismiss", alert["alert_id"])
    assert code == 0, said
    code, said = pipeline.run("watchlist", "add", "#brand")
    assert code == 0, said
    stream("second", SECOND_PART)
    return alerts(pipeline)


Rang = dict[str, list[dict[str, Any]]]


def test_a_known_event_of_a_keyword_is_quiet_and_another_burst_of_the_hour_rings(rang: Rang) -> None:
    assert "#event" not in rang
    assert hours_of(rang["#unnamed"]) == [pytest.approx(1.2, abs=0.2)]


def test_sixty_posts_ring_by_sixty_authors_and_not_by_one_or_of_one_text(rang: Rang) -> None:
    assert "#spam" not in rang
    assert "#copied" not in rang
    (alert,) = rang["#many"]
    assert (alert["direction"], alert["authors"]) == ("rise", 60)


def test_a_dismissed_alert_rings_no_more_and_another_does(rang: Rang) -> None:
    assert len(rang["#dismissed"]) == 1
    assert hours_of(rang["#kept"]) == [pytest.approx(2, abs=0.2), pytest.approx(16, abs=0.2)]


def test_a_watched_keyword_that_falls_silent_is_a_drop_and_an_unwatched_one_is_not(rang: Rang) -> None:
    (first, *_) = rang["#brand"]
    assert (first["direction"], first["mode"]) == ("drop", "watchlist")
    assert hours_of([first]) == [pytest.approx(10, abs=1)]
    assert "#shop" not in rang


def test_in_an_event_of_everything_neither_keywords_nor_the_platform_ring(rang: Rang) -> None:
    assert "#holiday" not in rang
    (alert,) = rang[PLATFORM_KEYWORD]
    assert (alert["mode"], alert["direction"]) == ("platform", "rise")
    assert hours_of([alert]) == [pytest.approx(25, abs=0.2)]


HOURS = 21 * 24
BURST, DOUBLED = range(HOURS - 12, HOURS - 10), range(HOURS - 36, HOURS - 30)
KEYWORDS = ("#calm", "#plain", "#known", "#normal")


def write_history(pipeline: Any) -> None:
    """Some ten posts an hour of each keyword, but for #calm 300 in two of the last; a platform that once doubles."""
    starts = [DAY + timedelta(hours=hour) for hour in range(HOURS)]
    posts = [
        (start.date(), keyword, start, 300 if keyword != "#calm" and hour in BURST else 9 + hour % 3, 5)
        for hour, start in enumerate(starts)
        for keyword in KEYWORDS
    ]
    platform = [(start, start.date(), 40_000 if hour in DOUBLED else 20_000, 5000) for hour, start in enumerate(starts)]
    with transaction(connect(pipeline.settings)) as connection, connection.cursor() as cursor:
        execute_values(
            cursor, "INSERT INTO keyword_counts (day, keyword, bucket_start, posts, authors) VALUES %s", posts
        )
        execute_values(cursor, "INSERT INTO platform_counts (bucket_start, day, posts, authors) VALUES %s", platform)


def tell(pipeline: Any, table: str, keyword: str | None, hours: range) -> None:
    names, values = "keyword, starts_at, ends_at", [keyword, at(hours.start), at(hours.stop)]
    if table == "alert_dismissals":
        names, values = f"alert_id, {names}", [f"of {keyword}", *values]
    pipeline.query(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(values))})", *values)


def recomputed(pipeline: Any) -> dict[str, float]:
    """Return the levels of a new version, the platform's among them."""
    pipeline.json("batch", "recompute-statistics", "--as-of", f"{at(HOURS):%Y-%m-%d}", "--json")
    levels = dict(pipeline.query("SELECT keyword, level FROM current_keyword_statistics"))
    platform = pipeline.query("SELECT platform_level FROM statistics_versions JOIN current_statistics USING (version)")
    return {**levels, PLATFORM_KEYWORD: platform[0][0]}


Levels = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def levels(make_pipeline: Callable[..., Any]) -> Levels:
    pipeline = make_pipeline("taught")
    write_history(pipeline)
    found = {"nothing told": recomputed(pipeline)}
    tell(pipeline, "suppression_windows", "#known", BURST)
    tell(pipeline, "alert_dismissals", "#normal", BURST)
    tell(pipeline, "alert_dismissals", PLATFORM_KEYWORD, DOUBLED)
    found["told"] = recomputed(pipeline)
    tell(pipeline, "suppression_windows", None, DOUBLED)
    found["event of everything"] = recomputed(pipeline)
    return found


def test_untold_a_burst_teaches_every_keyword_the_same_little(levels: Levels) -> None:
    found = levels["nothing told"]
    assert found["#plain"] == found["#known"] == found["#normal"]
    assert found["#calm"] < found["#plain"] < 1.5 * found["#calm"]


def test_the_statistics_leave_out_the_hours_of_a_known_event(levels: Levels) -> None:
    found = levels["told"]
    assert found["#known"] == pytest.approx(found["#calm"], rel=0.02)
    assert found["#known"] < found["#plain"] == pytest.approx(levels["nothing told"]["#plain"], rel=0.05)


def test_they_take_a_dismissed_alerts_hours_whole(levels: Levels) -> None:
    assert levels["told"]["#normal"] > 1.1 * levels["told"]["#plain"]


def test_they_take_the_platforms_dismissed_hours_whole_and_leave_out_events_of_everything(levels: Levels) -> None:
    untold, dismissed, left_out = (found[PLATFORM_KEYWORD] for found in levels.values())
    assert dismissed > 1.01 * untold
    assert left_out == pytest.approx(20_000, rel=0.002)
    assert left_out < untold
