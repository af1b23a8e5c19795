"""Alerts as a table a person likes to read: one row per episode, the newest on top."""

from collections.abc import Collection
from datetime import UTC, datetime

from rich import box
from rich.table import Table
from rich.text import Text

from groundswell.domain.episodes import Episode

_COLOURS = {"low": "yellow", "medium": "dark_orange", "high": "red"}
_BAR_CELLS = 10
_FULL_BAR_SCORE = 5.0


def named(episode: Episode) -> str:
    """Return the keyword as a person reads it; a drop carries an arrow."""
    name = "the whole platform" if episode.kind == "platform" else episode.keyword
    return f"{name} ▼" if episode.direction == "drop" else name


def _clock(epoch_s: int) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%b %d %H:%M")


def _bar(score: float) -> str:
    cells = min(_BAR_CELLS, max(1, round(score / _FULL_BAR_SCORE * _BAR_CELLS)))
    return "█" * cells + "░" * (_BAR_CELLS - cells)


def alerts_table(episodes: list[Episode], rows: int, dismissed: Collection[str] | None = None) -> Table:
    """Return the table of the newest `rows` episodes.

    Parameters
    ----------
    episodes : list of Episode
        Each in its newest state.
    rows : int
        At most so many are shown.
    dismissed : collection of str, optional
        Ids of alerts that a person called no anomaly. When it is given, the ids are shown.
    """
    newest = sorted(episodes, key=lambda e: (e.opened_at_s, e.updated_at_s), reverse=True)
    hidden = len(newest) - rows
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{len(newest)} alerts, times in UTC",
        caption=f"{hidden} older ones not shown (--rows)" if hidden > 0 else None,
    )
    if dismissed is not None:
        table.add_column("id", no_wrap=True)
    table.add_column("opened", no_wrap=True)
    table.add_column("keyword", overflow="fold")
    table.add_column("posts in the hour", justify="right")
    table.add_column("expected", justify="right")
    table.add_column("alert above", justify="right")
    table.add_column("peak score", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("latest", no_wrap=True)
    for episode in newest[:rows]:
        state = "dismissed" if episode.alert_id in (dismissed or ()) else episode.state
        colour = "dim" if state in ("closed", "dismissed") else _COLOURS[episode.severity]
        watched = " ★" if episode.mode == "watchlist" else ""
        table.add_row(
            *([] if dismissed is None else [episode.alert_id]),
            _clock(episode.opened_at_s),
            Text(named(episode) + watched, style="bold"),
            f"{episode.observed:,.0f}",
            f"{episode.expected:,.1f}",
            f"{episode.upper:,.0f}",
            Text(f"{_bar(episode.peak_score)} {episode.peak_score:.1f}", style=colour),
            Text(state, style=colour),
            _clock(episode.window_end_s),
        )
    return table
