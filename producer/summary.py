"""What a replay did, for people and for machines."""

from typing import Any

from rich.console import Console
from rich.table import Table

from producer.counts import Counts
from producer.replay import Outcome


def print_summary(outcome: Outcome, dry_run: bool, console: Console) -> None:
    """Print the table of counts, and the rates of this run."""
    title = "Dry run: nothing was sent" if dry_run else "Replay"
    earlier = outcome.counts.read != outcome.this_run.read
    table = Table(title=title, title_justify="left")
    table.add_column("lines")
    table.add_column("this run", justify="right")
    if earlier:
        table.add_column("with earlier runs", justify="right")
    for name, count, total in _rows(outcome.this_run, outcome.counts):
        table.add_row(name, f"{count:,}", *([f"{total:,}"] if earlier else []))
    console.print(table)
    rates = _rates(outcome)
    console.print(
        f"{rates['seconds']:,.1f} s, {rates['posts_per_second']:,.0f} posts/s, "
        f"{rates['megabytes_per_second']:,.1f} MB/s; {outcome.end.value}",
        highlight=False,
    )


def summary_json(outcome: Outcome, dry_run: bool) -> dict[str, Any]:
    """Return the summary for machines; counts at the top are those of all runs over these sources."""
    return {
        "state": "incomplete" if outcome.broken else outcome.end.value,
        "dry_run": dry_run,
        **_counts_json(outcome.counts),
        "adds_up": outcome.counts.adds_up(),
        "this_run": _counts_json(outcome.this_run),
        **_rates(outcome),
        "sources": [
            {
                "name": cursor.source.name,
                "path": cursor.source.absolute_path,
                "finished": cursor.finished,
                "line_number": cursor.line_number,
                "pass_number": cursor.pass_number,
                **_counts_json(cursor.counts),
            }
            for cursor in outcome.cursors
        ],
    }


def _rows(counts: Counts, total: Counts) -> list[tuple[str, int, int]]:
    reasons = sorted(total.dead_lettered)
    return [
        ("read", counts.read, total.read),
        ("blank", counts.blank, total.blank),
        ("sent", counts.sent, total.sent),
        ("  of them out of order", counts.out_of_order, total.out_of_order),
        ("outside --from/--until", counts.outside, total.outside),
        ("dead-lettered", counts.dead, total.dead),
        *((f"  {reason}", counts.dead_lettered.get(reason, 0), total.dead_lettered[reason]) for reason in reasons),
    ]


def _counts_json(counts: Counts) -> dict[str, Any]:
    return {**counts.as_dict(), "dead_lettered": counts.dead, "dead_letter_reasons": dict(counts.dead_lettered)}


def _rates(outcome: Outcome) -> dict[str, float]:
    seconds = max(outcome.seconds, 1e-6)
    return {
        "seconds": round(outcome.seconds, 3),
        "posts_per_second": round(outcome.this_run.sent / seconds, 1),
        "megabytes_per_second": round(outcome.this_run.bytes_read / seconds / 1e6, 2),
    }
