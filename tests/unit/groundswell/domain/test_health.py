"""When the pipeline itself is the news."""

import pytest

from groundswell.domain.health import FEED_STOPPED, STATISTICS_OLD, Facts, feed_problem, problems

HOUR_S = 3600
NOW_S = 1_780_000_000.0


def named(metrics: dict[tuple[str, str], float], statistics_at_s: float | None = None) -> list[str]:
    return [problem.name for problem in problems(Facts(metrics, statistics_at_s), 26, NOW_S)]


def test_a_pipeline_that_has_just_begun_has_no_problem() -> None:
    assert named({}) == []


@pytest.mark.parametrize(("age_hours", "expected"), [(25.9, []), (26.1, [STATISTICS_OLD])])
def test_statistics_grow_too_old(age_hours: float, expected: list[str]) -> None:
    assert named({}, NOW_S - age_hours * HOUR_S) == expected


@pytest.mark.parametrize(
    ("failed_s", "succeeded_s", "fails"),
    [(None, 5.0, False), (5.0, None, True), (5.0, 4.0, True), (5.0, 6.0, False)],
)
def test_a_night_has_failed_until_its_job_succeeds(
    failed_s: float | None, succeeded_s: float | None, fails: bool
) -> None:
    told = {("parse-lake", "failed_s"): failed_s, ("parse-lake", "succeeded_s"): succeeded_s}
    assert named({key: at for key, at in told.items() if at is not None}) == ["night failed: parse-lake"] * fails


@pytest.mark.parametrize(("silent_minutes", "stopped"), [(59.0, False), (61.0, True)])
def test_a_feed_that_is_silent_for_too_long_has_stopped(silent_minutes: float, stopped: bool) -> None:
    found = feed_problem(NOW_S - silent_minutes * 60, 60, NOW_S)
    assert (found is not None) is stopped
    if found is not None:
        assert (found.name, found.since_s, found.text) == (FEED_STOPPED, NOW_S - 60, "no post has come for 61 minutes")
