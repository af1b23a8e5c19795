"""What counts as caught, missed and false."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from benchmarks.detection.contestants import ScoreBlock
from benchmarks.detection.suite import TICKS_PER_DAY, Burst, Excuse, Suite
from benchmarks.detection.verdict import collect, verdict_at, verdict_within

DAY = TICKS_PER_DAY
BURST = Burst(0, DAY + 50, DAY + 62, 5.0, "level", 10.0)
SUITE = Suite(
    counts=np.zeros((3, 2 * DAY), np.int32),
    platform=np.zeros(2 * DAY, np.int64),
    start_epoch_s=0,
    history_ticks=DAY,
    bursts=(Burst(2, DAY + 10, DAY + 22, 2.0, "ramp", 1.0), BURST),
    excuses=(Excuse(1, DAY + 100, DAY + 150, "level shift"),),
)


@dataclass(frozen=True)
class Rings:
    """A contestant that scores what it is told: (keyword, tick of the judged day) to score."""

    at: dict[tuple[int, int], float]
    name: str = "rings"
    own_threshold: float = 1.0
    blocks: int = field(default=4)

    def scores(self, suite: Suite) -> Iterator[ScoreBlock]:
        every = np.zeros((suite.keywords, DAY), np.float32)
        for (keyword, tick), score in self.at.items():
            every[keyword, tick] = score
        width = DAY // self.blocks
        for first in range(0, DAY, width):
            yield DAY + first, every[:, first : first + width]


def _verdict(*at: tuple[int, int]):
    return verdict_at(collect(Rings(dict.fromkeys(at, 2.0)), SUITE), SUITE, 1.0)


def test_an_alert_in_a_burst_catches_it_with_the_delay_to_the_ticks_end():
    verdict = _verdict((0, 52), (0, 53))
    assert verdict.caught.tolist() == [False, True]
    assert verdict.delays_minutes[1] == 15
    assert (verdict.false, verdict.repeats, verdict.false_discovery_rate) == (0, 0, 0.0)


@pytest.mark.parametrize(("tick", "caught"), [(49, False), (50, True), (61, True), (67, True), (68, False)])
def test_it_must_begin_in_the_burst_or_the_half_hour_after(tick: int, caught: bool):
    verdict = _verdict((0, tick))
    assert (verdict.caught[1], verdict.false) == (caught, int(not caught))


def test_what_rang_before_the_burst_is_false_though_it_overlaps():
    verdict = _verdict((0, 45), (0, 52))
    assert (verdict.caught.sum(), verdict.false) == (0, 1)


def test_another_keywords_burst_is_no_excuse():
    assert _verdict((1, 52)).false == 1


def test_quiet_for_less_than_an_hour_is_one_episode_also_across_blocks():
    # 11 quiet ticks are 55 minutes.
    assert _verdict((1, 71), (1, 83)).false == 1
    assert _verdict((1, 71), (1, 84)).false == 2


def test_a_second_episode_of_a_burst_is_a_repeat_and_no_discovery():
    long = Suite(SUITE.counts, SUITE.platform, 0, DAY, (Burst(0, DAY + 50, DAY + 194, 5.0, "level", 10.0),))
    cells = collect(Rings({(0, 60): 2.0, (0, 100): 2.0, (1, 5): 2.0}), long)
    verdict = verdict_at(cells, long, 1.0)
    assert (verdict.repeats, verdict.delays_minutes[0], verdict.false_discovery_rate) == (1, 55, 0.5)


def test_an_excused_episode_is_neither_true_nor_false():
    verdict = _verdict((1, 120))
    assert (verdict.excused, verdict.false, int(verdict.caught.sum())) == (1, 0, 0)


def test_the_threshold_itself_is_not_anomalous():
    assert verdict_at(collect(Rings({(1, 5): 1.0}), SUITE), SUITE, 1.0).false == 0


def test_the_sweep_finds_most_bursts_within_the_false_alerts_allowed():
    rings = Rings({(0, 52): 5.0, (1, 5): 4.0, (2, 12): 3.0, (1, 200): 2.0})
    cells = collect(rings, SUITE)
    for allowed, caught, threshold in ((0, 1, 4.0), (1, 2, 2.0)):
        verdict = verdict_within(cells, SUITE, allowed)
        assert (verdict.false, verdict.caught.sum(), verdict.threshold) == (allowed, caught, threshold)


def test_only_the_highest_scores_are_kept_and_lower_thresholds_refused():
    rng = np.random.default_rng(1)
    at = {(k, t): float(s) for (k, t), s in zip(np.ndindex(3, DAY), rng.uniform(1, 9, 3 * DAY), strict=True)}
    cells = collect(Rings(at, blocks=12), SUITE, most=100)
    assert cells.floor > 1.0 and len(cells.score) >= 100
    assert len(cells.score) == sum(score > cells.floor for score in map(np.float32, at.values()))
    with pytest.raises(ValueError, match="were not kept"):
        verdict_at(cells, SUITE, 1.0)
