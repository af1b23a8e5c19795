"""What happens to each micro-batch of posts: count them, judge the buckets it completed, carry the episodes on.

A bucket is judged once, when every post of it was read: the same posts give the same alerts, however the stream cut
them into batches.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa
from confluent_kafka import Producer
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.postgres import transaction
from groundswell.adapters.suppressions import read_told
from groundswell.contracts.topics import ALERTS
from groundswell.domain.detector.candidates import DISCOVERY, WATCHLIST
from groundswell.domain.detector.score import WINDOW_SECONDS, Thresholds
from groundswell.domain.episodes import Episode
from groundswell.domain.keywords import PLATFORM_KEYWORD, keyword_kind
from groundswell.frames.buckets import BUCKET_SECONDS
from groundswell.settings import Settings
from streaming import alert_store
from streaming.candidate_windows import Run, candidates
from streaming.counting import Counted, Counter
from streaming.episode_walk import EpisodeWalk, close_quiet
from streaming.evidence import written_posts
from streaming.statistics_source import StatisticsSource

LOG = logging.getLogger(__name__)

_LONGEST_RUN_BUCKETS = 72
_DAY_SECONDS = 86_400


def thresholds_of(settings: Settings) -> Thresholds:
    """Return the detector's thresholds from the settings."""
    detection = settings.detection
    return Thresholds(
        watchlist_z=detection.watchlist_z,
        false_discovery_rate=detection.false_discovery_rate,
        minimum_posts=detection.minimum_posts,
        minimum_lift=detection.minimum_lift,
        maximum_document_frequency=detection.maximum_document_frequency,
        platform_change=detection.platform_change,
    )


class Judge:
    """Works through micro-batches of posts, one after the other; made for `streaming.hand_over`.

    A batch may come twice. The ledger keeps it from being counted and judged twice; its alerts were sent before the
    commit in Postgres. Where the stream died between the two, they are sent again, with the same ids.
    """

    def __init__(
        self,
        settings: Settings,
        connect: Callable[[], Connection],
        producer: Producer,
        counter: Counter,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._producer = producer
        self._connection: Connection | None = None
        self._counter = counter
        self._statistics = StatisticsSource()
        self._thresholds = thresholds_of(settings)

    def __call__(self, posts: pa.Table, query_id: str, batch_id: int) -> None:
        """Work through one batch: posts of `groundswell.frames.mentions.MENTIONS`, each once."""
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        try:
            with transaction(self._connection) as connection:
                watched = _watched(connection)
                phrases = [keyword for keyword in watched if keyword_kind(keyword) == "phrase"]
                counted = self._counter.count(connection, posts, query_id, batch_id, phrases)
                if counted is not None:
                    self._judge(connection, counted, watched, batch_id)
        except BaseException:
            self._counter.forget()
            raise

    def close(self) -> None:
        """Close the connection; a later batch opens another."""
        if self._connection is not None:
            self._connection.close()

    def _judge(self, connection: Connection, counted: Counted, watched: list[str], batch_id: int) -> None:
        """Judge the buckets that a batch completed, and carry the episodes on."""
        first_s, end_s = _bucket_s(counted.before), _bucket_s(counted.stream_time)
        if first_s >= end_s:
            return
        states: list[Episode] = []
        for run in runs(self._counter.recent.counts.buckets_s(first_s - WINDOW_SECONDS[-1], end_s), first_s, end_s):
            reached = self._judged(connection, run, watched)
            alert_store.save(connection, reached)
            states += reached
        closed = close_quiet(alert_store.quiet_episodes(connection, end_s), end_s)
        alert_store.save(connection, closed)
        sent = alert_store.worth_sending(states + closed)
        alert_store.send(self._producer, ALERTS.name(self._settings.kafka.topic_prefix), sent)
        LOG.debug("batch %d: judged up to %d, %d states", batch_id, end_s, len(sent))

    def _judged(self, connection: Connection, run: Run, watched: list[str]) -> list[Episode]:
        facts = self._statistics.current(connection)
        if facts is None:
            LOG.warning(
                "no keyword statistics yet: counting, not judging (run `groundswell batch recompute-statistics`)"
            )
            return []
        modes = dict.fromkeys(alert_store.open_keywords(connection), DISCOVERY) | dict.fromkeys(watched, WATCHLIST)
        modes.pop(PLATFORM_KEYWORD, None)
        judged = candidates(
            self._counter.recent.counts,
            facts,
            lambda keywords: self._statistics.rows(connection, keywords),
            run,
            self._thresholds.minimum_posts,
            modes,
        )
        earliest_s = run.start_s - WINDOW_SECONDS[-1]
        walk = EpisodeWalk(
            judged,
            facts.population,
            self._thresholds,
            facts.version,
            alert_store.latest_episodes(connection, judged.keywords),
            alert_store.discovered_at_s(connection, run.start_s - _DAY_SECONDS, run.start_s),
            read_told(connection, _time(earliest_s), _time(run.end_s)),
            self._counter.recent.mentions.behind,
            partial(written_posts, connection),
        )
        return walk.states(run.bucket_starts_s, BUCKET_SECONDS)


def runs(platform_buckets_s: list[int], first_s: int, end_s: int) -> Iterator[Run]:
    """Return the runs of buckets in [first_s, end_s) whose longest window has any post.

    Parameters
    ----------
    platform_buckets_s : list of int
        Starts of the buckets with posts, in their order.
    first_s, end_s : int

    >>> [(run.start_s, run.end_s) for run in runs([0, 300], 0, 86_400)]
    [(0, 21600), (21600, 21900)]
    >>> [(run.start_s, run.end_s) for run in runs([0, 86_400], 600, 87_000)]
    [(600, 21600), (86400, 87000)]
    """
    spans: list[tuple[int, int]] = []
    for start_s in platform_buckets_s:
        from_s, to_s = max(start_s, first_s), min(start_s + WINDOW_SECONDS[-1], end_s)
        if spans and from_s <= spans[-1][1]:
            spans[-1] = (spans[-1][0], to_s)
        elif from_s < to_s:
            spans.append((from_s, to_s))
    step_s = _LONGEST_RUN_BUCKETS * BUCKET_SECONDS
    for from_s, to_s in spans:
        for at_s in range(from_s, to_s, step_s):
            yield Run(at_s, min(at_s + step_s, to_s))


def _watched(connection: Connection) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT keyword FROM watchlist")
        return [keyword for (keyword,) in cursor]


def _bucket_s(time: datetime) -> int:
    seconds = int(time.timestamp())
    return seconds - seconds % BUCKET_SECONDS


def _time(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
