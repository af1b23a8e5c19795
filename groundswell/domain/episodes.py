"""An alert is an episode: opened once, updated while it lasts, closed when it has been quiet for a while.

All times are stream times in epoch seconds. An episode's id depends only on its keyword, direction and first anomalous
bucket, so that a batch that is worked through twice writes the same episodes again instead of new ones.

* It opens at a score above 1 and lives on while the score is at least `HYSTERESIS`.
* It is closed after an hour below that, and its keyword then rests for six hours: an echo is no news.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from groundswell.domain.detector.episode_ticks import COOL_DOWN_SECONDS, QUIET_SECONDS
from groundswell.domain.detector.score import HYSTERESIS, WINDOW_SECONDS, severity
from groundswell.domain.evidence import EvidencePost
from groundswell.domain.keywords import keyword_kind

HEALTH = "health"
"""Kind and mode of an alert on the pipeline itself."""

State = Literal["opened", "updated", "closed"]
HOUR_SECONDS = WINDOW_SECONDS[1]


@dataclass(frozen=True)
class JudgedBucket:
    """A keyword's trailing windows, which end with the bucket that starts at `bucket_start_s`.

    Attributes
    ----------
    observed, expected, lower, upper : float
        Posts in the trailing hour, what was expected, and the band in which the hour by itself is no anomaly.
    score : float
        With sign: above 1 an anomalous rise, below -1 an anomalous drop.
    mode : {"watchlist", "discovery", "platform"}
        What it was judged as.
    p_value, q_value : float or None
        See `groundswell.domain.detector.candidates.Verdict`.
    """

    keyword: str
    bucket_start_s: int
    bucket_seconds: int
    observed: float
    expected: float
    lower: float
    upper: float
    score: float
    mode: str
    statistics_version: int
    p_value: float | None = None
    q_value: float | None = None


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
    p_value: float | None
    q_value: float | None
    severity: str
    statistics_version: int
    opened_at_s: int
    updated_at_s: int
    closed_at_s: int | None = None
    authors: int | None = None
    evidence: tuple[EvidencePost, ...] = ()


def alert_id(keyword: str, direction: str, opened_at_s: int) -> str:
    """Return the episode's id: 16 hexadecimal digits.

    >>> alert_id("#dance", "rise", 1_590_000_000)
    '0b43422641da284e'
    """
    return hashlib.sha256(f"{keyword}|{direction}|{opened_at_s}".encode()).hexdigest()[:16]


def direction_of(score: float) -> str:
    """Return `rise` or `drop`: a keyword may have an episode of each, and neither keeps the other alive or quiet.

    >>> direction_of(1.5), direction_of(-1.5)
    ('rise', 'drop')
    """
    return "rise" if score > 0 else "drop"


def _opened(bucket: JudgedBucket) -> Episode:
    direction = direction_of(bucket.score)
    score = abs(bucket.score)
    end_s = bucket.bucket_start_s + bucket.bucket_seconds
    return Episode(
        alert_id=alert_id(bucket.keyword, direction, bucket.bucket_start_s),
        keyword=bucket.keyword,
        kind=keyword_kind(bucket.keyword),
        mode=bucket.mode,
        direction=direction,
        state="opened",
        window_start_s=end_s - HOUR_SECONDS,
        window_end_s=end_s,
        observed=bucket.observed,
        expected=bucket.expected,
        lower=bucket.lower,
        upper=bucket.upper,
        score=score,
        peak_score=score,
        p_value=bucket.p_value,
        q_value=bucket.q_value,
        severity=severity(score),
        statistics_version=bucket.statistics_version,
        opened_at_s=bucket.bucket_start_s,
        updated_at_s=bucket.bucket_start_s,
    )


def _updated(episode: Episode, bucket: JudgedBucket) -> Episode:
    """Take over the bucket's numbers; identity, mode, direction and opening stay."""
    peak_score = max(episode.peak_score, abs(bucket.score))
    return replace(
        _opened(bucket),
        alert_id=episode.alert_id,
        mode=episode.mode,
        direction=episode.direction,
        state="opened" if bucket.bucket_start_s == episode.opened_at_s else "updated",
        opened_at_s=episode.opened_at_s,
        peak_score=peak_score,
        severity=severity(peak_score),
        authors=episode.authors,
        evidence=episode.evidence,
    )


def closed_if_quiet(episode: Episode, stream_time_s: int) -> Episode:
    """Return the episode, closed if its score stayed low for `QUIET_SECONDS` of stream time."""
    quiet_from_s = episode.updated_at_s + QUIET_SECONDS
    if episode.state == "closed" or stream_time_s <= quiet_from_s:
        return episode
    return replace(episode, state="closed", closed_at_s=quiet_from_s)


def _is_past(episode: Episode, bucket: JudgedBucket) -> bool:
    """Tell whether the bucket was judged before: a batch that is worked through twice must change nothing."""
    if episode.state == "closed":
        return bucket.bucket_start_s <= episode.updated_at_s
    return bucket.bucket_start_s < episode.updated_at_s


def may_open(episode: Episode | None, bucket_start_s: int) -> bool:
    """Tell whether a keyword whose latest episode this is could open another one."""
    if episode is None:
        return True
    closed = closed_if_quiet(episode, bucket_start_s)
    return closed.closed_at_s is not None and bucket_start_s > closed.closed_at_s + COOL_DOWN_SECONDS


def lives(episode: Episode | None, bucket_start_s: int) -> bool:
    """Tell whether an episode is open at a bucket."""
    return episode is not None and closed_if_quiet(episode, bucket_start_s).state != "closed"


def advance(episode: Episode | None, buckets: Iterable[JudgedBucket]) -> Iterator[Episode]:
    """Carry one keyword's episode of one direction through its judged buckets.

    Parameters
    ----------
    episode : Episode or None
        The keyword's latest episode of this direction; one that is closed stays as it is.
    buckets : iterable of JudgedBucket
        In the order of their start, all of one direction; those with a score below `HYSTERESIS` may be left out.

    Raises
    ------
    ValueError
        A bucket is of the other direction.

    Yields
    ------
    Episode
        Each state that was reached; where one episode ends and another begins, both.
    """
    for bucket in buckets:
        if episode is not None and direction_of(bucket.score) != episode.direction:
            raise ValueError(f"a {direction_of(bucket.score)} is no part of a {episode.direction}'s episode")
        if abs(bucket.score) < HYSTERESIS or (episode is not None and _is_past(episode, bucket)):
            continue
        if episode is not None and episode.state != "closed":
            ended = closed_if_quiet(episode, bucket.bucket_start_s)
            if ended.state != "closed":
                episode = _updated(episode, bucket)
                yield episode
                continue
            episode = ended
            yield ended
        if abs(bucket.score) > 1 and may_open(episode, bucket.bucket_start_s):
            episode = _opened(bucket)
            yield episode
