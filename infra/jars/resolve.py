"""Resolve each set's wanted coordinates into its lock: `python -m infra.jars.resolve`, part of `make lock`."""

import hashlib
import logging
import re
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jgo.maven import MavenContext
from jgo.parse import Coordinate

from infra.jars.locks import JAR_SETS, LOCKS_DIR, LockedJar, format_lock

_log = logging.getLogger(__name__)


def resolve_set(name: str, repository_cache: Path) -> tuple[LockedJar, ...]:
    """Resolve one set, download its jars into `repository_cache` and return what to lock."""
    wanted = tomllib.loads((LOCKS_DIR / f"{name}.toml").read_text(encoding="utf-8"))
    context = MavenContext(repo_cache=repository_cache, timeout=60)
    excluded = [context.project(*text.split(":")) for text in wanted.get("exclusions", [])]
    dependencies = [
        context.create_dependency(Coordinate.parse(text), exclusions=excluded) for text in wanted["coordinates"]
    ]
    direct, transitive = context.resolver.resolve(dependencies)
    provided = _artifacts_of_pyspark() if wanted.get("provided_by_pyspark") else set()
    needed = [*direct, *(d for d in transitive if d.artifactId not in provided)]
    alone = [_artifact(context, coordinate) for coordinate in wanted.get("alone", [])]
    artifacts = [*(dependency.artifact for dependency in needed), *alone]
    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(lambda artifact: Path(artifact.resolve()), artifacts))
    return tuple(
        LockedJar(f"{a.groupId}:{a.artifactId}:{a.version}", path.stat().st_size, _sha256(path))
        for a, path in zip(artifacts, paths, strict=True)
    )


def _artifact(context: MavenContext, coordinate: str) -> Any:
    """Return one artifact without what it depends on."""
    group, artifact, version = coordinate.split(":")
    return context.project(group, artifact).at_version(version).artifact()


def _artifacts_of_pyspark() -> set[str]:
    import pyspark

    names = (Path(pyspark.__file__).parent / "jars").glob("*.jar")
    return {re.sub(r"-\d[^-]*(-[a-zA-Z0-9]+)?$", "", path.stem) for path in names}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Write the lock of every set named on the command line, or of all of them."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with tempfile.TemporaryDirectory() as cache:
        for name in sys.argv[1:] or JAR_SETS:
            _log.info("resolving the jars of %s", name)
            jars = resolve_set(name, Path(cache))
            (LOCKS_DIR / f"{name}.lock").write_text(format_lock(jars), encoding="utf-8")
            _log.info("%s: %d jars, %.0f MB", name, len(jars), sum(jar.size_bytes for jar in jars) / 1e6)


if __name__ == "__main__":
    main()
