"""An alert is an episode: opened once, updated as it grows, closed when it has been quiet for a while.

All times are stream times in epoch seconds. An episode's id depends only on its keyword, direction and first anomalous
bucket, so that a batch that is worked through twice writes the same episodes again instead of new ones.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from groundswell.domain.keywords import keyword_kind
from groundswell.domain.score import TRAILING_SECONDS, severity

State = Literal["opened", "updated", "closed"]
QUIET_SECONDS = 3600
"""An episode without an anomalous bucket for so long is over."""


@dataclass(frozen=True)
class JudgedBucket:
    """A keyword's trailing hour, which ends with the bucket that starts at `bucket_start_s`.

    `score` above 1 is anomalous; see `groundswell.domain.score` for the other numbers.
    """

    keyword: str
    bucket_start_s: int
    bucket_seconds: int
    observed: float
    expected: float
    lower: float
    upper: float
    score: float
    watched: bool
    statistics_version: int


@dataclass(frozen=True)
class Episode:
    """An alert in one of its states; the fields are those of the alerts topic and the alerts table."""

    alert_id: str
    keyword: str
    kind: str
    mode: str
    direction: str
    state: State
    window_start_s: int
    window_end_s: int
    observed: float
    expected: float
    lower: float
    upper: float
    score: float
    peak_score: float
    severity: str
    statistics_version: int
    opened_at_s: int
    updated_at_s: int
    closed_at_s: int | None = None


def alert_id(keyword: str, direction: str, opened_at_s: int) -> str:
    """Return the episode's id: 16 hexadecimal digits.

    >>> alert_id("#dance", "rise", 1_590_000_000)
    '0b43422641da284e'
    """
    return hashlib.sha256(f"{keyword}|{direction}|{opened_at_s}".encode()).hexdigest()[:16]


def _opened(bucket: JudgedBucket) -> Episode:
    return Episode(
        alert_id=alert_id(bucket.keyword, "rise", bucket.bucket_start_s),
        keyword=bucket.keyword,
        kind=keyword_kind(bucket.keyword),
        mode="watchlist" if bucket.watched else "discovery",
        direction="rise",
        state="opened",
        window_start_s=bucket.bucket_start_s + bucket.bucket_seconds - TRAILING_SECONDS,
        window_end_s=bucket.bucket_start_s + bucket.bucket_seconds,
        observed=bucket.observed,
        expected=bucket.expected,
        lower=bucket.lower,
        upper=bucket.upper,
        score=bucket.score,
        peak_score=bucket.score,
        severity=severity(bucket.score),
        statistics_version=bucket.statistics_version,
        opened_at_s=bucket.bucket_start_s,
        updated_at_s=bucket.bucket_start_s,
    )


def _updated(episode: Episode, bucket: JudgedBucket) -> Episode:
    """Take over the bucket's numbers; identity, mode and opening stay."""
    peak_score = max(episode.peak_score, bucket.score)
    return replace(
        _opened(bucket),
        alert_id=episode.alert_id,
        mode=episode.mode,
        state="opened" if bucket.bucket_start_s == episode.opened_at_s else "updated",
        opened_at_s=episode.opened_at_s,
        peak_score=peak_score,
        severity=severity(peak_score),
    )


def closed_if_quiet(episode: Episode, stream_time_s: int) -> Episode:
    """Return the episode, closed if nothing anomalous came for `QUIET_SECONDS` of stream time."""
    quiet_from_s = episode.updated_at_s + QUIET_SECONDS
    if episode.state == "closed" or stream_time_s <= quiet_from_s:
        return episode
    return replace(episode, state="closed", closed_at_s=quiet_from_s)


def _is_past(episode: Episode, bucket: JudgedBucket) -> bool:
    """Tell whether the bucket was judged before: a batch that is worked through twice must change nothing."""
    if episode.state == "closed":
        return bucket.bucket_start_s <= episode.updated_at_s
    return bucket.bucket_start_s < episode.updated_at_s


def advance(episode: Episode | None, buckets: Iterable[JudgedBucket]) -> Iterator[Episode]:
    """Carry one keyword's episode through its judged buckets.

    Parameters
    ----------
    episode : Episode or None
        The keyword's latest episode; one that is closed stays as it is.
    buckets : iterable of JudgedBucket
        In the order of their start; those that are not anomalous are passed over.

    Yields
    ------
    Episode
        Each state that was reached; where one episode ends and another begins, both.
    """
    for bucket in buckets:
        if bucket.score <= 1:
            continue
        if episode is not None and _is_past(episode, bucket):
            continue
        if episode is not None and episode.state != "closed":
            ended = closed_if_quiet(episode, bucket.bucket_start_s)
            if ended.state == "closed":
                yield ended
                episode = None
        episode = _opened(bucket) if episode is None or episode.state == "closed" else _updated(episode, bucket)
        yield episode
