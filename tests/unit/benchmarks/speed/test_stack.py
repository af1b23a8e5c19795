"""A benchmark's stack shares nothing with another one but the jars."""

from pathlib import Path

from benchmarks.speed.__main__ import existing
from benchmarks.speed.document import SECTIONS
from benchmarks.speed.stack import own_environment


def test_home_and_every_port_are_its_own(tmp_path: Path) -> None:
    environment = own_environment(tmp_path / "home", tmp_path / "jars")

    ports = [
        value.rsplit(":", 1)[-1] for name, value in environment.items() if name.endswith(("SERVERS", "PORT", "URL"))
    ]
    assert environment["GROUNDSWELL_HOME"] == str(tmp_path / "home")
    assert environment["GROUNDSWELL_JARS_DIR"] == str(tmp_path / "jars")
    assert len(set(ports)) == 4


def test_all_benchmarks_run_in_the_documents_order() -> None:
    assert existing() == [name for name in SECTIONS if name in existing()]
    assert "replay" in existing()
