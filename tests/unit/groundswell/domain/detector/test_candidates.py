"""The scores of keywords that are judged together, and what an alert says of one."""

from collections.abc import Sequence

import numpy as np
import pytest

from groundswell.domain.detector.candidates import (
    DISCOVERY,
    PLATFORM,
    WATCHLIST,
    Bar,
    Candidates,
    Population,
    Verdict,
    at_tick,
    scores_of,
    verdicts,
)
from groundswell.domain.detector.count_tail import p_of, tail_z
from groundswell.domain.detector.newcomers import NewcomerTail
from groundswell.domain.detector.score import Thresholds, weighted_z, window_z
from groundswell.domain.detector.windows import Windows

THRESHOLDS = Thresholds()
POPULATION = Population(1000, NewcomerTail(10.0, 2.0))
CALM = Bar(THRESHOLDS, POPULATION)
LEVEL = 4.0


def candidates(
    hours: Sequence[float], mode: str = DISCOVERY, level: float = LEVEL, is_new: bool = False,
    frequency: float = 0.0, dispersion: float = 1.0,
) -> Candidates:  # fmt: skip
    """Keywords with so many posts in the last hour, a quarter of them in its last quarter, after an ordinary day."""
    posts = np.array(hours)[:, None]
    observed = np.stack([posts / 4, posts, posts + 5 * level], -1)
    expected = np.broadcast_to(np.array([level / 4, level, 6 * level]), observed.shape)
    dispersions = np.full((len(posts), 1, 2), dispersion)
    size = len(posts)
    return Candidates(
        [f"k{number}" for number in range(size)], [mode] * size, np.full(size, is_new), np.full(size, frequency),
        Windows(observed, expected, expected, window_z(observed, expected, dispersions), dispersions),
    )  # fmt: skip


def scores(*hours: float, **options: object) -> list[float]:
    return scores_of(candidates(hours, **options), CALM).tolist()  # type: ignore[arg-type]


def judged(*hours: float, bar: Bar = CALM, **options: object) -> list[Verdict]:
    return verdicts(candidates(hours, **options), bar)  # type: ignore[arg-type]


def test_discovery_sees_the_strongest_window_and_no_drop() -> None:
    these = candidates([0, 4, 30])
    strongest = these.windows.z[:, 0].max(axis=-1)
    assert scores(0, 4, 30) == pytest.approx((np.maximum(strongest, 0) / CALM.discovery_z).tolist())
    assert scores(0)[0] == 0
    assert scores(30)[0] > 1


def test_the_watch_list_sees_drops_too() -> None:
    low, ordinary, high = scores(0, 40, 90, mode=WATCHLIST, level=40)
    assert low < -1 and high > 1
    assert ordinary == 0


def test_the_platform_must_have_changed_by_its_factor() -> None:
    """Of 100,000 posts an hour 10 per cent more are far outside the band, and still nothing to ring for."""
    little, much, less = scores(110_000, 140_000, 70_000, mode=PLATFORM, level=100_000)
    assert little == 1.0
    assert much > 1 and less < -1
    assert scores(110_000, mode=WATCHLIST, level=100_000)[0] > 1


def test_each_keyword_is_judged_by_its_own_mode() -> None:
    parts = [candidates([30], mode) for mode in (DISCOVERY, WATCHLIST, PLATFORM)]
    together = Candidates(
        ["a", "b", "c"], [part.modes[0] for part in parts], np.zeros(3, bool), np.zeros(3),
        Windows(*(np.concatenate([getattr(part.windows, name) for part in parts]) for name in
                  ("observed", "expected", "least_expected", "z", "dispersions"))),
    )  # fmt: skip
    alone = [scores_of(part, CALM)[0] for part in parts]
    assert scores_of(together, CALM).tolist() == alone
    assert alone[0] != alone[1]


@pytest.mark.parametrize(
    ("hour", "options"),
    [
        (7, {"level": 0.05}),  # fewer posts than the minimum
        (110, {"level": 40.0}),  # less than three times as many
        (30, {"frequency": 0.21}),  # what every fifth post says
    ],
)
def test_where_a_condition_does_not_hold_discovery_comes_up_to_its_threshold_only(
    hour: float, options: dict[str, float]
) -> None:
    assert scores(hour, **options) == [1.0]
    assert scores(hour, mode=WATCHLIST, **options)[0] != 1.0


@pytest.mark.parametrize(("hour", "options"), [(8, {"level": 0.05}), (121, {"level": 40.0}), (30, {"frequency": 0.2})])
def test_where_it_just_holds_it_rings(hour: float, options: dict[str, float]) -> None:
    assert scores(hour, **options)[0] > 1


def test_a_new_keyword_is_quiet_below_what_new_ones_reach_by_themselves_and_rings_above() -> None:
    """Ten new keywords a day reach 4 posts, 0.1 reach 40: that is the false-discovery rate."""
    few, quiet, ringing = scores(8, 39, 41, level=0.05, is_new=True)
    assert few < 0.9 < quiet < 1 < ringing
    assert min(scores(8, 39, level=0.05)) > 1


def test_among_livelier_newcomers_a_new_keyword_must_be_larger() -> None:
    lively = Population(1000, NewcomerTail(100.0, 2.0))
    these = candidates([41, 127], level=0.05, is_new=True)
    quiet, ringing = scores_of(these, Bar(THRESHOLDS, lively))
    assert quiet < 1 < ringing


def test_a_watched_new_keyword_is_judged_as_any_watched_one() -> None:
    assert scores(8, mode=WATCHLIST, level=0.05, is_new=True) == scores(8, mode=WATCHLIST, level=0.05)


@pytest.mark.parametrize("is_new", [False, True])
@pytest.mark.parametrize(("recent", "shared"), [(0, False), (0, True), (7, False), (40, True)])
def test_discovery_rings_exactly_where_q_is_below_the_rate(is_new: bool, recent: int, shared: bool) -> None:
    bar = Bar(THRESHOLDS, POPULATION, recent, shared)
    said = judged(*np.arange(8, 300, 0.5).tolist(), bar=bar, level=1.0, is_new=is_new)
    rings = [verdict.score > 1 for verdict in said]
    assert rings == [
        verdict.q_value is not None and verdict.q_value < THRESHOLDS.false_discovery_rate for verdict in said
    ]
    assert any(rings) and not all(rings)


def test_discoverys_band_ends_where_its_hour_by_itself_would_ring() -> None:
    (said,) = judged(30, dispersion=2.0)
    assert (said.observed, said.expected, said.lower) == (30, LEVEL, 0)
    assert said.upper == pytest.approx(edge(LEVEL, 2.0, CALM.discovery_z), abs=1e-3)


@pytest.mark.parametrize(("level", "upper"), [(0.05, 8.0), (400.0, 1200.0)])
def test_it_is_never_below_the_least_posts_and_the_least_lift(level: float, upper: float) -> None:
    (said,) = judged(30, level=level)
    assert said.upper == upper


@pytest.mark.parametrize("mode", [WATCHLIST, PLATFORM])
def test_the_others_band_has_two_ends(mode: str) -> None:
    (said,) = judged(40, mode=mode, level=40, dispersion=2.0)
    z = THRESHOLDS.watchlist_z
    assert [said.lower, said.upper] == pytest.approx([edge(40, 2.0, -z), edge(40, 2.0, z)], abs=1e-3)
    assert 0 < said.lower < 40 < said.upper


def edge(mean: float, dispersion: float, z: float) -> float:
    """Return the count whose z this is, by looking through them."""
    counts = np.linspace(0, 400, 400_001)
    return float(counts[np.searchsorted(tail_z(counts, mean, dispersion), z)])


def test_the_watch_lists_p_value_is_of_both_windows_and_the_same_for_a_drop() -> None:
    rise, drop = judged(90, 0, mode=WATCHLIST, level=40)
    for said, hour in ((rise, 90), (drop, 0)):
        z = float(weighted_z(candidates([hour], level=40).windows.z)[0, 0])
        assert said.p_value == pytest.approx(2 * p_of(abs(z)))
        assert said.q_value is None
    assert drop.score < -1


def test_of_a_tick_only_the_share_that_counts_is_judged() -> None:
    these = candidates([40, 40])
    halved = at_tick(these, 0, [1, 0], np.array([[0.5] * 3, [1.0] * 3]))
    assert halved.keywords == ["k1", "k0"]
    assert halved.windows.observed[:, 0, 1].tolist() == [20, 40]
    assert halved.windows.z[1] == pytest.approx(these.windows.z[0])
    assert halved.windows.z[0] == pytest.approx(
        window_z(these.windows.observed[1] / 2, these.windows.expected[1], these.windows.dispersions[1])
    )


def test_each_window_has_a_share_of_its_own() -> None:
    these = candidates([40])
    shown = at_tick(these, 0, [0], np.array([[1.0, 0.5, 0.25]])).windows.observed[0, 0]
    assert shown.tolist() == [10, 20, 15]


def test_where_nothing_was_expected_no_share_surprises() -> None:
    these = candidates([40], level=0.0)
    assert not at_tick(these, 0, [0], np.full((1, 3), 0.5)).windows.z.any()
