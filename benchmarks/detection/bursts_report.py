"""The tables of the planted-burst benchmark."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.suite import Suite
from benchmarks.detection.suite_generator import DURATIONS_MINUTES, SHAPES, SIZES, VOLUME_EDGES
from benchmarks.detection.tables import markdown_table, percent
from benchmarks.detection.verdict import Verdict

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """A contestant's verdicts: at its own threshold, and at the shipped detector's number of false alerts."""

    name: str
    own: Verdict
    matched: Verdict


@dataclass(frozen=True)
class ScenarioOutcome:
    """What the shipped detector did when something happened to the whole platform.

    Attributes
    ----------
    name : str
        What happened.
    keyword_episodes : int
        Episodes of keywords that began between its start and 6 h after its end.
    without_it : int
        The same in the same suite when nothing happens.
    due_to_it : int
        Those of keywords that have none there when nothing happens.
    platform_episodes : int, optional
        Of the platform, that began in that time; None where the detector doesn't watch it.
    platform_elsewhere : int
        Platform episodes at other times.
    """

    name: str
    keyword_episodes: int
    without_it: int
    due_to_it: int
    platform_episodes: int | None
    platform_elsewhere: int


class Planted:
    """The truth about the bursts as arrays, memes left out where not said otherwise."""

    def __init__(self, suite: Suite) -> None:
        bursts = suite.bursts
        self.factor = np.array([b.factor for b in bursts])
        self.minutes = np.array([b.minutes for b in bursts])
        self.shape = np.array([b.shape for b in bursts])
        self.expected = np.array([b.expected_per_hour for b in bursts])
        self.meme: Mask = self.shape == "new"
        self.planted: Mask = ~self.meme
        self.volume = np.digitize(self.expected, VOLUME_EDGES) - 1
        self.goal: Mask = self.planted & (self.factor >= 5) & (self.minutes >= 60) & (self.expected >= 5)

    def recall(self, verdict: Verdict, mask: Mask | None = None) -> float:
        """Return the share of bursts that were caught; NaN where there is none."""
        mask = self.planted if mask is None else mask
        return float(verdict.caught[mask].mean()) if mask.any() else float("nan")

    def cell(self, verdict: Verdict, mask: Mask) -> str:
        """Return recall and number of bursts as text."""
        return f"{percent(self.recall(verdict, mask))} of {int(mask.sum())}"

    def delay(self, verdict: Verdict, mask: Mask | None = None) -> float:
        """Return the median delay of those caught, minutes; NaN without any."""
        delays = verdict.delays_minutes[(self.planted if mask is None else mask) & verdict.caught]
        return float(np.median(delays)) if len(delays) else float("nan")


def volume_names() -> list[str]:
    """Return the names of the volume classes, posts an hour."""
    names = [f"{low:g}–{high:g}" for low, high in pairwise(VOLUME_EDGES)]
    return [f"< {VOLUME_EDGES[1]:g}", *names[1:-1], f"≥ {VOLUME_EDGES[-2]:g}"]


def goals(planted: Planted, outcomes: list[Outcome], scenarios: list[ScenarioOutcome]) -> str:
    """Return the goals beside what was measured; the first outcome is the shipped detector's."""
    shipped, original = outcomes[0].own, outcomes[1].matched
    ratio = planted.recall(shipped) / max(planted.recall(original), 1e-9)
    delay = planted.delay(shipped, planted.goal)
    rows = [
        _goal("false-discovery rate", "≤ 10 %", percent(fdr := shipped.false_discovery_rate, 1), fdr <= 0.1),
        _goal(
            "recall: 5 times or more, an hour or more, 5 posts/h or more",
            "≥ 95 %",
            f"{percent(recall := planted.recall(shipped, planted.goal), 1)} of {int(planted.goal.sum())}",
            recall >= 0.95,
        ),
        _goal(
            "median delay of these",
            "≤ 15 min",
            f"{delay:.0f} min",
            delay <= 15,
        ),
        _goal("recall over the original rule's at the same false alerts", "≥ 2", f"{ratio:.1f}", ratio >= 2),
    ]
    for scenario in scenarios:
        alerts = f"{scenario.due_to_it} keyword, {_count(scenario.platform_episodes)} platform"
        met = scenario.due_to_it == 0 and scenario.platform_episodes == 1
        rows.append(_goal(f"{scenario.name}: alerts due to it", "0 keyword, 1 platform", alerts, met))
    return markdown_table(["goal", "wanted", "measured", "met"], rows)


def _goal(name: str, wanted: str, measured: str, met: bool) -> list[str]:
    return [name, wanted, measured, "yes" if met else "no"]


def _count(number: int | None) -> str:
    return "–" if number is None else str(number)


def at_its_threshold(planted: Planted, verdict: Verdict, suite: Suite) -> str:
    """Return what the shipped detector did at its own threshold."""
    excused = sum(e.reason == "level shift" for e in suite.excuses)
    rows = [
        ["recall over all planted bursts", planted.cell(verdict, planted.planted)],
        ["recall of memes never seen before", planted.cell(verdict, planted.meme)],
        ["false episodes", f"{verdict.false}"],
        ["false episodes a day", f"{verdict.false / suite.judged_days:.1f}"],
        ["false episodes a day and 10,000 keywords", f"{verdict.false / suite.judged_days / suite.keywords * 1e4:.1f}"],
        ["false-discovery rate", percent(verdict.false_discovery_rate, 1)],
        ["repeated episodes of a burst already caught", f"{verdict.repeats}"],
        [f"episodes of lasting shifts ({excused}) or in memes' first 48 h, neither", f"{verdict.excused}"],
        ["median delay of all caught", f"{planted.delay(verdict):.0f} min"],
    ]
    return markdown_table(["shipped detector, threshold 1", ""], rows)


def by_size_and_duration(planted: Planted, verdict: Verdict) -> str:
    """Return recall and number of bursts by size and duration."""
    rows = [
        [f"{size:g}×"]
        + [planted.cell(verdict, (planted.factor == size) & (planted.minutes == m)) for m in DURATIONS_MINUTES]
        for size in SIZES
    ]
    names = [f"{minutes} min" if minutes < 60 else f"{minutes // 60} h" for minutes in DURATIONS_MINUTES]
    return markdown_table(["size", *names], rows)


def by_size_and_volume(planted: Planted, verdict: Verdict) -> str:
    """Return recall and number of bursts by size and by what the keyword expected."""
    names = volume_names()
    rows = [
        [f"{size:g}×"]
        + [planted.cell(verdict, (planted.factor == size) & (planted.volume == n)) for n in range(len(names))]
        for size in SIZES
    ]
    return markdown_table(["size", *(f"{name} posts/h" for name in names)], rows)


def by_shape(planted: Planted, verdict: Verdict) -> str:
    """Return recall and median delay by shape."""
    rows = []
    for shape in SHAPES:
        mask = planted.shape == shape
        goal = mask & planted.goal
        delays = [f"{planted.delay(verdict, mask):.0f} min", f"{planted.delay(verdict, goal):.0f} min"]
        rows.append([shape, planted.cell(verdict, mask), planted.cell(verdict, goal), *delays])
    header = ["shape", "recall", "recall, goal's bursts", "median delay", "median delay, goal's bursts"]
    return markdown_table(header, rows)


def contestants(planted: Planted, outcomes: list[Outcome], suite: Suite) -> str:
    """Return all contestants side by side; the first outcome is the shipped detector's."""
    best = planted.recall(outcomes[0].matched)
    rows = []
    for outcome in outcomes:
        own, matched = outcome.own, outcome.matched
        recall = planted.recall(matched)
        rows.append(
            [
                outcome.name,
                f"{own.threshold:g}",
                f"{own.false / suite.judged_days:,.1f}",
                percent(planted.recall(own), 1),
                f"{matched.threshold:.4g}",
                f"{matched.false}",
                percent(recall, 1),
                f"{best / recall:.2f}" if recall else "–",
                percent(planted.recall(matched, planted.goal), 1),
                f"{planted.delay(matched, planted.goal):.0f} min",
            ]
        )
    header = ["", "own threshold", "false a day", "recall", "threshold moved to", "false", "recall there"]
    return markdown_table([*header, "shipped / this", "goal's recall", "goal's delay"], rows)


def false_by_trait(verdict: Verdict, suite: Suite) -> str:
    """Return what kinds of keywords rang falsely; a keyword can be of several kinds."""
    rows = [
        [name, f"{len(keywords):,}", f"{int(np.isin(verdict.false_keyword, keywords).sum())}"]
        for name, keywords in suite.traits.items()
    ]
    plain = np.setdiff1d(np.arange(suite.keywords), np.concatenate([*suite.traits.values(), []]))
    rows.append(["none of these", f"{len(plain):,}", f"{int(np.isin(verdict.false_keyword, plain).sum())}"])
    return markdown_table(["keywords with", "keywords", "false episodes"], rows)


def scenario_table(scenarios: list[ScenarioOutcome]) -> str:
    """Return what happened when something happened to the whole platform."""
    rows = [
        [
            s.name,
            f"{s.keyword_episodes}",
            f"{s.without_it}",
            f"{s.due_to_it}",
            _count(s.platform_episodes),
            f"{s.platform_elsewhere}",
        ]
        for s in scenarios
    ]
    header = ["", "keyword alerts", "in the same hours if nothing happens", "due to it", "platform alerts"]
    return markdown_table([*header, "platform alerts at other times"], rows)
