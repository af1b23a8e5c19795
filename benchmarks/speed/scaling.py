"""What a post costs, what many posts need: `python -m benchmarks.speed.scaling`; writes tables of docs/SCALING.md."""

import re
import time
from collections.abc import Mapping
from pathlib import Path

import click

from benchmarks.speed.machine import machine_line
from benchmarks.speed.scaling_costs import COSTS, Costs, load_costs, save_costs
from benchmarks.speed.scaling_measure import measure, measure_statistics
from benchmarks.speed.scaling_tables import (
    archive_table,
    assumption_table,
    cost_table,
    limit_table,
    live_table,
    size_table,
    statistics_table,
)
from benchmarks.speed.stream import DENSER
from benchmarks.speed.stream_data import stream_posts
from groundswell.errors import GroundswellError, InputError

DOCUMENT = Path("docs/SCALING.md")
_PACKAGES = ("pyspark", "confluent-kafka", "psycopg2-binary")


@click.command()
@click.option("--measure", "anew", is_flag=True, help="Measure the costs first, else the committed ones are used.")
@click.option("--posts", type=click.IntRange(2_000), default=100_000, show_default=True, help="Posts of the large run.")
@click.option("--small", type=click.IntRange(1_000), default=20_000, show_default=True, help="Posts of the small run.")
@click.option(
    "--keywords", type=click.IntRange(8_000), default=500_000, show_default=True, help="Keywords of the large history."
)
@click.option("--costs", type=click.Path(path_type=Path), default=COSTS, show_default=True, help="File of the costs.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=DOCUMENT, show_default=True, help="Document to write to."
)
def main(anew: bool, posts: int, small: int, keywords: int, costs: Path, out: Path) -> None:
    """Work out from the costs of a post what an archive and live feeds need."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    try:
        if anew:
            if small >= posts:
                raise InputError(f"--small {small} is not smaller than --posts {posts}", "leave more between them")
            machine = machine_line(_PACKAGES)
            one, other = (measure(stream_posts(size, say, denser=DENSER), say) for size in (small, posts))
            few, many = measure_statistics((keywords // 4, keywords), say)
            save_costs(costs, Costs(machine, one, other, few, many))
            say(f"wrote {costs}")
        tables = generated(load_costs(costs))
        out.write_text(with_tables(out.read_text(encoding="utf-8"), tables), encoding="utf-8")
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    for text in tables.values():
        click.echo(text)
    say(f"wrote the tables of {out}")


def generated(costs: Costs) -> dict[str, str]:
    """Return every generated part of the document by its mark."""
    small, large, few, many = costs.small, costs.large, costs.few, costs.many
    measured = (
        f"Time on the cores: {large.posts:,} posts of {large.post_bytes / large.posts:,.0f} bytes with"
        f" {large.keywords:,} keywords, less what {small.posts:,} posts take; the statistics, of {many.rows / 1e6:,.1f}"
        f" million rows of counts of {many.keywords:,} keywords, less those of {few.rows / 1e6:,.1f} million. Bytes and"
        f" rows: those of the {large.posts:,} posts. Measured by `make bench-scaling ARGS=--measure`."
        f" {costs.machine}.\n"
    )
    return {
        "costs": "\n".join([measured, cost_table(costs), statistics_table(costs), size_table(costs)]),
        "assumptions": assumption_table(),
        "archive": archive_table(costs),
        "live": live_table(costs),
        "limits": limit_table(costs),
    }


def with_tables(document: str, tables: Mapping[str, str]) -> str:
    """Return the document with each part between its marks; all that is written by hand stays.

    Raises
    ------
    InputError
        A mark is missing.
    """
    for name, text in tables.items():
        found = re.search(rf"<!-- {name} -->.*?<!-- /{name} -->", document, re.DOTALL)
        if found is None:
            raise InputError(f"the document has no place for {name}", f"write <!-- {name} --> and <!-- /{name} -->")
        before, after = document[: found.start()], document[found.end() :]
        document = f"{before}<!-- {name} -->\n{text.strip()}\n<!-- /{name} -->{after}"
    return document


if __name__ == "__main__":
    main()
