"""Java is told to trust the lake's authority, and nothing is told where there is none."""

from pathlib import Path

import pytest
import trustme

from groundswell.adapters.java_trust import trust_options
from groundswell.errors import SettingsError
from groundswell.settings import LakeSettings, Settings


def settings_with(home: Path, ca_file: Path | str) -> Settings:
    return Settings(home=home, lake=LakeSettings(ca_file=str(ca_file)))


def test_without_a_file_java_is_left_as_it_is(tmp_path: Path) -> None:
    assert trust_options(settings_with(tmp_path, "")) == {}


def test_driver_and_executors_get_a_store(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    options = trust_options(settings_with(tmp_path, authority))
    store = Path(options["spark.files"])
    assert store.stat().st_size > 0
    assert str(store) in options["spark.driver.defaultJavaOptions"]
    # Executors have it in the folder that they work in.
    assert f"trustStore={store.name} " in options["spark.executor.defaultJavaOptions"]
    assert [path.name for path in store.parent.iterdir()] == [store.name]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_without_certificates_is_named(tmp_path: Path, content: str | None) -> None:
    authority = tmp_path / "ca.pem"
    if content is not None:
        authority.write_text(content)
    with pytest.raises(SettingsError, match=r"lake\.ca_file"):
        trust_options(settings_with(tmp_path, authority))
