"""Each server's own log: kept short, and its end shown when something goes wrong."""

from pathlib import Path

TAIL_LINES = 15
ROTATE_BYTES = 10_000_000


def open_log(path: Path) -> int:
    """Make room for a server's log and return where its next line will stand; an overlong one becomes `<name>.1`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return 0
    size_bytes = path.stat().st_size
    if size_bytes <= ROTATE_BYTES:
        return size_bytes
    path.replace(path.with_name(path.name + ".1"))
    return 0


def log_tail(path: Path, lines: int = TAIL_LINES, offset: int = 0) -> str:
    """Return the last lines of a log written after `offset`."""
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, 2)
            file.seek(max(offset, size_bytes - 64_000))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
