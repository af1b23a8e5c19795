"""Score detectors as the Numenta Anomaly Benchmark does (Lavin & Ahmad 2015, "Evaluating real-time anomaly detection").

The first 15 % of a series, at most 750 rows, are probation: nothing counts there. After it every row at or above the
threshold is a detection, weighed by `sigmoid(x) = 2 / (1 + exp(5 x)) - 1`, x being its place relative to a window:

* In a window, x runs from -1 at its first row to just below 0 at its last one; the window earns the best of its rows,
  in units of sigmoid(-1), so that 1 is a detection in its first row.
* After a window, x is the distance from its last row in widths of that window; the row costs sigmoid(x), which is -1
  from 3 widths on and before the first window.

A profile says what a hit earns, a missed window costs and a false row costs. The raw score is put between 0, no
detection at all, and 100, every window hit in its first row and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEEPNESS = 5.0
_PROBATION_SHARE, _LONGEST_PROBATION_ROWS = 0.15, 750
_WIDTHS_REMEMBERED = 3.0


@dataclass(frozen=True)
class Profile:
    """What counts how much: `hit` per window found, `miss` per window missed, `false_row` per row outside."""

    name: str
    hit: float
    miss: float
    false_row: float


PROFILES = (
    Profile("standard", 1.0, 1.0, 0.11),
    Profile("low FP", 1.0, 1.0, 0.22),
    Profile("low FN", 1.0, 2.0, 0.11),
)


@dataclass(frozen=True)
class Labels:
    """What is fixed for a series before any detector runs.

    Attributes
    ----------
    probation_rows : int
        Rows at the start that don't count.
    window : int64 array (rows,)
        Number of the window that a row lies in, -1 outside.
    weight : float64 array (rows,)
        What a detection there is worth: 0 to 1 within windows, -1 to 0 outside.
    windows : int
        Number of windows.
    """

    probation_rows: int
    window: NDArray[np.int64]
    weight: Floats
    windows: int

    @property
    def reachable(self) -> NDArray[np.int64]:
        """Windows that have a row after probation."""
        return np.setdiff1d(self.window[self.probation_rows :], [-1])


@dataclass(frozen=True)
class Tally:
    """Raw score of one or more series with what it is made of, and the raw scores that count as 0 and 100."""

    raw: float
    zero: float
    hundred: float
    hits: int
    windows: int
    false_rows: int

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.raw + other.raw,
            self.zero + other.zero,
            self.hundred + other.hundred,
            self.hits + other.hits,
            self.windows + other.windows,
            self.false_rows + other.false_rows,
        )

    @property
    def score(self) -> float:
        """Normalised score, 100 at best; NaN for a series without windows."""
        span = self.hundred - self.zero
        return 100.0 * (self.raw - self.zero) / span if span else float("nan")


def sigmoid(x: Floats) -> Floats:
    """Return 2 / (1 + exp(5 x)) - 1, from 1 far before to -1 far after 0.

    >>> sigmoid(np.array([0.0])).item()
    0.0
    """
    return np.asarray(2.0 / (1.0 + np.exp(_STEEPNESS * np.minimum(x, 100.0))) - 1.0, np.float64)


_FULL_CREDIT = float(sigmoid(np.array([-1.0]))[0])


def label(rows: int, windows: Sequence[tuple[int, int]]) -> Labels:
    """Return the labels of a series.

    Parameters
    ----------
    rows : int
        Its length.
    windows : sequence of (int, int)
        First and last row of each window, both included, in order, not overlapping.
    """
    number = np.full(rows, -1, np.int64)
    weight = np.full(rows, -1.0)
    for index, (first, last) in enumerate(windows):
        width = last - first + 1
        inside = np.arange(first, last + 1)
        number[inside] = index
        weight[inside] = sigmoid((inside - last - 1) / width) / _FULL_CREDIT
        after = np.arange(last + 1, windows[index + 1][0] if index + 1 < len(windows) else rows)
        distance = (after - last) / max(width - 1, 1)
        weight[after] = np.where(distance > _WIDTHS_REMEMBERED, -1.0, sigmoid(distance))
    probation = min(int(_PROBATION_SHARE * rows), _LONGEST_PROBATION_ROWS)
    return Labels(probation, number, weight, len(windows))


def tally(labels: Labels, scores: Floats, threshold: float, profile: Profile) -> Tally:
    """Score one series whose rows at or above the threshold are detections."""
    judged = slice(labels.probation_rows, None)
    window, weight = labels.window[judged], labels.weight[judged]
    detected = scores[judged] >= threshold
    outside = detected & (window < 0)
    best = np.full(labels.windows, -np.inf)
    inside = detected & (window >= 0)
    np.maximum.at(best, window[inside], weight[inside])
    reachable, hit = labels.reachable, best > -np.inf
    missed = len(reachable) - int(hit.sum())
    raw = profile.false_row * weight[outside].sum() + profile.hit * best[hit].sum() - profile.miss * missed
    return Tally(
        raw=float(raw),
        zero=-profile.miss * len(reachable),
        hundred=profile.hit * labels.windows,
        hits=int(hit.sum()),
        windows=labels.windows,
        false_rows=int(outside.sum()),
    )


def tally_all(labels: Mapping[str, Labels], scores: Mapping[str, Floats], threshold: float, profile: Profile) -> Tally:
    """Score several series at one threshold."""
    tallies = (tally(labels[name], scores[name], threshold, profile) for name in labels)
    return sum(tallies, Tally(0.0, 0.0, 0.0, 0, 0, 0))


def best_threshold(labels: Mapping[str, Labels], scores: Mapping[str, Floats], profile: Profile) -> float:
    """Return the threshold at which several series together score highest; infinite where silence is best."""
    parts = [_changes(labels[name], scores[name], profile) for name in labels]
    at = np.concatenate([part[0] for part in parts])
    change = np.concatenate([part[1] for part in parts])
    order = np.argsort(-at, kind="stable")
    at, total = at[order], np.cumsum(change[order])
    # A threshold takes all rows of its score at once.
    last_of_score = np.flatnonzero(np.append(at[1:] != at[:-1], True)) if len(at) else np.zeros(0, np.int64)
    if not len(last_of_score) or total[last_of_score].max() <= 0:
        return float("inf")
    return float(at[last_of_score[np.argmax(total[last_of_score])]])


def _changes(labels: Labels, scores: Floats, profile: Profile) -> tuple[Floats, Floats]:
    """Return the rows by which a falling threshold changes the raw score: their scores, and by how much."""
    judged = slice(labels.probation_rows, None)
    score, window, weight = scores[judged], labels.window[judged], labels.weight[judged]
    outside = window < 0
    at, change = [score[outside]], [profile.false_row * weight[outside]]
    for index in labels.reachable:
        inside = window == index
        order = np.argsort(-score[inside], kind="stable")
        best = profile.hit * np.maximum.accumulate(weight[inside][order])
        at.append(score[inside][order])
        change.append(np.diff(best, prepend=-profile.miss))
    return np.concatenate(at), np.concatenate(change)


def leave_one_out(labels: Mapping[str, Labels], scores: Mapping[str, Floats], profile: Profile) -> Tally:
    """Score each series at the threshold that is best for the others."""
    total = Tally(0.0, 0.0, 0.0, 0, 0, 0)
    for name in labels:
        others = {other: labels[other] for other in labels if other != name}
        threshold = best_threshold(others, scores, profile) if others else float("inf")
        total += tally(labels[name], scores[name], threshold, profile)
    return total
