"""`groundswell watchlist`: the keywords a team cares for."""

import sys
from datetime import datetime

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groundswell.adapters.postgres import connect, transaction
from groundswell.adapters.stopwords import stopwords
from groundswell.domain.keywords import hashtag_keyword, phrase_keyword, words_of
from groundswell.errors import InputError
from groundswell.settings import Settings, load_settings


@click.group()
def watchlist() -> None:
    """Add, remove and list watched keywords: they are judged more sensitively than others.

    A hashtag is given with its # (quote it: '#dance'), a word without, a phrase of up to six words in quotes ('air max
    95'). The stream takes changes over with its next micro-batch. A phrase is counted from then on only: `groundswell
    batch parse-lake` counts it on days before.
    """


def watched_keyword(text: str, settings: Settings) -> str:
    """Return the keyword that a person's entry stands for.

    Raises
    ------
    InputError
        Nothing in the stream would ever match it.
    """
    if text.strip().startswith(("#", "＃")):
        if keyword := hashtag_keyword(text):
            return keyword
        raise InputError(f"{text!r} holds no letters or digits that a hashtag could have")
    if phrase := phrase_keyword(text):
        return phrase
    words = words_of(text)
    if len(words) != 1:
        raise InputError(
            f"{text!r} is {'no word' if not words else 'no phrase'}",
            "give one word of at least two letters, a phrase of two to six words and nothing else, or a hashtag with "
            "its # (quoted, as in '#newphone'); scripts without spaces give hashtags only",
        )
    (word,) = words
    if word in stopwords(settings.text.stopword_languages):
        raise InputError(
            f"{word!r} is on the stopword list, so it is never counted",
            f"watch the hashtag '#{word}', or set text.stopword_languages",
        )
    return word


@watchlist.command()
@click.argument("keywords", nargs=-1, required=True)
@click.option("--note", default="", help="Why, or for whom.")
def add(keywords: tuple[str, ...], note: str) -> None:
    """Watch KEYWORDS; adding one again only changes its note."""
    settings = load_settings()
    wanted = [watched_keyword(text, settings) for text in keywords]
    with transaction(connect(settings)) as connection, connection.cursor() as cursor:
        for keyword in wanted:
            cursor.execute(
                "INSERT INTO watchlist (keyword, note) VALUES (%s, %s) ON CONFLICT (keyword) DO UPDATE "
                "SET note = CASE WHEN excluded.note = '' THEN watchlist.note ELSE excluded.note END RETURNING xmax = 0",
                [keyword, note],
            )
            row = cursor.fetchone()
            click.echo(f"{keyword}: {'watched' if row and row[0] else 'was watched already'}")


@watchlist.command()
@click.argument("keywords", nargs=-1, required=True)
def remove(keywords: tuple[str, ...]) -> None:
    """Stop watching KEYWORDS."""
    settings = load_settings()
    with transaction(connect(settings)) as connection, connection.cursor() as cursor:
        for text in keywords:
            keyword = watched_keyword(text, settings)
            cursor.execute("DELETE FROM watchlist WHERE keyword = %s", [keyword])
            click.echo(f"{keyword}: {'removed' if cursor.rowcount else 'was not watched'}")


@watchlist.command("list")
def list_() -> None:
    """List watched keywords: a table, or tab-separated lines when piped."""
    with transaction(connect(load_settings())) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT keyword, to_char(added_at, 'YYYY-MM-DD HH24:MI'), note FROM watchlist ORDER BY keyword")
        rows = cursor.fetchall()
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    _print_table(f"{len(rows)} watched keywords", ("keyword", "since (UTC)", "note"), rows)


@watchlist.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the posts, UTC; by default the newest there is.")
@click.option("--all", "with_watched", is_flag=True, help="Also those that are watched already.")
def proposals(day: datetime | None, with_watched: bool) -> None:
    """List the phrases that the nightly work proposes: a table, or tab-separated lines when piped.

    Words that stood together more often than chance, the surest first. `watchlist add 'PHRASE'` takes one.
    """
    with transaction(connect(load_settings())) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT phrase, posts::text, authors::text, round(score)::text, day::text FROM phrase_proposals"
            " WHERE day = coalesce(%s, (SELECT max(day) FROM phrase_proposals))"
            " AND (%s OR phrase NOT IN (SELECT keyword FROM watchlist)) ORDER BY rank",
            [day and day.date(), with_watched],
        )
        rows = cursor.fetchall()
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    shown_day = rows[0][4] if rows else day.date() if day else "any day"
    names = ("phrase", "posts", "authors", "score")
    _print_table(f"{len(rows)} phrases proposed from {shown_day}", names, [row[:4] for row in rows])


def _print_table(title: str, names: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, title=title)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
