"""Where episodes live: the alerts table, and the alerts topic that carries each of their states."""

from collections.abc import Collection, Iterable

import orjson
from confluent_kafka import KafkaError, Message, Producer
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import Json, execute_values

from groundswell.contracts.alerts import ALERT_COLUMNS, alert_record, episode_of
from groundswell.domain.detector.episode_ticks import QUIET_SECONDS
from groundswell.domain.episodes import HEALTH, Episode
from groundswell.errors import UnavailableError

_COLUMNS = ", ".join(ALERT_COLUMNS)
_LATEST = (
    f"SELECT DISTINCT ON (keyword, direction) {_COLUMNS} FROM alerts WHERE keyword = ANY(%s)"
    " ORDER BY keyword, direction, opened_at DESC"
)
_QUIET = (
    f"SELECT {_COLUMNS} FROM alerts WHERE state <> 'closed' AND kind <> '{HEALTH}' AND updated_at < to_timestamp(%s)"
)
_OPEN_HEALTH = f"SELECT {_COLUMNS} FROM alerts WHERE state <> 'closed' AND kind = '{HEALTH}' ORDER BY opened_at"
_UPSERT = f"INSERT INTO alerts ({_COLUMNS}) VALUES %s ON CONFLICT (alert_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ALERT_COLUMNS[1:]
)


def _episodes(connection: Connection, query: str, *parameters: object) -> list[Episode]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [episode_of(dict(zip(ALERT_COLUMNS, row, strict=True))) for row in cursor]


def latest_episodes(connection: Connection, keywords: Collection[str]) -> dict[tuple[str, str], Episode]:
    """Return the newest episode, open or closed, of each keyword and direction."""
    return {(episode.keyword, episode.direction): episode for episode in _episodes(connection, _LATEST, list(keywords))}


def listed_episodes(connection: Connection, rows: int, keyword: str | None, only_open: bool) -> list[Episode]:
    """Return the newest episodes, of one keyword or of all."""
    query = f"SELECT {_COLUMNS} FROM alerts WHERE (keyword = %s OR %s) AND (state <> 'closed' OR %s)"
    query += " ORDER BY opened_at DESC, alert_id LIMIT %s"
    return _episodes(connection, query, keyword, keyword is None, not only_open, rows)


def shown_episode(connection: Connection, alert_id: str) -> Episode | None:
    """Return an episode, open or closed."""
    found = _episodes(connection, f"SELECT {_COLUMNS} FROM alerts WHERE alert_id = %s", alert_id)
    return found[0] if found else None


def locked_episode(connection: Connection, alert_id: str) -> Episode | None:
    """Return an episode, which the stream can't write until the caller commits."""
    found = _episodes(connection, f"SELECT {_COLUMNS} FROM alerts WHERE alert_id = %s FOR UPDATE", alert_id)
    return found[0] if found else None


def quiet_episodes(connection: Connection, stream_time_s: int) -> list[Episode]:
    """Return the open episodes without an anomalous bucket for so long that they are over."""
    return _episodes(connection, _QUIET, stream_time_s - QUIET_SECONDS)


def open_health_episodes(connection: Connection) -> list[Episode]:
    """Return the open alerts on the pipeline itself."""
    return _episodes(connection, _OPEN_HEALTH)


def open_keywords(connection: Connection) -> list[str]:
    """Return the keywords with an open episode."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT keyword FROM alerts WHERE state <> 'closed' AND kind <> '{HEALTH}'")
        return [keyword for (keyword,) in cursor]


def discovered_at_s(connection: Connection, start_s: int, end_s: int) -> list[int]:
    """Return when discovery's episodes of [start_s, end_s) were opened."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM opened_at)::bigint FROM alerts WHERE mode = 'discovery'"
            " AND opened_at >= to_timestamp(%s) AND opened_at < to_timestamp(%s)",
            [start_s, end_s],
        )
        return [opened_at_s for (opened_at_s,) in cursor]


def save(connection: Connection, episodes: Iterable[Episode]) -> None:
    """Upsert the newest state of each episode; the caller commits."""
    newest = {episode.alert_id: episode for episode in episodes}
    if newest:
        records = map(alert_record, newest.values())
        rows = [(*record.values(), Json(evidence)) for record in records for evidence in [record.pop("evidence")]]
        with connection.cursor() as cursor:
            execute_values(cursor, _UPSERT, rows)


def worth_sending(states: Iterable[Episode]) -> list[Episode]:
    """Return of each episode's states its opening, its newest update and its closing."""
    return list({(episode.alert_id, episode.state): episode for episode in states}.values())


def send(producer: Producer, topic: str, episodes: Iterable[Episode]) -> None:
    """Send states to the topic and wait until the broker has them.

    Sending is at least once: a state that is sent again has the same key and the same bytes.

    Raises
    ------
    UnavailableError
        The broker did not take one of them.
    """
    refused: list[KafkaError] = []

    def on_delivery(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            refused.append(error)

    for episode in episodes:
        value = orjson.dumps(alert_record(episode))
        producer.produce(topic, value, key=episode.alert_id, on_delivery=on_delivery)
    waiting = producer.flush(30)
    if refused or waiting:
        raise UnavailableError(
            f"alerts could not be sent to {topic}: {refused[0] if refused else f'{waiting} unanswered after 30 s'}",
            "check the broker with `groundswell status`; the batch is worked through again when the stream restarts",
        )
