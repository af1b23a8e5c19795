"""Alerts on the pipeline itself, raised by the running stream: on the alerts topic and in Postgres, as the others."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

import psycopg2
from confluent_kafka import Producer
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.adapters.metrics import read_metrics
from groundswell.adapters.postgres import transaction
from groundswell.contracts.topics import ALERTS
from groundswell.domain.episodes import HEALTH, Episode, alert_id
from groundswell.domain.health import Facts, Problem, feed_problem, problems
from groundswell.errors import UnavailableError
from groundswell.settings import Settings
from streaming import alert_store

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 60.0
_STATISTICS_AT = (
    "SELECT extract(epoch FROM created_at)::float FROM current_statistics JOIN statistics_versions USING (version)"
)


class HealthWatch:
    """Looks at the pipeline now and then.

    Parameters
    ----------
    settings : Settings
    connect : callable
        Opens a connection of its own.
    producer : Producer
    now : callable
        Epoch seconds.
    """

    def __init__(
        self,
        settings: Settings,
        connect: Callable[[], Connection],
        producer: Producer,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._producer = producer
        self._now = now
        self._looked_s = 0.0

    def look(self, last_record_s: float) -> None:
        """Raise and close alerts, at most every `LOOK_SECONDS`; what can't be asked now is asked the next time.

        Parameters
        ----------
        last_record_s : float
            When the newest record was read, or the stream was started, epoch seconds.
        """
        if self._now() - self._looked_s < LOOK_SECONDS:
            return
        self._looked_s = self._now()
        try:
            connection = self._connect()
            try:
                with transaction(connection):
                    self._look(connection, last_record_s)
            finally:
                connection.close()
        except (psycopg2.Error, UnavailableError) as error:
            LOG.debug("the pipeline's health could not be looked at: %s", error)

    def _look(self, connection: Connection, last_record_s: float) -> None:
        now_s = self._now()
        metrics = self._settings.metrics
        facts = Facts(
            {key: metric.value for key, metric in read_metrics(connection).items()}, _statistics_at_s(connection)
        )
        silent = feed_problem(last_record_s, metrics.feed_silent_minutes, now_s)
        found = problems(facts, metrics.statistics_hours, now_s) + ([] if silent is None else [silent])
        changed = changes(alert_store.open_health_episodes(connection), found, int(now_s))
        for episode in changed:
            LOG.warning("%s: %s", episode.keyword, "closed" if episode.state == "closed" else "raised an alert")
        alert_store.save(connection, changed)
        alert_store.send(self._producer, ALERTS.name(self._settings.kafka.topic_prefix), changed)


def changes(open_episodes: list[Episode], found: list[Problem], now_s: int) -> list[Episode]:
    """Return the episodes of problems that are new, opened, and those of problems that are gone, closed.

    Parameters
    ----------
    open_episodes : list of Episode
        Of health, those that are open.
    found : list of Problem
        What is wrong now.
    now_s : int
        Epoch seconds.
    """
    known, wrong = {episode.keyword for episode in open_episodes}, {problem.name for problem in found}
    opened = [_opened(problem, now_s) for problem in found if problem.name not in known]
    closed = [
        replace(episode, state="closed", updated_at_s=now_s, closed_at_s=now_s)
        for episode in open_episodes
        if episode.keyword not in wrong
    ]
    return opened + closed


def _opened(problem: Problem, now_s: int) -> Episode:
    return Episode(
        alert_id=alert_id(problem.name, "drop", problem.since_s),
        keyword=problem.name,
        kind=HEALTH,
        mode=HEALTH,
        direction="drop",
        state="opened",
        window_start_s=problem.since_s,
        window_end_s=now_s,
        observed=0.0,
        expected=0.0,
        lower=0.0,
        upper=0.0,
        score=1.0,
        peak_score=1.0,
        p_value=None,
        q_value=None,
        severity="high",
        statistics_version=0,
        opened_at_s=problem.since_s,
        updated_at_s=now_s,
    )


def _statistics_at_s(connection: Connection) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(_STATISTICS_AT)
        row = cursor.fetchone()
    return None if row is None else float(row[0])
