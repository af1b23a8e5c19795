from groundswell.domain.episodes import QUIET_SECONDS, Episode, JudgedBucket, advance, closed_if_quiet

START = 1_590_000_000


def bucket(minutes: int, score: float = 1.5, keyword: str = "#dance", watched: bool = False) -> JudgedBucket:
    return JudgedBucket(keyword, START + minutes * 60, 300, 30, 3, 0, 20, score, watched, 7)


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


def test_a_long_quiet_ends_one_episode_and_a_later_rise_opens_another() -> None:
    opened, closed, again = run(bucket(0), bucket(66))
    assert [opened.state, closed.state, again.state] == ["opened", "closed", "opened"]
    assert closed.alert_id == opened.alert_id != again.alert_id
    assert closed.closed_at_s == START + QUIET_SECONDS


def test_a_short_quiet_does_not() -> None:
    assert [e.state for e in run(bucket(0), bucket(55))] == ["opened", "updated"]


def test_a_batch_worked_through_twice_ends_in_the_same_state() -> None:
    batch = [bucket(0), bucket(5, 2.0), bucket(66), bucket(71)]
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
    *_, last = run(bucket(0, watched=True), bucket(5))
    assert last.mode == "watchlist"
