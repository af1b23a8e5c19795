"""Every set of jars is locked: what is wanted is there, with a checksum, and no word of where it comes from."""

import re
import tomllib
from pathlib import Path

import pytest

from groundswell.errors import LocalStackError
from infra.jars.locks import JAR_SETS, LOCKS_DIR, LockedJar, format_lock, read_lock


@pytest.mark.parametrize("name", JAR_SETS)
def test_the_lock_has_every_wanted_jar(name: str) -> None:
    wanted = tomllib.loads((LOCKS_DIR / f"{name}.toml").read_text())["coordinates"]
    locked = {jar.coordinate for jar in read_lock(name)}

    assert {coordinate.rstrip("!") for coordinate in wanted} <= locked


@pytest.mark.parametrize("name", JAR_SETS)
def test_every_locked_jar_can_be_checked(name: str) -> None:
    jars = read_lock(name)

    assert jars
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and jar.size_bytes > 0 for jar in jars)
    assert len({jar.file_name for jar in jars}) == len(jars)


@pytest.mark.parametrize("name", JAR_SETS)
def test_locks_name_no_host(name: str) -> None:
    assert "://" not in (LOCKS_DIR / f"{name}.lock").read_text()


def test_spark_is_given_nothing_that_pyspark_ships() -> None:
    artifacts = {jar.coordinate.split(":")[1] for jar in read_lock("spark")}

    assert not artifacts & {"scala-library", "spark-tags_2.13", "hadoop-client-api", "slf4j-api", "snappy-java"}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    jars = (LockedJar("g:a:1", 3, "ab"), LockedJar("g:b:2.0", 4, "cd"))
    (tmp_path / "some.lock").write_text(format_lock(jars))

    assert read_lock("some", tmp_path) == jars


@pytest.mark.parametrize("text", ["", "[[jar]]\ncoordinate = 'g:a:1'", "no toml"])
def test_a_spoiled_lock_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "some.lock").write_text(text)

    with pytest.raises(LocalStackError, match=r"some\.lock"):
        read_lock("some", tmp_path)
