import pytest

from groundswell.domain.score import Thresholds, judge, least_anomalous_count

PLAIN = Thresholds(discovery_z=6, watchlist_z=4, minimum_posts=8, minimum_lift=2, maximum_document_frequency=0.2)


def score(observed: float, expected: float, *, scale: float = 0.5, common: float = 0.0, watched: bool = False) -> float:
    return judge(observed, expected, scale, common, watched, PLAIN).score


def test_what_is_expected_scores_nothing() -> None:
    assert score(10, 10) == 0
    assert score(3, 10) == 0


def test_a_score_above_one_lies_above_the_band() -> None:
    band = judge(0, 5, 0.5, 0, False, PLAIN)
    assert score(band.upper * 1.001, 5) > 1 > score(band.upper * 0.999, 5)
    assert band.lower == 0


def test_a_watched_keyword_is_judged_more_sensitively() -> None:
    assert score(19, 5, watched=True) > 1 > score(19, 5)


def test_few_posts_never_alert_in_discovery_however_rare_the_keyword() -> None:
    nervous = Thresholds(1, 1, 8, 2, 0.2)
    assert judge(7, 0.0001, 0.5, 0, False, nervous).score == 1
    assert judge(8, 0.0001, 0.5, 0, False, nervous).score > 1


def test_a_small_lift_on_a_large_keyword_stays_quiet() -> None:
    assert score(15_000, 10_000) == 1
    assert score(25_000, 10_000) > 1


def test_what_everybody_says_all_the_time_says_nothing() -> None:
    assert score(100, 5, common=0.3) == 1
    assert score(100, 5, common=0.3, watched=True) == 1


def test_a_restless_keyword_must_rise_further() -> None:
    assert score(40, 5, scale=2) < 1 < score(40, 5)


@pytest.mark.parametrize("expected", [0.0, 0.001, 1.0])
def test_below_the_least_anomalous_count_nothing_alerts(expected: float) -> None:
    below = least_anomalous_count(PLAIN) - 1
    assert score(below, expected, watched=True) <= 1
