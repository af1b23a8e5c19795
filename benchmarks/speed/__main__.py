"""All speed benchmarks that there are, one after the other: `python -m benchmarks.speed`; arguments go to each."""

import importlib.util
import subprocess
import sys

from benchmarks.speed.document import SECTIONS


def existing() -> list[str]:
    """Return the names of the sections that have a benchmark.

    >>> "replay" in existing()
    True
    """
    return [name for name in SECTIONS if importlib.util.find_spec(f"benchmarks.speed.{name}")]


def main() -> int:
    """Run them; each is a process of its own, so that none inherits another's memory."""
    for name in existing():
        code = subprocess.run([sys.executable, "-m", f"benchmarks.speed.{name}", *sys.argv[1:]], check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
