"""The same counts through Kafka, Spark and Postgres and through the backtest: the same alerts, with the same scores.

Four weeks of history are in Postgres; half a day goes through the stream, with two bursts, a watched keyword that
falls silent, a platform that doubles, and an outage. The statistics are refreshed once in between.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from psycopg2.extras import execute_values

from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.topics import ALERTS
from groundswell.domain.detector.backtest import Series, judge_platform, judge_series
from groundswell.domain.detector.baseline import Parameters
from groundswell.domain.detector.episode_ticks import EpisodeTicks, discover
from groundswell.domain.detector.score import (
    HOUR,
    HYSTERESIS,
    Thresholds,
    discovery_z,
    least_posts,
    platform_scores,
    watchlist_scores,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = START + timedelta(days=28)
PER_HOUR, PER_DAY = 12, 288
FIRST = 28 * PER_DAY
LAST = FIRST + 12 * PER_HOUR
KEYWORDS = 24
BURSTS = {3: (2.0, 3.0, 5), 7: (9.0, 10.0, 6)}  # keyword -> from hour, to hour, times
WATCHED = 0
SILENT_HOURS, DOUBLED_HOURS, OUTAGE_HOURS = (0.5, 2.5), (3.5, 6.5), (7.5, 8.5)


def ticks(hours: tuple[float, float]) -> slice:
    return slice(FIRST + round(hours[0] * PER_HOUR), FIRST + round(hours[1] * PER_HOUR))


@dataclass(frozen=True)
class Counts:
    """Posts per bucket: of each keyword (K, n), and of the platform (n,)."""

    keywords: np.ndarray
    platform: np.ndarray


def make_counts() -> Counts:
    rng = np.random.default_rng(5)
    rhythm = 1 + 0.4 * np.sin(2 * np.pi * np.arange(LAST + PER_HOUR) / PER_DAY)
    rhythm[ticks(DOUBLED_HOURS)] *= 2
    rhythm[ticks(OUTAGE_HOURS)] = 0
    levels = np.concatenate([[40.0], rng.uniform(4, 16, KEYWORDS - 1)]) / PER_HOUR
    rates = levels[:, None] * rhythm
    rates[WATCHED, ticks(SILENT_HOURS)] = 0
    for keyword, (start, end, times) in BURSTS.items():
        rates[keyword, ticks((start, end))] *= times
    keywords = rng.poisson(rates)
    others = rng.poisson(70 * rhythm) * (rhythm > 0)
    return Counts(keywords, others + keywords.max(axis=0))


def name(keyword: int) -> str:
    return f"#topic{keyword:02d}"


def posts_of(counts: Counts, first: int, end: int) -> Iterator[bytes]:
    """Posts that make these counts, each of an author of its own."""
    rng = np.random.default_rng(first)
    for tick in range(first, end):
        size = int(counts.platform[tick])
        texts: list[list[str]] = [[] for _ in range(size)]
        for keyword in np.flatnonzero(counts.keywords[:, tick]):
            for place in rng.choice(size, int(counts.keywords[keyword, tick]), replace=False):
                texts[place].append(name(int(keyword)))
        for place, found in enumerate(texts):
            created_s = int((START + timedelta(minutes=5 * tick)).timestamp()) + 300 * place // size
            item = {"id": str(tick * 10_000 + place), "text": " ".join(found), "createTime": str(created_s)}
            yield json.dumps({"itemInfos": item}).encode()


def load_history(pipeline: Any, counts: Counts) -> None:
    def bucket(tick: int) -> datetime:
        return START + timedelta(minutes=5 * tick)

    keyword_rows = [
        (bucket(tick).date(), name(keyword), bucket(tick), int(counts.keywords[keyword, tick]), 1)
        for keyword, tick in np.argwhere(counts.keywords[:, :FIRST]).tolist()
    ]
    platform_rows = [
        (bucket(tick), bucket(tick).date(), int(counts.platform[tick]), 1)
        for tick in np.flatnonzero(counts.platform[:FIRST]).tolist()
    ]
    days = [(START.date() + timedelta(days=day), 1, 1, 0, 1, 0, 1, 1) for day in range(28)]
    with transaction(connect(pipeline.settings)) as connection, connection.cursor() as cursor:
        execute_values(cursor, "INSERT INTO keyword_counts VALUES %s", keyword_rows, page_size=10_000)
        execute_values(cursor, "INSERT INTO platform_counts VALUES %s", platform_rows, page_size=10_000)
        execute_values(
            cursor,
            "INSERT INTO lake_days (day, lake_rows, parsed_rows, unparsable, distinct_posts, repeated, new_posts,"
            " keywords) VALUES %s",
            days,
        )
        cursor.execute("INSERT INTO watchlist (keyword) VALUES (%s)", [name(WATCHED)])


Alert = tuple[str, str, int]
"""Keyword, direction, tick of the opening."""


@dataclass(frozen=True)
class Scores:
    """Score at the opening, and the highest one."""

    opening: float
    peak: float


def streamed_alerts(pipeline: Any) -> dict[Alert, Scores]:
    opening, peak = {}, {}
    for record in map(json.loads, (message.value() for message in pipeline.records(ALERTS))):
        tick = (datetime.fromisoformat(record["opened_at"]) - START) // timedelta(minutes=5)
        alert = (record["keyword"], record["direction"], tick)
        if record["state"] == "opened":
            opening[alert] = record["score"]
        peak[alert] = max(record["peak_score"], peak.get(alert, 0))
    assert opening.keys() == peak.keys()
    return {alert: Scores(opening[alert], peak[alert]) for alert in peak}


def backtested_alerts(counts: Counts) -> dict[Alert, Scores]:
    parameters, thresholds = Parameters(), Thresholds()
    here = slice(0, LAST)
    everything = np.ones(LAST, bool)
    series = Series(
        counts.keywords[:, here].astype(float),
        int(START.timestamp()),
        300,
        everything,
        counts.platform[here].astype(float),
    )
    blocks = list(judge_platform(series, parameters, first_judged_tick=FIRST))
    platform = np.concatenate(
        [platform_scores(block.z, block.observed, block.expected, thresholds)[0] for block in blocks]
    )
    least = np.concatenate(
        [least_posts(thresholds, block.observed[0, :, HOUR], block.expected[0, :, HOUR]) for block in blocks]
    )
    found = alerts_of("", platform)
    platform_is_open = open_ticks(platform)
    frequency = counts.keywords[:, :FIRST].sum(axis=1) / counts.platform[:FIRST].sum()
    episodes = EpisodeTicks(KEYWORDS, 300)
    scores, watched = [], []
    for block in judge_series(series, parameters, first_judged_tick=FIRST):
        here = slice(block.first_tick - FIRST, block.first_tick - FIRST + block.z.shape[1])
        z, may = discovery_z(block.z, block.observed, block.expected, frequency[:, None], thresholds, least[here])
        z[WATCHED] = 0
        flags = platform_is_open[here]
        scores += [
            column
            for _, column, _ in discover(episodes, block.first_tick, z, may, thresholds, platform_in_episode=flags)
        ]
        watched.append(watchlist_scores(block.z, thresholds)[WATCHED])
    found |= alerts_of(name(WATCHED), np.concatenate(watched))
    for keyword, row in enumerate(np.stack(scores, axis=1)):
        found |= alerts_of(name(keyword), row)
    return found


def open_ticks(scores: np.ndarray) -> np.ndarray:
    rises, drops = EpisodeTicks(1, 300), EpisodeTicks(1, 300)
    are_open = []
    for tick, score in enumerate(scores):
        _, rise = rises.step(tick, np.array([max(score, 0.0)]))
        _, drop = drops.step(tick, np.array([max(-score, 0.0)]))
        are_open.append(bool(rise[0] or drop[0]))
    return np.array(are_open)


def alerts_of(keyword: str, scores: np.ndarray) -> dict[Alert, Scores]:
    found: dict[Alert, Scores] = {}
    for direction, sizes in (("rise", np.maximum(scores, 0)), ("drop", np.maximum(-scores, 0))):
        episodes = EpisodeTicks(1, 300)
        alert: Alert | None = None
        for tick, size in enumerate(sizes.tolist()):
            opened, is_open = episodes.step(tick, np.array([size]))
            if opened[0]:
                alert = (keyword, direction, FIRST + tick)
                found[alert] = Scores(size, size)
            elif is_open[0] and alert is not None and size >= HYSTERESIS:
                found[alert] = Scores(found[alert].opening, max(found[alert].peak, size))
    return found


@pytest.fixture(scope="module")
def both(
    make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[Alert, Scores], dict[Alert, Scores]]:
    """The alerts of the stream and those of the backtest."""
    pipeline, counts, folder = make_pipeline("agrees"), make_counts(), tmp_path_factory.mktemp("agrees")

    def stream(first: int, end: int) -> None:
        path = folder / f"{first}.ndjson"
        path.write_bytes(b"\n".join(posts_of(counts, first, end)))
        pipeline.replay(path)
        code, said = pipeline.run("stream", "--available-now")
        assert code == 0, said

    def statistics(*options: str) -> None:
        code, said = pipeline.run("batch", "recompute-statistics", *options)
        assert code == 0, said

    load_history(pipeline, counts)
    stream(FIRST - 6 * PER_HOUR, FIRST)  # the evening before, counted and not judged: no statistics yet
    statistics("--as-of", f"{DAY:%Y-%m-%d}")
    stream(FIRST, FIRST + 6 * PER_HOUR + 1)
    statistics("--light")
    stream(FIRST + 6 * PER_HOUR + 1, LAST + 1)
    return streamed_alerts(pipeline), backtested_alerts(counts)


def test_both_find_what_was_planted(both: Any) -> None:
    _, backtested = both
    told = {(keyword, direction) for keyword, direction, _ in backtested}
    assert {(name(keyword), "rise") for keyword in BURSTS} <= told
    assert {(name(WATCHED), "drop"), ("", "rise"), ("", "drop")} <= told


def test_the_stream_has_the_alerts_of_the_backtest(both: Any) -> None:
    streamed, backtested = both
    assert sorted(streamed) == sorted(backtested)


def test_with_the_same_scores(both: Any) -> None:
    streamed, backtested = both
    for alert, scores in backtested.items():
        assert streamed[alert].opening == pytest.approx(scores.opening, rel=2e-4), alert
        assert streamed[alert].peak == pytest.approx(scores.peak, rel=2e-4), alert


def test_a_doubled_platform_and_an_outage_ring_for_no_keyword(both: Any) -> None:
    streamed, _ = both
    planted = {name(keyword) for keyword in (*BURSTS, WATCHED)} | {""}
    assert {keyword for keyword, _, _ in streamed} <= planted
