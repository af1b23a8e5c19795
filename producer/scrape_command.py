"""`groundswell scrape`."""

import json
import re
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groundswell.adapters.kafka import KafkaUnavailable
from groundswell.errors import GroundswellError, InputError, SettingsError
from groundswell.settings import Settings, load_settings
from producer.collecting.feeds import Feed
from producer.collecting.hosts import user_name_of
from producer.collecting.scrape import (
    CountingOutlet,
    Round,
    comments_kept,
    posts_kept,
    scrape_round,
    wait_until,
)
from producer.interruption import Interruption
from producer.progress import Meter
from producer.sink import FencedError, Sink

_EPILOG = """\b
Examples:
  groundswell scrape hashtag newphone
  groundswell scrape search 'air max 95' --limit 500 --out posts.ndjson
  groundswell scrape watchlist --every 15m

You must be allowed to collect what you collect: by TikTok's terms, and by the law where you and the authors live.
"""

_POST_ID = re.compile(r"([0-9]{1,24})")
_POST_ADDRESS = re.compile(r"https://[a-z.]*tiktok\.com/@[^/]*/(?:video|photo)/([0-9]{1,24})/?(?:\?.*)?")
_SPAN = re.compile(r"(\d+)\s*([smh])")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}
_DEFAULT_LIMIT = 300

Command = TypeVar("Command", bound=Callable[..., Any])


class _Span(click.ParamType[int]):
    name = "time span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _SPAN.fullmatch(str(value).strip())
        if not found or int(found[1]) < 1:
            self.fail(f"{value!r} is no span of time, such as 90s, 15m or 2h", param, ctx)
        return int(found[1]) * _UNIT_SECONDS[found[2]]


@dataclass(frozen=True)
class ScrapeOptions:
    """A scrape's options.

    Attributes
    ----------
    out : Path or None
        File that posts are added to.
    to_topic : bool
    limit : int
        Posts of each feed and round.
    every_seconds : int or None
        From one round's start to the next one's.
    restart, as_json : bool
    what : {"posts", "comments"}
    """

    out: Path | None
    to_topic: bool
    limit: int
    every_seconds: int | None
    restart: bool
    as_json: bool
    what: str = "posts"


def _options(*chosen: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(chosen):
            command = option(command)
        return command

    return add


_every_feed = _options(
    click.option(
        "--limit", type=click.IntRange(1), default=_DEFAULT_LIMIT, show_default=True, help="At most so many of each."
    ),
    click.option("--every", type=_Span(), help="Keep going: a round each 15m, say."),
    click.option(
        "--resume/--restart",
        default=True,
        help="Go on at the cursor where a run was cut (default), or begin at the newest.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, a line per round."),
)
_posts = _options(
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Add the posts to this ndjson file."),
    click.option(
        "--topic/--no-topic",
        "to_topic",
        default=None,
        help="Send the posts to the posts topic; the default without --out.",
    ),
    _every_feed,
)


@click.group(epilog=_EPILOG)
def scrape() -> None:
    """Collect posts and comments from TikTok itself.

    Posts go to the posts topic as a replay's do: stamped with the moment they were collected, what is no post to the
    dead letters. With --out they are added to a file, in the form they came in. Needs Chromium (`make browser`).
    """


@scrape.command()
@_posts
def trending(**options: Any) -> None:
    """Collect what TikTok recommends to everybody."""
    _run([Feed("trending")], **options)


@scrape.command()
@click.argument("name")
@_posts
def hashtag(name: str, **options: Any) -> None:
    """Collect a hashtag's posts."""
    _run([hashtag_feed(name)], **options)


@scrape.command()
@click.argument("words")
@_posts
def search(words: str, **options: Any) -> None:
    """Collect what a search finds; TikTok asks for an msToken that has searched before (scrape.ms_tokens)."""
    if not words.strip():
        raise InputError("there is nothing to search for", "give a word, or several in quotes")
    _run([Feed("search", words.strip())], **options)


@scrape.command()
@click.argument("name")
@_posts
def user(name: str, **options: Any) -> None:
    """Collect a user's posts: @name, or their page's address."""
    _run([Feed("user", user_name_of(name))], **options)


@scrape.command()
@click.argument("sound_id", metavar="ID")
@_posts
def sound(sound_id: str, **options: Any) -> None:
    """Collect the posts that use a sound."""
    if not sound_id.isascii() or not sound_id.isdigit():
        raise InputError(f"{sound_id!r} is no sound's id", "it is the number at the end of the sound's address")
    _run([Feed("sound", sound_id)], **options)


@scrape.command()
@_posts
def watchlist(**options: Any) -> None:
    """Collect what is on the watch list: its hashtags, and a search for each of its words and phrases.

    With --every it is read anew for each round.
    """
    settings = load_settings()
    _run(watched_feeds(settings), lambda: watched_feeds(settings), **options)


@scrape.command()
@click.argument("posts", nargs=-1, required=True, metavar="POST...")
@_every_feed
def comments(posts: tuple[str, ...], limit: int, every: int | None, resume: bool, as_json: bool) -> None:
    """Collect what people answer to posts: a post's id, or its address.

    Comments go to the lake's bucket as they came, and into Postgres' post_comments; `groundswell alerts show` tells
    those of an alert's posts.
    """
    feeds = list(dict.fromkeys(Feed("comments", post_id_of(post)) for post in posts))
    options = ScrapeOptions(None, False, limit, every, not resume, as_json, "comments")
    settings = load_settings()
    run_scrape(settings, lambda: feeds, options, partial(comments_kept, settings, feeds, not resume))


def post_id_of(text: str) -> str:
    """Return the id of a post, given by its id or address.

    Raises
    ------
    InputError
        It is neither.

    >>> post_id_of("6801"), post_id_of("https://www.tiktok.com/@ana/video/6801?lang=en")
    ('6801', '6801')
    """
    found = _POST_ID.fullmatch(text.strip()) or _POST_ADDRESS.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} is no post", "give its id, or its address: https://www.tiktok.com/@ana/video/6801")
    return found[1]


def hashtag_feed(name: str) -> Feed:
    """Return a hashtag's feed.

    Raises
    ------
    InputError
        It is no hashtag.

    >>> hashtag_feed("#Cats").name
    'cats'
    """
    bare = name.strip().removeprefix("#").removeprefix("＃").lower()
    if not bare or any(letter.isspace() for letter in bare) or "/" in bare:
        raise InputError(f"{name!r} is no hashtag", "give one without spaces, with or without its #")
    return Feed("hashtag", bare)


def watched_feeds(settings: Settings) -> list[Feed]:
    """Return a feed for each keyword of the watch list.

    Raises
    ------
    InputError
        It is empty.
    """
    from groundswell.adapters.postgres import connect

    connection = connect(settings)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT keyword FROM watchlist ORDER BY keyword")
            keywords = [str(row[0]) for row in cursor.fetchall()]
    finally:
        connection.close()
    if not keywords:
        raise InputError("the watch list is empty", "add to it: groundswell watchlist add '#newphone'")
    return [Feed("hashtag", word[1:]) if word.startswith("#") else Feed("search", word) for word in keywords]


def _run(
    feeds: Sequence[Feed],
    feeds_now: Callable[[], Sequence[Feed]] | None = None,
    *,
    out: Path | None,
    to_topic: bool | None,
    limit: int,
    every: int | None,
    resume: bool,
    as_json: bool,
) -> None:
    if out is None and to_topic is False:
        raise InputError("--no-topic without --out leaves the posts nowhere to go", "name a file with --out")
    sends = out is None if to_topic is None else to_topic
    options = ScrapeOptions(out, sends, limit, every, not resume, as_json)
    settings = load_settings()
    kept = partial(posts_kept, settings, feeds, sends, out, not resume)
    run_scrape(settings, feeds_now or (lambda: feeds), options, kept)


def run_scrape(
    settings: Settings,
    feeds: Callable[[], Sequence[Feed]],
    options: ScrapeOptions,
    kept: Callable[[], AbstractContextManager[tuple[CountingOutlet, Sink]]],
) -> None:
    """Scrape, and end the process with the exit code where that isn't 0.

    Raises
    ------
    GroundswellError
        A feed failed, and there is no next round; what came before counts.
    """
    with Interruption() as interruption, Meter(0, time.monotonic, options.what) as meter, kept() as (outlet, sink):
        done = _rounds(settings, feeds, outlet, sink, options, interruption.check, meter)
    if done.is_stopped:
        _say_how_to_go_on()
        sys.exit(interruption.exit_code)
    if done.errors:
        _say_how_to_go_on()
        raise next(iter(done.errors.values()))


def _rounds(
    settings: Settings,
    feeds: Callable[[], Sequence[Feed]],
    outlet: CountingOutlet,
    sink: Sink,
    options: ScrapeOptions,
    check_stop: Callable[[], None],
    meter: Meter,
) -> Round:
    def on_turn() -> None:
        sink.serve()
        if meter.is_due():
            meter.show(outlet.counts, 0)

    while True:
        begun = time.monotonic()
        try:
            done = scrape_round(settings.scrape, feeds(), outlet, options.limit, check_stop, on_turn)
        except (SettingsError, InputError, KafkaUnavailable, FencedError):
            raise
        except GroundswellError as error:
            done = Round(errors={"all": error})
        _print_round(done, outlet, options)
        if options.every_seconds is None or done.is_stopped:
            return done
        for source, failure in done.errors.items():
            click.echo(f"{source}: {failure}", err=True)
        if not wait_until(begun + options.every_seconds, check_stop):
            done.is_stopped = True
            return done


def _print_round(done: Round, outlet: CountingOutlet, options: ScrapeOptions) -> None:
    counts = outlet.counts
    if options.as_json:
        click.echo(
            json.dumps(
                {
                    **counts.as_dict(),
                    "adds_up": counts.adds_up(),
                    "feeds": {**{s: e.value for s, e in done.ends.items()},
                              **{s: f"failed: {e.message}" for s, e in done.errors.items()}},
                    "stopped": done.is_stopped,
                },
                ensure_ascii=False,
            )
        )  # fmt: skip
        return
    table = Table(title="Scrape", title_justify="left")
    table.add_column("feed", overflow="fold")
    table.add_column("ended by", overflow="fold")
    for source, end in done.ends.items():
        table.add_row(source, end.value)
    for source, failure in done.errors.items():
        table.add_row(source, f"[red]{escape(failure.message)}[/red]")
    console = Console()
    console.print(table)
    said = f"{counts.sent:,} {options.what}" + (f", {counts.dead:,} dead-lettered" if counts.dead else "")
    console.print(said + ("; stopped" if done.is_stopped else ""), highlight=False)


def _say_how_to_go_on() -> None:
    command = shlex.join(["groundswell", *(a for a in sys.argv[1:] if a != "--restart")])
    click.echo(f"To go on at the last page that came: {command}", err=True)
