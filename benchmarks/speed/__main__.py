"""All speed benchmarks that there are, one after the other: `python -m benchmarks.speed`."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import click

from benchmarks.speed.document import SECTIONS


def existing() -> list[str]:
    """Return the names of the sections that have a benchmark.

    >>> "replay" in existing()
    True
    """
    return [name for name in SECTIONS if importlib.util.find_spec(f"benchmarks.speed.{name}")]


@click.command()
@click.option("--posts", type=click.IntRange(5_000), help="Posts that each makes, instead of a number of its own.")
@click.option("--out", type=click.Path(path_type=Path), help="Document to write to, instead of docs/PERFORMANCE.md.")
def main(posts: int | None, out: Path | None) -> None:
    """Run all, each in a process of its own; what else can be set is set at each by itself."""
    given = {"--posts": posts, "--out": out}
    arguments = [text for name, value in given.items() if value is not None for text in (name, str(value))]
    for name in existing():
        code = subprocess.run([sys.executable, "-m", f"benchmarks.speed.{name}", *arguments], check=False).returncode
        if code:
            sys.exit(code)


if __name__ == "__main__":
    main()
