"""Spark's Python workers, made quick to begin a task."""

from zipimport import zipimporter


def remember_archives() -> None:
    """Keep this process from reading the lists of files of zip archives again and again.

    Before each task Spark has its Python worker forget what it knows of every path. Spark's own archives are among
    them, once for each of its packages, and to read their lists anew takes a quarter of a second (docs/decisions/0005).
    An archive doesn't change while a worker lives.
    """
    setattr(zipimporter, "invalidate_caches", _nothing)  # noqa: B010 - a method can't be assigned to


def _nothing(_: zipimporter) -> None:
    return None
