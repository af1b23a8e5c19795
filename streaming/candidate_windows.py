"""Which keywords of the live counts are judged at a run of buckets, and their windows by the current statistics."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from groundswell.domain.detector.backtest import TICK_EXPOSURE_PRIOR_POSTS
from groundswell.domain.detector.baseline import (
    HOUR_SECONDS,
    Baselines,
    Floats,
    exposure_of,
    slot_of_week,
)
from groundswell.domain.detector.baseline_fit import DEFAULTS
from groundswell.domain.detector.candidates import DISCOVERY, PLATFORM, Candidates
from groundswell.domain.detector.score import WINDOW_SECONDS
from groundswell.domain.detector.windows import Ticks, Windows, judged_windows
from groundswell.domain.keywords import PLATFORM_KEYWORD, keyword_kind
from groundswell.frames.buckets import BUCKET_SECONDS
from streaming.keyword_windows import laid_out, windows_by_statistics, with_statistics
from streaming.statistics_source import VersionFacts
from streaming.trailing_counts import TrailingCounts

_KEYWORDS_AT_ONCE = 10_000
"""While a keyword is judged its whole week and, several times, all its buckets are in memory."""
PHRASE_HISTORY_HOURS = 7 * 24
"""A phrase is counted from the day on which it is watched: until it has so much history nothing is expected of it."""


@dataclass(frozen=True)
class Run:
    """Consecutive buckets that are judged, the first at `start_s`, the last one ends at `end_s`."""

    start_s: int
    end_s: int

    @property
    def bucket_starts_s(self) -> range:
        """Start of each."""
        return range(self.start_s, self.end_s, BUCKET_SECONDS)


StatisticsOf = Callable[[list[str]], pa.Table]
"""Keywords -> rows of `streaming.statistics_source.STATISTICS`, of those that have any."""


def candidates(
    trailing: TrailingCounts,
    facts: VersionFacts,
    statistics_of: StatisticsOf,
    run: Run,
    minimum_posts: int,
    modes: Mapping[str, str],
) -> Candidates:
    """Return the keywords that may have something to say, the platform among them.

    Parameters
    ----------
    trailing : TrailingCounts
    facts : VersionFacts
        Of the statistics in force.
    statistics_of : callable
        Looks up their rows.
    run : Run
    minimum_posts : int
        Discovery judges no hour with fewer posts.
    modes : mapping of str to str
        Keywords that are judged whatever they have: those on the watch list and those with an open episode.
    """
    start_s = run.start_s - WINDOW_SECONDS[-1] + BUCKET_SECONDS
    followed = {PLATFORM_KEYWORD, *modes}
    counts = trailing.series(start_s, run.start_s, run.end_s, minimum_posts, followed)
    of_platform = pc.equal(counts["keyword"], PLATFORM_KEYWORD)
    starts_s = np.arange(start_s, run.end_s, BUCKET_SECONDS)
    posts = laid_out(counts.filter(of_platform), len(starts_s))
    first_s = trailing.first_bucket_s
    was_read = starts_s >= (starts_s[-1] if first_s is None else first_s)
    exposure = _exposure(posts[0], facts, starts_s)
    ticks = Ticks(slot_of_week(starts_s), exposure, len(starts_s) - len(run.bucket_starts_s), BUCKET_SECONDS)
    others = counts.filter(pc.invert(of_platform))
    parts = [_platform(posts, facts, ticks, was_read.astype(np.float64))]
    for first in range(0, others.num_rows, _KEYWORDS_AT_ONCE):
        some = others.slice(first, _KEYWORDS_AT_ONCE)
        parts += _known_and_new(some, facts, statistics_of, ticks, modes)
    return _together(parts)


def _exposure(posts: Floats, facts: VersionFacts, starts_s: np.ndarray) -> Floats:
    share = BUCKET_SECONDS / HOUR_SECONDS
    expected = facts.platform.levels[0] * facts.pooled_profile[slot_of_week(starts_s)] * share
    return exposure_of(posts, expected, TICK_EXPOSURE_PRIOR_POSTS)


def _platform(posts: Floats, facts: VersionFacts, ticks: Ticks, was_read: Floats) -> Candidates:
    """Return the platform: what it expects doesn't follow its own volume."""
    as_planned = Ticks(ticks.slot_of_week, was_read, ticks.judged_from, ticks.interval_seconds)
    windows = judged_windows(posts, facts.platform, facts.pooled_profile, as_planned)
    return Candidates([PLATFORM_KEYWORD], [PLATFORM], np.zeros(1, bool), np.ones(1), windows)


def _known_and_new(
    counts: pa.Table, facts: VersionFacts, statistics_of: StatisticsOf, ticks: Ticks, modes: Mapping[str, str]
) -> list[Candidates]:
    known, statistics = with_statistics(counts, statistics_of(counts["keyword"].to_pylist()))
    new = counts.filter(pc.invert(pc.is_in(counts["keyword"], known["keyword"].combine_chunks())))
    new = new.filter(
        pa.array([keyword_kind(keyword) != "phrase" for keyword in new["keyword"].to_pylist()], pa.bool_())
    )
    heard = pa.array(
        [
            keyword_kind(keyword) != "phrase" or hours >= PHRASE_HISTORY_HOURS
            for keyword, hours in zip(
                known["keyword"].to_pylist(), statistics["history_hours"].to_pylist(), strict=True
            )
        ],
        pa.bool_(),
    )
    known, statistics = known.filter(heard), statistics.filter(heard)
    parts = []
    if known.num_rows:
        keywords = known["keyword"].to_pylist()
        windows = windows_by_statistics(known, statistics, facts.pooled_profile, ticks)
        frequency = statistics["document_frequency"].to_numpy()
        parts.append(_candidates(keywords, modes, np.zeros(len(keywords), bool), frequency, windows))
    if new.num_rows:
        parts.append(_newcomers(new, facts, ticks, modes))
    return parts


def _newcomers(counts: pa.Table, facts: VersionFacts, ticks: Ticks, modes: Mapping[str, str]) -> Candidates:
    keywords: list[str] = counts["keyword"].to_pylist()
    size = len(keywords)
    unseen = Baselines(
        np.full(size, facts.unseen_level),
        np.full((size, 2), DEFAULTS.rare_dispersion),
        np.zeros((0, len(facts.pooled_profile))),
        np.full(size, -1, np.int64),
    )
    windows = judged_windows(laid_out(counts, len(ticks.exposure)), unseen, facts.pooled_profile, ticks)
    return _candidates(keywords, modes, np.ones(size, bool), np.zeros(size), windows)


def _candidates(
    keywords: list[str], modes: Mapping[str, str], is_new: np.ndarray, frequency: Floats, windows: Windows
) -> Candidates:
    return Candidates(keywords, [modes.get(keyword, DISCOVERY) for keyword in keywords], is_new, frequency, windows)


def _together(parts: Collection[Candidates]) -> Candidates:
    def joined(arrays: list[Floats]) -> Floats:
        return np.concatenate(arrays)

    windows = [part.windows for part in parts]
    return Candidates(
        [keyword for part in parts for keyword in part.keywords],
        [mode for part in parts for mode in part.modes],
        np.concatenate([part.is_new for part in parts]),
        joined([part.document_frequency for part in parts]),
        Windows(
            joined([each.observed for each in windows]),
            joined([each.expected for each in windows]),
            joined([each.least_expected for each in windows]),
            joined([each.z for each in windows]),
            joined([each.dispersions for each in windows]),
        ),
    )
