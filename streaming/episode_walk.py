"""Episodes carried through judged buckets, one bucket after the other: each opening changes what the next one takes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from groundswell.domain.detector.baseline import Floats
from groundswell.domain.detector.candidates import (
    DISCOVERY,
    PLATFORM,
    Candidates,
    Population,
    at_tick,
    scores_of,
    verdicts,
)
from groundswell.domain.detector.score import HYSTERESIS, WINDOW_SECONDS, Thresholds, critical_z
from groundswell.domain.episodes import (
    HOUR_SECONDS,
    Episode,
    JudgedBucket,
    advance,
    closed_if_quiet,
    lives,
    may_open,
)
from groundswell.domain.evidence import Evidence
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.domain.spam import counted_posts
from groundswell.domain.suppression import Told, is_suppressed

_DAY_SECONDS = 86_400
_SAME_SCORE = 1e-5
"""Scores this close are one: those of a former run were rounded, and sums of floats begin with the run."""

FindEvidence = Callable[[Collection[str], int, int], dict[str, Evidence]]
"""Keywords, start and end of a window in epoch seconds -> the posts behind them."""


class EpisodeWalk:
    """Carries episodes through the buckets of one run.

    Parameters
    ----------
    candidates : Candidates
        The platform is their first.
    population, thresholds : Population, Thresholds
    statistics_version : int
        What they were judged by.
    latest : dict of str to Episode
        Each keyword's latest episode; kept up to date.
    discovered_at_s : list of int
        When discovery's alerts of the day before the run were opened; kept up to date.
    told : sequence of SuppressionWindow or Dismissal
    find_evidence : callable
    """

    def __init__(
        self,
        candidates: Candidates,
        population: Population,
        thresholds: Thresholds,
        statistics_version: int,
        latest: dict[str, Episode],
        discovered_at_s: list[int],
        told: Sequence[Told],
        find_evidence: FindEvidence,
    ) -> None:
        self._candidates = candidates
        self._population = population
        self._thresholds = thresholds
        self._version = statistics_version
        self._latest = latest
        self._discovered_at_s = discovered_at_s
        self._told = told
        self._find_evidence = find_evidence
        self._peaks: dict[str, Episode] = {}

    def states(self, bucket_starts_s: Sequence[int], bucket_seconds: int) -> list[Episode]:
        """Return every state that was reached; those that stand at the end have their evidence.

        Parameters
        ----------
        bucket_starts_s : sequence of int
            Start of each tick of the candidates' windows.
        bucket_seconds : int
        """
        reached: list[Episode] = []
        everyone_else = list(range(1, len(self._candidates.keywords)))
        for tick, start_s in enumerate(bucket_starts_s):
            for rows in ([0], everyone_else):
                if rows:
                    reached += self._step(tick, rows, start_s, bucket_seconds)
        return self._with_evidence(reached)

    def _step(self, tick: int, rows: list[int], start_s: int, bucket_seconds: int) -> list[Episode]:
        recent = sum(start_s - _DAY_SECONDS <= opened_s < start_s for opened_s in self._discovered_at_s)
        critical = critical_z(self._population.keywords, recent, self._thresholds, self._platform_in_episode(start_s))
        here = at_tick(self._candidates, tick, rows)
        scores = scores_of(here, critical, self._population, self._thresholds)
        end_s = start_s + bucket_seconds
        loud = [
            row
            for row in np.flatnonzero(np.abs(scores) >= HYSTERESIS).tolist()
            if self._matters(here, scores, row, start_s)
        ]
        loud = [row for row in loud if not self._is_suppressed(here.keywords[row], end_s)]
        opening = [row for row in loud if not lives(self._latest.get(here.keywords[row]), start_s)]
        behind = (
            self._find_evidence([here.keywords[row] for row in opening], end_s - HOUR_SECONDS, end_s) if opening else {}
        )
        share = np.ones(len(rows))
        for row in (row for row in opening if scores[row] > 0 and here.modes[row] != PLATFORM):
            share[row] = _share_of_voices(behind.get(here.keywords[row]))
        if (share < 1).any():
            here = at_tick(self._candidates, tick, rows, share)
            scores = scores_of(here, critical, self._population, self._thresholds)
            loud = [row for row in loud if share[row] == 1 or abs(scores[row]) > 1]
        return self._carried_on(here, scores, loud, behind, critical, recent, start_s, bucket_seconds)

    def _matters(self, here: Candidates, scores: Floats, row: int, start_s: int) -> bool:
        episode = self._latest.get(here.keywords[row])
        return lives(episode, start_s) or (abs(scores[row]) > 1 and may_open(episode, start_s))

    def _platform_in_episode(self, start_s: int) -> bool:
        return lives(self._latest.get(PLATFORM_KEYWORD), start_s)

    def _is_suppressed(self, keyword: str, end_s: int) -> bool:
        return is_suppressed(keyword, end_s - 1, self._told, WINDOW_SECONDS[-1])

    def _carried_on(
        self,
        here: Candidates,
        scores: Floats,
        loud: list[int],
        behind: dict[str, Evidence],
        critical: float,
        recent: int,
        start_s: int,
        bucket_seconds: int,
    ) -> list[Episode]:
        if not loud:
            return []
        chosen = at_tick(here, 0, loud)
        said = verdicts(
            chosen, scores[loud], critical, recent, self._population, self._thresholds,
            self._platform_in_episode(start_s),
        )  # fmt: skip
        reached: list[Episode] = []
        for keyword, mode, verdict in zip(chosen.keywords, chosen.modes, said, strict=True):
            evidence = behind.get(keyword)
            bucket = JudgedBucket(
                keyword=keyword,
                bucket_start_s=start_s,
                bucket_seconds=bucket_seconds,
                mode=mode,
                statistics_version=self._version,
                authors=None if evidence is None else evidence.authors,
                evidence=() if evidence is None else evidence.top,
                **vars(verdict),
            )
            for state in advance(self._latest.get(keyword), [bucket]):
                self._note_peak(state, self._latest.get(keyword))
                self._latest[keyword] = state
                reached.append(state)
                if state.state == "opened" and state.mode == DISCOVERY:
                    self._discovered_at_s.append(state.opened_at_s)
        return reached

    def _note_peak(self, state: Episode, before: Episode | None) -> None:
        if state.state == "updated" and before and state.peak_score > before.peak_score * (1 + _SAME_SCORE):
            self._peaks[state.alert_id] = state

    def _with_evidence(self, reached: list[Episode]) -> list[Episode]:
        """Look up the evidence of each new peak; an episode's states before its newest one are never shown."""
        windows: dict[tuple[int, int], list[Episode]] = {}
        for state in self._peaks.values():
            windows.setdefault((state.window_start_s, state.window_end_s), []).append(state)
        behind = {
            state.alert_id: found[state.keyword]
            for window, states in windows.items()
            for found in [self._find_evidence([state.keyword for state in states], *window)]
            for state in states
            if state.keyword in found
        }
        return [_backed(state, behind[state.alert_id]) if state.alert_id in behind else state for state in reached]


def _backed(state: Episode, evidence: Evidence) -> Episode:
    """Return a state with the evidence of the peak; an opening keeps its own."""
    if state.state == "opened":
        return state
    return replace(state, authors=evidence.authors, evidence=evidence.top)


def close_quiet(episodes: Collection[Episode], stream_time_s: int) -> list[Episode]:
    """Return those of the open episodes that are over, closed."""
    closed = (closed_if_quiet(episode, stream_time_s) for episode in episodes if episode.state != "closed")
    return [episode for episode in closed if episode.state == "closed"]


def _share_of_voices(evidence: Evidence | None) -> float:
    if evidence is None or not evidence.posts:
        return 1.0
    return counted_posts(evidence.posts, evidence.authors, evidence.texts) / evidence.posts
