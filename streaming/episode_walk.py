"""Episodes carried through judged buckets, one bucket after the other: each opening changes what the next one takes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from groundswell.domain.detector.baseline import Floats
from groundswell.domain.detector.candidates import (
    DISCOVERY,
    PLATFORM,
    Bar,
    Candidates,
    Population,
    at_tick,
    scores_of,
    verdicts,
)
from groundswell.domain.detector.score import HOUR, HYSTERESIS, WINDOW_SECONDS, Thresholds, least_posts
from groundswell.domain.episodes import (
    Episode,
    JudgedBucket,
    advance,
    closed_if_quiet,
    direction_of,
    lives,
    may_open,
)
from groundswell.domain.evidence import EvidencePost
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.domain.spam import counted_posts
from groundswell.domain.suppression import Told, is_suppressed
from streaming.recent_mentions import Behind, ShownPost

_DAY_SECONDS = 86_400
_SAME_SCORE = 1e-5
"""Scores this close are one: those of a former run were rounded, and sums of floats begin with the run."""

FindBehind = Callable[[Collection[str], int, int], Mapping[str, Behind]]
"""Keywords, start and end of a window in epoch seconds -> what is behind those that have posts in it."""
ReadPosts = Callable[[Collection[ShownPost]], Mapping[ShownPost, EvidencePost]]
"""Posts to be shown -> those that are still kept. It reads Postgres, so it is called once a run."""


@dataclass(frozen=True)
class _Bucket:
    start_s: int
    seconds: int

    @property
    def end_s(self) -> int:
        return self.start_s + self.seconds


class EpisodeWalk:
    """Carries episodes through the buckets of one run.

    Parameters
    ----------
    candidates : Candidates
        The platform is their first.
    population, thresholds : Population, Thresholds
    statistics_version : int
        What they were judged by.
    latest : dict of (str, str) to Episode
        The latest episode of each keyword and direction; kept up to date.
    discovered_at_s : list of int
        When discovery's alerts of the day before the run were opened; kept up to date.
    told : sequence of SuppressionWindow or Dismissal
    find_behind, read_posts : callable
    """

    def __init__(
        self,
        candidates: Candidates,
        population: Population,
        thresholds: Thresholds,
        statistics_version: int,
        latest: dict[tuple[str, str], Episode],
        discovered_at_s: list[int],
        told: Sequence[Told],
        find_behind: FindBehind,
        read_posts: ReadPosts,
    ) -> None:
        self._candidates = candidates
        self._population = population
        self._thresholds = thresholds
        self._version = statistics_version
        self._latest = latest
        self._discovered_at_s = discovered_at_s
        self._told = told
        self._find_behind = find_behind
        self._read_posts = read_posts
        self._openings: dict[str, Behind] = {}
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
                    reached += self._step(tick, rows, _Bucket(start_s, bucket_seconds))
        return self._with_evidence(reached)

    def _step(self, tick: int, rows: list[int], bucket: _Bucket) -> list[Episode]:
        """Judge some of the candidates at one bucket."""
        bar = self._bar(tick, bucket.start_s)
        here = at_tick(self._candidates, tick, rows)
        scores = scores_of(here, bar)
        loud = [
            row
            for row in np.flatnonzero(np.abs(scores) >= HYSTERESIS).tolist()
            if self._matters(here.keywords[row], scores[row], bucket)
        ]
        if not loud:
            return []
        here, scores = at_tick(here, 0, loud), scores[loud]
        behind = self._behind_openings(here, scores, bucket)
        shares = _shares_of_voices(here, scores, behind)
        if (shares < 1).any():
            here = at_tick(here, 0, list(range(len(loud))), shares)
        reached: list[Episode] = []
        for row, verdict in enumerate(verdicts(here, bar)):
            if verdict.score * scores[row] <= 0:
                continue  # what is left of a rise when each voice is counted once is no drop
            of_hour = behind[HOUR].get(here.keywords[row])
            judged = JudgedBucket(
                keyword=here.keywords[row],
                bucket_start_s=bucket.start_s,
                bucket_seconds=bucket.seconds,
                mode=here.modes[row],
                statistics_version=self._version,
                **vars(verdict),
            )
            reached += self._carried_on(judged, of_hour)
        return reached

    def _bar(self, tick: int, start_s: int) -> Bar:
        windows = self._candidates.windows
        observed, expected = (each[0, tick, HOUR] for each in (windows.observed, windows.expected))
        least = int(least_posts(self._thresholds, observed, expected))
        recent = sum(start_s - _DAY_SECONDS <= opened_s < start_s for opened_s in self._discovered_at_s)
        shared_cause = any(lives(self._latest.get((PLATFORM_KEYWORD, way)), start_s) for way in ("rise", "drop"))
        thresholds = replace(self._thresholds, minimum_posts=least)
        return Bar(thresholds, self._population, recent, shared_cause)

    def _latest_of(self, keyword: str, score: float) -> Episode | None:
        return self._latest.get((keyword, direction_of(score)))

    def _matters(self, keyword: str, score: float, bucket: _Bucket) -> bool:
        episode = self._latest_of(keyword, score)
        if not (lives(episode, bucket.start_s) or (abs(score) > 1 and may_open(episode, bucket.start_s))):
            return False
        return not is_suppressed(keyword, bucket.end_s - 1, self._told, WINDOW_SECONDS[-1])

    def _behind_openings(self, here: Candidates, scores: Floats, bucket: _Bucket) -> list[Mapping[str, Behind]]:
        """Return what is behind each of the windows of what would open an episode."""
        opening = [
            keyword
            for keyword, score in zip(here.keywords, scores, strict=True)
            if not lives(self._latest_of(keyword, score), bucket.start_s)
        ]
        if not opening:
            return [{} for _ in WINDOW_SECONDS]
        return [self._find_behind(opening, bucket.end_s - seconds, bucket.end_s) for seconds in WINDOW_SECONDS]

    def _carried_on(self, judged: JudgedBucket, behind: Behind | None) -> list[Episode]:
        reached = []
        key = (judged.keyword, direction_of(judged.score))
        for state in advance(self._latest.get(key), [judged]):
            before = self._latest.get(key)
            self._note_peak(state, before)
            if behind is not None and (before is None or before.alert_id != state.alert_id):
                self._openings[state.alert_id] = behind
            self._latest[key] = state
            reached.append(state)
            if state.state == "opened" and state.mode == DISCOVERY:
                self._discovered_at_s.append(state.opened_at_s)
        return reached

    def _note_peak(self, state: Episode, before: Episode | None) -> None:
        if state.state == "updated" and before and state.peak_score > before.peak_score * (1 + _SAME_SCORE):
            self._peaks[state.alert_id] = state

    def _with_evidence(self, reached: list[Episode]) -> list[Episode]:
        """Show the posts behind an opening where it opened, those behind the newest peak after it.

        An episode's states before its newest one are never shown, so a peak's evidence may stand in all of them.
        """
        peaks = self._behind_peaks()
        shown = {post for behind in (*self._openings.values(), *peaks.values()) for post in behind.top}
        written = self._read_posts(shown) if shown else {}
        backed = []
        for state in reached:
            behind = self._openings.get(state.alert_id)
            if state.state != "opened":
                behind = peaks.get(state.alert_id, behind)
            backed.append(state if behind is None else _backed(state, behind, written))
        return backed

    def _behind_peaks(self) -> dict[str, Behind]:
        """Return what is behind each new peak, by the alert's id."""
        windows: dict[tuple[int, int], list[Episode]] = {}
        for state in self._peaks.values():
            windows.setdefault((state.window_start_s, state.window_end_s), []).append(state)
        return {
            state.alert_id: found[state.keyword]
            for window, states in windows.items()
            for found in [self._find_behind([state.keyword for state in states], *window)]
            for state in states
            if state.keyword in found
        }


def _backed(state: Episode, behind: Behind, written: Mapping[ShownPost, EvidencePost]) -> Episode:
    evidence = tuple(written[post] for post in behind.top if post in written)
    return replace(state, authors=behind.authors, evidence=evidence)


def close_quiet(episodes: Collection[Episode], stream_time_s: int) -> list[Episode]:
    """Return those of the open episodes that are over, closed."""
    closed = (closed_if_quiet(episode, stream_time_s) for episode in episodes if episode.state != "closed")
    return [episode for episode in closed if episode.state == "closed"]


def _shares_of_voices(here: Candidates, scores: Floats, behind: Sequence[Mapping[str, Behind]]) -> Floats:
    """Return (K, 3): the share of each keyword's posts that counts in each window; a drop has no voices too many."""
    shares = np.ones((len(here.keywords), len(behind)))
    for row, keyword in enumerate(here.keywords):
        for window, found in enumerate(behind):
            voices = found.get(keyword)
            if voices is not None and voices.posts and scores[row] > 0 and here.modes[row] != PLATFORM:
                shares[row, window] = counted_posts(voices.posts, voices.authors, voices.texts) / voices.posts
    return shares
