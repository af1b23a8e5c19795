"""`groundswell alerts list` and `alerts dismiss`: looking through alerts, and saying which were none."""

import sys
from datetime import UTC, datetime

import click
import orjson
from rich.console import Console

from groundswell.adapters.postgres import connect, transaction
from groundswell.contracts.alerts import alert_record
from groundswell.contracts.topics import ALERTS
from groundswell.domain.episodes import Episode
from groundswell.errors import InputError
from groundswell.settings import Settings, load_settings
from streaming import alert_store, dismissals
from streaming.alerts_table import alerts_table
from streaming.answers import answers_to, print_evidence
from streaming.watchlist_commands import watched_keyword


@click.command("list")
@click.option("--keyword", help="Only alerts of this keyword.")
@click.option("--open", "only_open", is_flag=True, help="Only alerts that are not closed.")
@click.option("--rows", default=20, show_default=True, type=click.IntRange(1), help="Alerts shown, the newest ones.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, as when piped.")
def list_(keyword: str | None, only_open: bool, rows: int, as_json: bool) -> None:
    """List the newest alerts with their ids: a table, or JSON lines when piped.

    The JSON is that of the alerts topic and `dismissed_at`, in UTC; null where nobody dismissed it.
    """
    settings = load_settings()
    wanted = None if keyword is None else watched_keyword(keyword, settings)
    with transaction(connect(settings)) as connection:
        episodes = alert_store.listed_episodes(connection, rows, wanted, only_open)
        dismissed = dismissals.dismissed_among(connection, [episode.alert_id for episode in episodes])
    if as_json or not sys.stdout.isatty():
        for episode in episodes:
            record = alert_record(episode) | {"dismissed_at": dismissed.get(episode.alert_id)}
            click.echo(orjson.dumps(record).decode())
        return
    Console().print(alerts_table(episodes, rows, dismissed))


@click.command()
@click.argument("alert_id")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, as when piped.")
def show(alert_id: str, as_json: bool) -> None:
    """Show the alert ALERT_ID (see `alerts list`) with its posts, and what people answer to them.

    The answers are those that `groundswell scrape comments` collected.
    """
    with transaction(connect(load_settings())) as connection:
        episode = alert_store.shown_episode(connection, alert_id)
        if episode is None:
            raise InputError(f"there is no alert {alert_id}", "`groundswell alerts list` names them")
        answers = answers_to(connection, [post.post_id for post in episode.evidence])
    if as_json or not sys.stdout.isatty():
        record = alert_record(episode)
        for post in record["evidence"]:
            post["answers"] = [vars(answer) for answer in answers.get(post["post_id"], ())]
        click.echo(orjson.dumps(record).decode())
        return
    console = Console()
    console.print(alerts_table([episode], 1))
    print_evidence(console, episode.evidence, answers)


@click.command()
@click.argument("alert_id")
@click.option("--note", default="", help="Why it is normal.")
@click.option("--undo", is_flag=True, help="Take the mark back.")
def dismiss(alert_id: str, note: str, undo: bool) -> None:
    """Mark the alert ALERT_ID (see `alerts list`) as no anomaly.

    It is closed, its keyword stays quiet for the rest of it (a day, where it was still open), and the next
    recomputation of the statistics takes its hours for normal ones.
    """
    settings = load_settings()
    with transaction(connect(settings)) as connection:
        if undo:
            episode, was_dismissed = dismissals.undo(connection, alert_id)
            click.echo(f"{_name(episode)}: {'no longer dismissed' if was_dismissed else 'was not dismissed'}")
            return
        episode, is_new = dismissals.dismiss(connection, alert_id, note, lambda closed: _send(settings, closed))
    click.echo(f"{_name(episode)}: {'dismissed' if is_new else 'was dismissed already'}")


def _name(episode: Episode) -> str:
    opened = datetime.fromtimestamp(episode.opened_at_s, UTC)
    return f"{episode.keyword or 'the whole platform'}, {opened:%Y-%m-%d %H:%M} UTC"


def _send(settings: Settings, episode: Episode) -> None:
    from groundswell.adapters.kafka import producer

    alert_store.send(producer(settings), ALERTS.name(settings.kafka.topic_prefix), [episode])
