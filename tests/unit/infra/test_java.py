"""Java is found through JAVA_HOME or PATH; none, a broken and an old one are told apart."""

from pathlib import Path

import pytest

from groundswell.errors import LocalStackError
from infra.java import find_java, parse_java_version


def java_in(folder: Path, says: str, exit_code: int = 0) -> Path:
    executable = folder / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {exit_code}\n")
    executable.chmod(0o755)
    return executable


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_392"', 8),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "23-ea" 2024-09-17', 23),
        ("Unable to locate a Java Runtime.", None),
    ],
)
def test_the_version_is_read(text: str, version: int | None) -> None:
    assert parse_java_version(text) == version


def test_java_home_goes_before_path(tmp_path: Path) -> None:
    wanted = java_in(tmp_path / "home", 'version "21.0.1"')
    other = java_in(tmp_path / "path", 'version "17.0.1"')

    found = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(other.parent)})

    assert (found.path, found.version) == (wanted, 21)


def test_path_is_searched_without_java_home(tmp_path: Path) -> None:
    executable = java_in(tmp_path, 'version "17.0.1"')

    assert find_java({"PATH": str(executable.parent)}).path == executable


@pytest.mark.parametrize("name", ["JAVA_HOME", "PATH"])
def test_no_java_is_told_with_a_way_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(LocalStackError, match=f"no Java found through {name}") as caught:
        find_java({"PATH": str(tmp_path), name: str(tmp_path)})
    assert "install" in caught.value.way_out


def test_an_old_java_is_named_with_its_version(tmp_path: Path) -> None:
    java_in(tmp_path, 'version "11.0.2"')

    with pytest.raises(LocalStackError, match="is Java 11, 17 or newer"):
        find_java({"JAVA_HOME": str(tmp_path)})


def test_a_java_that_says_nothing_is_named(tmp_path: Path) -> None:
    java_in(tmp_path, "no runtime", exit_code=1)

    with pytest.raises(LocalStackError, match="doesn't say its version"):
        find_java({"JAVA_HOME": str(tmp_path)})
