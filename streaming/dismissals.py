"""A person's "not an anomaly": kept with the alert's time, so that the detector stays quiet and the baseline learns."""

from collections.abc import Callable, Collection
from dataclasses import replace

from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.domain.episodes import Episode
from groundswell.domain.suppression import ONGOING_SECONDS, Dismissal
from groundswell.errors import InputError
from streaming import alert_store


def dismissal_of(episode: Episode) -> Dismissal:
    """Return the time that a dismissal of the episode is about.

    It begins with the first window that was judged, which is as far before the last one as the opening is before the
    newest state. An episode that is open goes on for some time: see `ONGOING_SECONDS`.
    """
    starts_s = episode.window_start_s - (episode.updated_at_s - episode.opened_at_s)
    ends_s = episode.window_end_s + (0 if episode.state == "closed" else ONGOING_SECONDS)
    return Dismissal(episode.keyword, starts_s, ends_s)


def dismiss(connection: Connection, alert_id: str, note: str, send: Callable[[Episode], None]) -> tuple[Episode, bool]:
    """Mark an alert as no anomaly, and close it; the caller commits.

    Parameters
    ----------
    connection : Connection
    alert_id : str
    note : str
        Why; an empty one leaves an earlier note.
    send : callable
        Tells the topic of an episode that was closed.

    Returns
    -------
    tuple
        The episode, and whether it was not dismissed before.
    """
    episode = _known(connection, alert_id)
    told = dismissal_of(episode)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO alert_dismissals (alert_id, keyword, starts_at, ends_at, note)"
            " VALUES (%s, %s, to_timestamp(%s), to_timestamp(%s), %s) ON CONFLICT (alert_id) DO UPDATE"
            " SET note = CASE WHEN excluded.note = '' THEN alert_dismissals.note ELSE excluded.note END"
            " RETURNING xmax = 0",
            [alert_id, told.keyword, told.starts_s, told.ends_s, note],
        )
        row = cursor.fetchone()
        cursor.execute("UPDATE alerts SET dismissed_at = coalesce(dismissed_at, now()) WHERE alert_id = %s", [alert_id])
    if episode.state != "closed":
        episode = replace(episode, state="closed", closed_at_s=episode.window_end_s)
        alert_store.save(connection, [episode])
        send(episode)
    return episode, bool(row and row[0])


def undo(connection: Connection, alert_id: str) -> tuple[Episode, bool]:
    """Take a dismissal back; return the episode, which stays closed, and whether it was dismissed."""
    episode = _known(connection, alert_id)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM alert_dismissals WHERE alert_id = %s", [alert_id])
        was_dismissed = bool(cursor.rowcount)
        cursor.execute("UPDATE alerts SET dismissed_at = NULL WHERE alert_id = %s", [alert_id])
    return episode, was_dismissed


def dismissed_among(connection: Connection, alert_ids: Collection[str]) -> dict[str, str]:
    """Return when each of the alerts was dismissed, in ISO 8601; the others are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT alert_id, dismissed_at FROM alert_dismissals WHERE alert_id = ANY(%s)", [list(alert_ids)]
        )
        return {alert_id: dismissed_at.isoformat() for alert_id, dismissed_at in cursor}


def _known(connection: Connection, alert_id: str) -> Episode:
    episode = alert_store.locked_episode(connection, alert_id)
    if episode is None:
        raise InputError(f"there is no alert {alert_id!r}", "`groundswell alerts list` shows the alerts with their ids")
    return episode
