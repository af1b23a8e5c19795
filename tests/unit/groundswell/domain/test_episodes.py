import pytest

from groundswell.domain.detector.episode_ticks import COOL_DOWN_SECONDS, QUIET_SECONDS
from groundswell.domain.episodes import Episode, JudgedBucket, advance, closed_if_quiet, lives, may_open

START = 1_590_000_000


def bucket(minutes: int, score: float = 1.5, keyword: str = "#dance", mode: str = "discovery") -> JudgedBucket:
    return JudgedBucket(keyword, START + minutes * 60, 300, 30, 3, 0, 20, score, mode, 7)


def run(*buckets: JudgedBucket, after: Episode | None = None) -> list[Episode]:
    return list(advance(after, buckets))


def test_an_episode_opens_and_is_updated_with_one_id() -> None:
    first, second = run(bucket(0), bucket(5, 3.0))
    assert (first.state, second.state) == ("opened", "updated")
    assert first.alert_id == second.alert_id
    assert (second.opened_at_s, second.updated_at_s) == (START, START + 300)
    assert (second.peak_score, second.severity) == (3.0, "high")


def test_the_window_is_the_hour_that_ends_with_the_bucket() -> None:
    (opened,) = run(bucket(0))
    assert (opened.window_start_s, opened.window_end_s) == (START + 300 - 3600, START + 300)


def test_the_peak_stays_when_the_score_falls() -> None:
    *_, last = run(bucket(0, 3.0), bucket(5, 1.2))
    assert (last.score, last.peak_score, last.severity) == (1.2, 3.0, "high")


def test_ordinary_buckets_are_passed_over() -> None:
    assert run(bucket(0, 1.0), bucket(5, 0.2)) == []


def test_it_takes_more_to_open_an_episode_than_to_keep_it() -> None:
    assert [e.state for e in run(bucket(0, 1.5), bucket(50, 0.7), bucket(100, 0.7))] == ["opened", "updated", "updated"]
    assert [e.updated_at_s for e in run(bucket(0, 1.5), bucket(5, 0.69))] == [START]


def test_a_quiet_hour_ends_an_episode_and_its_keyword_rests_for_six_hours() -> None:
    rested = (QUIET_SECONDS + COOL_DOWN_SECONDS) // 60
    opened, closed, again = run(bucket(0), bucket(66, 9.0), bucket(rested, 9.0), bucket(rested + 5, 9.0))
    assert [opened.state, closed.state, again.state] == ["opened", "closed", "opened"]
    assert closed.alert_id == opened.alert_id != again.alert_id
    assert closed.closed_at_s == START + QUIET_SECONDS
    assert again.opened_at_s == START + (rested + 5) * 60


@pytest.mark.parametrize(("minutes", "expected"), [(60, (True, False)), (65, (False, False)), (425, (False, True))])
def test_an_open_episode_lives_then_rests_then_may_open_again(minutes: int, expected: tuple[bool, bool]) -> None:
    (opened,) = run(bucket(0))
    at_s = START + minutes * 60
    assert (lives(opened, at_s), may_open(opened, at_s)) == expected


def test_a_drop_is_no_part_of_a_rise() -> None:
    with pytest.raises(ValueError, match="a drop is no part of a rise's episode"):
        run(bucket(0, 1.5), bucket(5, -1.5))


def test_a_drop_is_an_episode_of_its_own_kind() -> None:
    (opened,) = run(bucket(0, -1.5))
    assert (opened.direction, opened.score, opened.peak_score) == ("drop", 1.5, 1.5)
    (rise,) = run(bucket(0, 1.5))
    assert rise.alert_id != opened.alert_id


def test_a_short_quiet_does_not() -> None:
    assert [e.state for e in run(bucket(0), bucket(55))] == ["opened", "updated"]


def test_a_batch_worked_through_twice_ends_in_the_same_state() -> None:
    batch = [bucket(0), bucket(5, 2.0), bucket(500), bucket(505)]
    once = run(*batch)
    twice = run(*batch, after=once[-1])
    assert twice[-1] == once[-1]
    assert {e.alert_id for e in twice} <= {e.alert_id for e in once}


def test_a_batch_that_ended_with_a_closing_opens_nothing_when_it_comes_again() -> None:
    opened = run(bucket(0))[-1]
    closed = closed_if_quiet(opened, START + QUIET_SECONDS + 1)
    assert closed.state == "closed"
    assert run(bucket(0), after=closed) == []


def test_a_bucket_that_grows_while_it_is_open_stays_an_opening() -> None:
    opened = run(bucket(0))[-1]
    (again,) = run(bucket(0, 2.0), after=opened)
    assert (again.state, again.alert_id, again.peak_score) == ("opened", opened.alert_id, 2.0)


def test_mode_is_that_of_the_opening() -> None:
    *_, last = run(bucket(0, mode="watchlist"), bucket(5))
    assert last.mode == "watchlist"
