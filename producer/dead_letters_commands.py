"""`groundswell deadletters`: lines that were no posts, looked at and tried again."""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click
from confluent_kafka import Consumer, KafkaException
from rich.console import Console
from rich.table import Table

from groundswell.adapters.kafka import KafkaUnavailable, ensure_topics, read_committed_consumer
from groundswell.errors import InputError
from groundswell.settings import Settings, load_settings
from producer.dead_letters import WAITING, DeadLetter, Fate, read_dead_letters, read_fates, state_of
from producer.interruption import Interruption
from producer.options import Clock
from producer.requeue import Wanted, requeue

_HEAD_BYTES = 60

_reason = click.option("--reason", "reasons", multiple=True, help="Only those refused for this reason.")
_source = click.option("--source", "sources", multiple=True, help="Only those of this file.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")


@click.group()
def deadletters() -> None:
    """Look at lines that were no posts, and try them again.

    Nothing that was read vanishes: a line without an id, say, is on the dead-letter topic with its bytes, the reason
    and where it came from.

    \b
    groundswell deadletters list
    groundswell deadletters show 0:17 --raw
    groundswell deadletters requeue --reason no_creation_time
    """


@dataclass
class _Group:
    """Dead letters of one reason and state."""

    count: int = 0
    original_bytes: int = 0
    newest_ms: int = 0
    sources: frozenset[str] = frozenset()

    def add(self, letter: DeadLetter) -> None:
        self.count += 1
        self.original_bytes += letter.original_bytes
        self.newest_ms = max(self.newest_ms, letter.written_at_ms)
        self.sources |= {letter.source}


@deadletters.command("list")
@_reason
@_source
@click.option("--each", is_flag=True, help="A row for each instead of one for each reason.")
@click.option("--rows", default=50, show_default=True, type=click.IntRange(1), help="With --each: the newest so many.")
@_json
def list_(reasons: tuple[str, ...], sources: tuple[str, ...], each: bool, rows: int, as_json: bool) -> None:
    """Count dead letters by reason, and by what became of them: waiting, requeued or parked."""
    with _reader() as (settings, consumer):
        fates = read_fates(consumer, settings)
        letters = (
            letter
            for letter in read_dead_letters(consumer, settings)
            if _fits(letter.reason, reasons) and _fits(letter.source, sources)
        )
        if each:
            newest = list(letters)[-rows:]
            _print([_letter_row(letter, fates) for letter in newest], as_json, "no dead letters")
            return
        groups: dict[tuple[str, str], _Group] = defaultdict(_Group)
        for letter in letters:
            groups[letter.reason, state_of(letter, fates)].add(letter)
    _print([_group_row(*key, group) for key, group in sorted(groups.items())], as_json, "no dead letters")


@deadletters.command()
@click.argument("places", nargs=-1, required=True, metavar="PARTITION:OFFSET...")
@click.option("--raw", is_flag=True, help="Print the original bytes and nothing else, a line each.")
def show(places: tuple[str, ...], raw: bool) -> None:
    """Show dead letters whole: where they came from, why they were refused, and their bytes."""
    with _reader() as (settings, consumer):
        fates = read_fates(consumer, settings)
        found = {letter.place: letter for letter in read_dead_letters(consumer, settings) if letter.place in places}
    missing = [place for place in places if place not in found]
    if missing:
        raise InputError(
            f"no dead letter is at {', '.join(missing)}", "`groundswell deadletters list --each` names them"
        )
    for place in places:
        letter = found[place]
        if raw:
            sys.stdout.buffer.write(letter.value + b"\n")
        else:
            _show(letter, fates.get(place))


@deadletters.command("requeue")
@click.argument("places", nargs=-1, metavar="[PARTITION:OFFSET...]")
@_reason
@_source
@click.option("--all", "everything", is_flag=True, help="All that are waiting.")
@click.option("--parked", is_flag=True, help="Those too that were tried before and refused again.")
@click.option(
    "--clock",
    type=click.Choice([clock.value for clock in Clock]),
    default=Clock.EVENT.value,
    show_default=True,
    help="time_stamp of what is sent: the post's creation time, or now.",
)
@_json
def requeue_(
    places: tuple[str, ...],
    reasons: tuple[str, ...],
    sources: tuple[str, ...],
    everything: bool,
    parked: bool,
    clock: str,
    as_json: bool,
) -> None:
    """Check dead letters again and send those that are posts now.

    It helps where the check has changed, or a creation time is no longer in the future. What is refused again is
    parked: it isn't tried any more unless --parked is given. Each dead letter is sent once, however often this is run.

    A post that is stamped with a time long ago comes too late for the stream; run `groundswell batch parse-lake` for
    its day again to have it in the tables.
    """
    if not (places or reasons or sources or everything):
        raise InputError("nothing says which dead letters are meant", "name some, give --reason or --source, or --all")
    settings = load_settings()
    ensure_topics(settings)
    with Interruption() as interruption:
        tried = requeue(settings, Wanted(places, reasons, sources, parked), Clock(clock), interruption.check)
    if as_json:
        click.echo(json.dumps({"requeued": tried.requeued, "parked": tried.parked}))
    else:
        why = "".join(f", {count:,} {reason}" for reason, count in sorted(tried.parked.items()))
        click.echo(f"{tried.requeued:,} sent as posts, {sum(tried.parked.values()):,} parked{why}")
    if interruption.signal_number is not None:
        sys.exit(interruption.exit_code)


@contextmanager
def _reader() -> Iterator[tuple[Settings, Consumer]]:
    settings = load_settings()
    ensure_topics(settings)
    consumer = read_committed_consumer(settings, None, fetch_wait_max_ms=20)
    try:
        yield settings, consumer
    except KafkaException as error:
        raise KafkaUnavailable(settings, error.args[0].str()) from error
    finally:
        consumer.close()


def _fits(value: str, wanted: Collection[str]) -> bool:
    return not wanted or value in wanted


def _group_row(reason: str, state: str, group: _Group) -> dict[str, Any]:
    return {
        "reason": reason,
        "state": state,
        "count": group.count,
        "original_bytes": group.original_bytes,
        "sources": len(group.sources),
        "newest": _time(group.newest_ms),
    }


def _letter_row(letter: DeadLetter, fates: dict[str, Fate]) -> dict[str, Any]:
    return {
        "place": letter.place,
        "reason": letter.reason,
        "state": state_of(letter, fates),
        "source": letter.source,
        "line_number": letter.line_number,
        "original_bytes": letter.original_bytes,
        "written": _time(letter.written_at_ms),
        "begins": letter.value[:_HEAD_BYTES].decode("utf-8", "backslashreplace"),
    }


def _show(letter: DeadLetter, fate: Fate | None) -> None:
    told = {
        "place": letter.place,
        "reason": f"{letter.reason}: {letter.detail}",
        "from": f"{letter.source}, line {letter.line_number:,}",
        "written": _time(letter.written_at_ms),
        "bytes": f"{letter.original_bytes:,}" + ("" if letter.is_whole else f", the first {len(letter.value):,} kept"),
        "state": WAITING if fate is None else f"{fate.state} {fate.reason}: {fate.detail}".rstrip(": "),
    }
    for name, value in told.items():
        click.echo(f"{name:<8} {value}")
    click.echo(letter.value.decode("utf-8", "backslashreplace"))


def _print(rows: list[dict[str, Any]], as_json: bool, nothing: str) -> None:
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    if not rows:
        click.echo(nothing)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, value in rows[0].items():
        table.add_column(name.replace("_", " "), justify="right" if isinstance(value, int) else "left")
    shown: Callable[[Any], str] = lambda value: f"{value:,}" if isinstance(value, int) else value  # noqa: E731
    for row in rows:
        table.add_row(*map(shown, row.values()))
    Console(highlight=False, markup=False).print(table)


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="seconds")
