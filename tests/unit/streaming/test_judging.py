"""Which buckets a micro-batch completes, and how they are cut into runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from groundswell.domain.detector.score import WINDOW_SECONDS, Thresholds
from groundswell.settings import DetectionSettings, Settings
from streaming import judging
from streaming.counting import Counted
from streaming.judging import Judge, runs, thresholds_of

BUCKET_S = 300
SIX_HOURS_S = WINDOW_SECONDS[-1]
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


def judged_buckets_s(platform_buckets_s: list[int], first_s: int, end_s: int) -> list[int]:
    return [start_s for run in runs(platform_buckets_s, first_s, end_s) for start_s in run.bucket_starts_s]


def test_every_bucket_is_judged_once_and_in_order() -> None:
    end_s = 3 * 86_400
    platform = list(range(0, end_s, BUCKET_S))
    assert judged_buckets_s(platform, 900, end_s) == list(range(900, end_s, BUCKET_S))


def test_a_run_is_never_longer_than_six_hours() -> None:
    found = list(runs(list(range(0, 86_400, BUCKET_S)), 0, 86_400))
    assert [run.end_s - run.start_s for run in found] == [SIX_HOURS_S] * 4


def test_buckets_are_judged_as_long_as_there_are_posts_in_the_longest_window() -> None:
    assert judged_buckets_s([0], 0, 2 * SIX_HOURS_S)[-1] == SIX_HOURS_S - BUCKET_S
    # posts of before the first bucket are in its window
    assert judged_buckets_s([0], 3600, 2 * SIX_HOURS_S) == list(range(3600, SIX_HOURS_S, BUCKET_S))
    assert judged_buckets_s([0], SIX_HOURS_S, 2 * SIX_HOURS_S) == []


def test_a_month_without_posts_costs_nothing() -> None:
    month_s = 30 * 86_400
    found = judged_buckets_s([0, month_s], 0, month_s + 600)
    assert found == [*range(0, SIX_HOURS_S, BUCKET_S), month_s, month_s + 300]


def test_nothing_is_judged_before_the_first_bucket_or_after_the_last() -> None:
    assert judged_buckets_s([0, 600, 1200], 600, 1200) == [600, 900]
    assert judged_buckets_s([], 0, 86_400) == []


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime, datetime], list[tuple[int, int]]]:
    """(stream time before, now) -> the runs that were judged, in seconds from noon; there are posts in every bucket."""

    class EveryBucket:
        recent: "EveryBucket"
        counts: "EveryBucket"

        def buckets_s(self, start_s: int, end_s: int) -> list[int]:
            return list(range(start_s - start_s % BUCKET_S, end_s, BUCKET_S))

    EveryBucket.recent = EveryBucket.counts = EveryBucket()
    for name, answer in (("save", None), ("quiet_episodes", []), ("send", None)):
        monkeypatch.setattr(judging.alert_store, name, lambda *_, answer=answer: answer)

    def judge(before: datetime, now: datetime) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []

        class Recorder(Judge):
            def __init__(self) -> None:
                self._producer: Any = None
                self._settings = Settings()
                self._counter: Any = EveryBucket

            def _judged(self, connection: Any, run: Any, watched: list[str]) -> list[Any]:
                found.append((run.start_s - NOON_S, run.end_s - NOON_S))
                return []

        Recorder()._judge(None, Counted(before, now), [], 1)  # type: ignore[arg-type]
        return found

    return judge


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


Judged = Callable[[datetime, datetime], list[tuple[int, int]]]


def test_only_buckets_that_are_over_are_judged(judged: Judged) -> None:
    assert judged(minutes(0), minutes(9.99)) == [(0, 300)]
    assert judged(minutes(0), minutes(10)) == [(0, 600)]


def test_a_batch_that_completes_no_bucket_judges_none(judged: Judged) -> None:
    assert judged(minutes(1), minutes(4.9)) == []
    assert judged(minutes(5), minutes(5)) == []


def test_a_batch_goes_on_where_the_one_before_stopped(judged: Judged) -> None:
    assert judged(minutes(7), minutes(13)) == [(300, 600)]
    assert judged(minutes(13), minutes(16)) == [(600, 900)]


def test_each_setting_is_the_threshold_of_its_name() -> None:
    settings = DetectionSettings(
        watchlist_z=3.5, false_discovery_rate=0.05, minimum_posts=11, minimum_lift=4.5,
        maximum_document_frequency=0.3, platform_change=1.7,
    )  # fmt: skip
    assert thresholds_of(Settings(detection=settings)) == Thresholds(3.5, 0.05, 11, 4.5, 0.3, 1.7)


def test_the_settings_defaults_are_what_was_measured() -> None:
    assert thresholds_of(Settings()) == Thresholds()
