"""From scores to episodes, and from episodes to what was found, missed and false.

* An episode is a run of anomalous ticks of a keyword; runs less than 1 h apart are one.
* It is true when it begins in a burst of its keyword or within 30 minutes after the end (a trailing count still holds
  the burst then), false otherwise. To overlap with a burst is not enough: what rang before has not seen the burst, and
  counting it would reward ringing all day.
* An episode that begins in an excuse (see `suite.Excuse`) is neither. A second true episode of a burst is a repeat:
  discoveries are bursts caught plus false episodes, which makes the false-discovery rate the larger one.
* The delay is from the start of the burst to the end of the first anomalous tick.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.contestants import Contestant
from benchmarks.detection.suite import TICK_MINUTES, TICKS_PER_DAY, TICKS_PER_HOUR, Suite

_GRACE_TICKS = 30 // TICK_MINUTES
_MOST_CELLS = 3_000_000
_SWEEP_STEPS, _REFINING_STEPS = 40, 14


@dataclass(frozen=True)
class Cells:
    """The highest scores of a contestant, sorted by keyword and tick.

    Attributes
    ----------
    keyword, tick, score : arrays of one length
        Every judged tick of every keyword that scored above `floor`.
    floor : float
        Thresholds below it can't be evaluated.
    """

    keyword: NDArray[np.int32]
    tick: NDArray[np.int32]
    score: NDArray[np.float32]
    floor: float


@dataclass(frozen=True)
class Episodes:
    """Alerts: keyword, first and last anomalous tick."""

    keyword: NDArray[np.int32]
    first_tick: NDArray[np.int32]
    last_tick: NDArray[np.int32]


@dataclass(frozen=True)
class Verdict:
    """What a contestant did at one threshold.

    Attributes
    ----------
    threshold : float
        Score above which it alerted.
    delays_minutes : array (bursts,)
        NaN where the burst was missed.
    repeats, excused : int
        Further true episodes; episodes that began in an excuse.
    false_keyword, false_tick : arrays
        Keyword and first tick of each false episode.
    """

    threshold: float
    delays_minutes: NDArray[np.float64]
    repeats: int
    excused: int
    false_keyword: NDArray[np.int32]
    false_tick: NDArray[np.int32]

    @property
    def false(self) -> int:
        """Number of false episodes."""
        return len(self.false_tick)

    @property
    def caught(self) -> NDArray[np.bool_]:
        """For each burst whether it was caught."""
        return ~np.isnan(self.delays_minutes)

    @property
    def false_discovery_rate(self) -> float:
        """False episodes per discovery, 0 to 1; 0 where there is none."""
        return self.false / max(self.false + int(self.caught.sum()), 1)


def collect(
    contestant: Contestant, suite: Suite, tell: Callable[[str], None] = lambda _: None, most: int = _MOST_CELLS
) -> Cells:
    """Let a contestant score a suite and keep its highest scores."""
    parts: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]] = []
    floor, kept, told = 0.0, 0, -1
    for first, scores in contestant.scores(suite):
        if first // TICKS_PER_DAY != told:
            told = first // TICKS_PER_DAY
            tell(f"{contestant.name}: day {told - suite.history_ticks // TICKS_PER_DAY + 1} of {suite.judged_days:.0f}")
        keyword, tick = np.nonzero(scores > floor)
        parts.append((keyword.astype(np.int32), (tick + first).astype(np.int32), scores[keyword, tick]))
        kept += len(keyword)
        if kept > 2 * most:
            every = np.concatenate([part[2] for part in parts])
            floor = float(np.partition(every, kept - most)[kept - most])
            parts = [(k[s > floor], t[s > floor], s[s > floor]) for k, t, s in parts]
            kept = sum(len(part[0]) for part in parts)
    keyword, tick, score = (np.concatenate([part[n] for part in parts]) for n in range(3))
    order = np.lexsort((tick, keyword))
    return Cells(keyword[order].astype(np.int32), tick[order].astype(np.int32), score[order].astype(np.float32), floor)


def episodes_above(cells: Cells, threshold: float) -> Episodes:
    """Join the anomalous ticks of each keyword to episodes."""
    if threshold < cells.floor:
        raise ValueError(f"threshold {threshold} is below {cells.floor}, scores below it were not kept")
    on = cells.score > threshold
    keyword, tick = cells.keyword[on], cells.tick[on]
    if len(keyword) == 0:
        return Episodes(keyword, tick, tick)
    # From the end of one anomalous tick to the start of the next, an hour or more.
    begins = np.concatenate([[True], (np.diff(keyword) != 0) | (np.diff(tick) - 1 >= TICKS_PER_HOUR)])
    ends = np.concatenate([begins[1:], [True]])
    return Episodes(keyword[begins], tick[begins], tick[ends])


def judge(episodes: Episodes, suite: Suite, threshold: float) -> Verdict:
    """Hold episodes against the truth."""
    bursts = suite.bursts
    burst = _within(episodes, [(b.keyword, b.start_tick, b.end_tick + _GRACE_TICKS) for b in bursts])
    excuse = _within(episodes, [(e.keyword, e.start_tick, e.end_tick) for e in suite.excuses])
    true = np.flatnonzero(burst >= 0)
    delays = np.full(len(bursts), np.nan)
    starts = np.array([b.start_tick for b in bursts], np.int64)
    # Backwards, so that the first of several episodes stays.
    late = true[::-1]
    delays[burst[late]] = (episodes.first_tick[late] + 1 - starts[burst[late]]) * TICK_MINUTES
    false = (burst < 0) & (excuse < 0)
    return Verdict(
        threshold=threshold,
        delays_minutes=delays,
        repeats=len(true) - int((~np.isnan(delays)).sum()),
        excused=int(((burst < 0) & (excuse >= 0)).sum()),
        false_keyword=episodes.keyword[false],
        false_tick=episodes.first_tick[false],
    )


def verdict_at(cells: Cells, suite: Suite, threshold: float) -> Verdict:
    """Judge a contestant at one threshold."""
    return judge(episodes_above(cells, threshold), suite, threshold)


def verdict_within(cells: Cells, suite: Suite, most_false: int) -> Verdict:
    """Return the verdict with the most bursts caught among thresholds with `most_false` false episodes or fewer."""
    ordered = np.sort(cells.score)[::-1]
    ranks = np.unique(np.geomspace(1, len(ordered), _SWEEP_STEPS).astype(np.int64)) - 1
    best = verdict_at(cells, suite, float(ordered[0]) if len(ordered) else np.inf)
    above, below = 0, len(ordered) - 1
    for rank in ranks:
        found = verdict_at(cells, suite, float(ordered[rank]))
        if found.false <= most_false:
            best, above = max(best, found, key=_bursts_caught), int(rank)
        elif found.false > 2 * most_false + 10:
            below = int(rank)
            break
    for _ in range(_REFINING_STEPS):
        middle = (above + below) // 2
        found = verdict_at(cells, suite, float(ordered[middle])) if len(ordered) else best
        if found.false <= most_false:
            best, above = max(best, found, key=_bursts_caught), middle
        else:
            below = middle
    return best


def _bursts_caught(verdict: Verdict) -> int:
    return int(verdict.caught.sum())


def _within(episodes: Episodes, spans: list[tuple[int, int, int]]) -> NDArray[np.int64]:
    """Return for each episode the number of the span of its keyword in which it begins, -1 without one."""
    if not spans:
        return np.full(len(episodes.keyword), -1, np.int64)
    order = np.array(sorted(range(len(spans)), key=lambda n: spans[n][:2]), np.int64)
    keyword, start, end = np.array(spans, np.int64)[order].T
    stride = np.int64(1) << 32
    place = np.searchsorted(keyword * stride + start, episodes.keyword * stride + episodes.first_tick, "right") - 1
    inside = (place >= 0) & (keyword[place] == episodes.keyword) & (episodes.first_tick < end[place])
    return np.where(inside, order[place], -1)
