"""The project's own code for executors on other machines: one archive, made from what the driver runs."""

import atexit
import importlib.util
import shutil
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark import SparkContext

SHIPPED_PACKAGES = ("groundswell", "streaming", "batch")
"""What Spark's Python workers may import: rows go through functions of these."""

_ARCHIVE_NAME = "groundswell-code.zip"
_EARLIEST_TIME = (1980, 1, 1, 0, 0, 0)


def ship_code(context: "SparkContext") -> None:
    """Give the archive to a Spark application, whose Python workers find it on their path."""
    if any(path.endswith(f"/{_ARCHIVE_NAME}") for path in context.listFiles):
        return
    path_before = list(sys.path)
    context.addPyFile(str(_archive()))
    # The driver goes on with the modules that it was started with.
    sys.path[:] = path_before


@cache
def _archive() -> Path:
    """Return the archive, which stays for the process's life: executors that start later fetch it, too."""
    folder = Path(tempfile.mkdtemp(prefix="groundswell-code-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return write_archive(folder / _ARCHIVE_NAME)


def write_archive(path: Path) -> Path:
    """Write the Python files of `SHIPPED_PACKAGES` as they can be imported from; the same code gives the same bytes.

    Parameters
    ----------
    path : Path
        Of the archive.

    Returns
    -------
    Path
        The same.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in SHIPPED_PACKAGES:
            spec = importlib.util.find_spec(package)
            for root in map(Path, (spec and spec.submodule_search_locations) or ()):
                for source in sorted(root.rglob("*.py")):
                    entry = zipfile.ZipInfo(f"{package}/{source.relative_to(root).as_posix()}", _EARLIEST_TIME)
                    archive.writestr(entry, source.read_bytes(), zipfile.ZIP_DEFLATED)
    return path
