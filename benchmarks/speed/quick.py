"""A guard against getting slower: `python -m benchmarks.speed.quick`; fails where a ratio left its noise band.

Ratios of two contestants within one run hardly depend on the machine; rates do. So only ratios are compared with those
of the committed baseline, which `--write` makes anew.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import click

from benchmarks.detection.tables import markdown_table
from benchmarks.speed import replay, stream
from benchmarks.speed.children import Say
from benchmarks.speed.machine import machine_line
from benchmarks.speed.replay_contestants import BARE
from benchmarks.speed.replay_contestants import SHIPPED as REPLAY
from benchmarks.speed.stream_contestants import ALERTS, BOTH, PYTHON
from groundswell.errors import GroundswellError

BASELINE = Path("docs/performance/quick.json")
BAND = 0.25
"""A ratio may be so much of itself below the baseline's: single rounds of one run differ by up to a sixth."""

_REPLAY_POSTS, _STREAM_POSTS = 40_000, 60_000
_REPEATS = 2
_PACKAGES = ("confluent-kafka", "pyspark", "pyarrow", "msgspec")


@click.command()
@click.option("--write", is_flag=True, help="Make the baseline anew instead of comparing with it.")
@click.option("--baseline", type=click.Path(path_type=Path), default=BASELINE, show_default=True)
def main(write: bool, baseline: Path) -> None:
    """Compare what was shipped with what people would use instead, quickly."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:5.0f} s] {what}", err=True)

    machine = machine_line(_PACKAGES)
    try:
        found = measure(say)
    except GroundswellError as error:
        raise click.ClickException(str(error)) from error
    if write:
        baseline.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": machine, "ratios": found}, indent=2) + "\n"
        baseline.write_text(text, encoding="utf-8")
        say(f"wrote {baseline}")
        return
    if not baseline.exists():
        raise click.ClickException(f"there is no {baseline}: make it on a calm machine by --write, and commit it")
    before: dict[str, float] = json.loads(baseline.read_text(encoding="utf-8"))["ratios"]
    click.echo(table(before, found))
    slower = too_slow(before, found)
    if slower:
        raise click.ClickException(f"slower than the baseline by more than {BAND:.0%}: {', '.join(slower)}")


def measure(say: Say) -> dict[str, float]:
    """Return the ratios of this machine, now."""
    sent = replay.measure(_REPLAY_POSTS, _REPEATS, (REPLAY, BARE), say, with_memory=False)
    read = stream.measure(_STREAM_POSTS, _REPEATS, (ALERTS, BOTH, PYTHON), False, say)
    return {
        f"{REPLAY} : {BARE}": round(sent.ratio(REPLAY, BARE).median, 3),
        f"{ALERTS} : {PYTHON}": round(read.ratio(ALERTS, PYTHON).median, 3),
        f"{BOTH} : {ALERTS}": round(read.ratio(BOTH, ALERTS).median, 3),
    }


def too_slow(before: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """Return the names of the ratios that fell out of their band.

    >>> too_slow({"a : b": 1.0, "c : d": 1.0}, {"a : b": 0.8, "c : d": 0.7})
    ['c : d']
    """
    return [name for name, ratio in before.items() if now.get(name, 0.0) < ratio * (1 - BAND)]


def table(before: Mapping[str, float], now: Mapping[str, float]) -> str:
    """Return the ratios beside the baseline's."""
    slower = too_slow(before, now)
    rows = [
        [name, f"{ratio:.2f}", f"{now.get(name, 0.0):.2f}", "**slower**" if name in slower else "yes"]
        for name, ratio in before.items()
    ]
    return markdown_table(["ratio", "baseline", "now", f"within {BAND:.0%}"], rows)


if __name__ == "__main__":
    main()
