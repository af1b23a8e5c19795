"""A jar in its place is a whole jar, whatever happened while it was fetched."""

import hashlib
from pathlib import Path

import pytest

from groundswell.errors import LocalStackError
from groundswell.settings import Settings
from infra.jars import fetch
from infra.jars.fetch import ensure_jars, incomplete_jars
from infra.jars.locks import LockedJar

CONTENTS = {"one-1.jar": b"first jar", "two-2.jar": b"second jar"}
LOCKED = tuple(
    LockedJar(f"g:{name[:3]}:{name[4]}", len(content), hashlib.sha256(content).hexdigest())
    for name, content in CONTENTS.items()
)


class Repository:
    """Hands out the jars; the first answers may be spoiled."""

    def __init__(self, *spoiled: bytes | Exception) -> None:
        self.spoiled = list(spoiled)
        self.asked: list[str] = []

    def __call__(self, jar: LockedJar, scratch: Path) -> Path:
        self.asked.append(jar.file_name)
        content: bytes | Exception = self.spoiled.pop(0) if self.spoiled else CONTENTS[jar.file_name]
        if isinstance(content, Exception):
            raise content
        scratch.mkdir(parents=True, exist_ok=True)
        path = scratch / jar.file_name
        path.write_bytes(content)
        return path


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(fetch, "read_lock", lambda name: LOCKED)
    monkeypatch.setattr(fetch, "PARALLEL_DOWNLOADS", 1)
    return Settings(home=tmp_path)


def in_place(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (settings.jars_root / "kafka").iterdir()}


def test_missing_jars_are_fetched_once(settings: Settings) -> None:
    repository = Repository()

    assert ensure_jars(settings, ["kafka"], download=repository) == 2
    assert ensure_jars(settings, ["kafka"], download=repository) == 0
    assert in_place(settings) == CONTENTS
    assert sorted(repository.asked) == sorted(CONTENTS)


def test_a_half_downloaded_jar_is_fetched_again(settings: Settings) -> None:
    ensure_jars(settings, ["kafka"], download=Repository())
    (settings.jars_root / "kafka" / "one-1.jar").write_bytes(b"firs")
    repository = Repository()

    ensure_jars(settings, ["kafka"], download=repository)

    assert repository.asked == ["one-1.jar"]
    assert in_place(settings) == CONTENTS


def test_a_jar_of_the_right_size_with_other_bytes_shows_in_a_thorough_look(settings: Settings) -> None:
    ensure_jars(settings, ["kafka"], download=Repository())
    (settings.jars_root / "kafka" / "one-1.jar").write_bytes(b"FIRST JAR")

    assert [jar.file_name for jar in incomplete_jars(settings, "kafka", thorough=True)] == ["one-1.jar"]


def test_spoiled_downloads_are_tried_again(settings: Settings) -> None:
    ensure_jars(settings, ["kafka"], download=Repository(b"cut", ConnectionError("reset")))

    assert in_place(settings) == CONTENTS


def test_what_never_comes_whole_is_named_and_never_put_in_place(settings: Settings) -> None:
    with pytest.raises(LocalStackError, match=r"two-2\.jar.*checksum"):
        ensure_jars(settings, ["kafka"], download=Repository(*[b"other bytes"] * fetch.ATTEMPTS))

    assert "two-2.jar" not in {path.name for path in settings.jars_root.rglob("*.jar")}


def test_the_scratch_of_a_killed_download_is_removed(settings: Settings) -> None:
    leftover = settings.jars_root / ".partial-dead"
    leftover.mkdir(parents=True)

    ensure_jars(settings, ["kafka"], download=Repository())

    assert not list(settings.jars_root.glob(".partial-*"))


def test_jars_of_an_older_lock_leave_the_class_path(settings: Settings) -> None:
    old = settings.jars_root / "kafka" / "one-0.9.jar"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")

    ensure_jars(settings, ["kafka"], download=Repository())

    assert not old.exists()


def test_progress_is_told(settings: Settings) -> None:
    said: list[str] = []

    ensure_jars(settings, ["kafka"], said.append, download=Repository())

    assert "fetching 2 jars" in said[0]
    assert "100%" in said[-1]
