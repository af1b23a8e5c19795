"""conf/: the file that is read by default says what the defaults are, and the cluster's example can be read."""

import os
import re
from pathlib import Path

import pytest

from groundswell.settings import Settings, load_settings
from infra.airflow_environment import PROJECT


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("GROUNDSWELL_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read(path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GROUNDSWELL_CONF", str(path))
    return load_settings()


def uncommented(text: str) -> str:
    return re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)


def test_the_file_read_by_default_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(PROJECT / "conf/groundswell.toml", monkeypatch) == Settings()


def test_what_is_commented_out_in_it_are_the_defaults_of_every_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    defaults = Settings()
    text = uncommented((PROJECT / "conf/groundswell.toml").read_text(encoding="utf-8"))
    (tmp_path / "all.toml").write_text(text, encoding="utf-8")
    settings = read(tmp_path / "all.toml", monkeypatch)
    for group in Settings.model_fields:
        assert group in settings.model_fields_set, f"conf/groundswell.toml lacks {group}"
        assert getattr(settings, group) == getattr(defaults, group), f"conf/groundswell.toml: {group} is out of date"
        value = getattr(settings, group)
        members = getattr(type(value), "model_fields", {})
        assert members.keys() == getattr(value, "model_fields_set", set()), group


def test_the_clusters_example_can_be_read_and_holds_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    path = PROJECT / "conf/cluster.example.toml"
    settings = read(path, monkeypatch)
    assert (settings.spark.executor_count, settings.spark.executor_cores) == (4, 4)
    assert settings.checkpoint_root == f"s3a://{settings.lake.bucket}/checkpoints"
    assert settings.kafka.replication_factor == 3
    assert not re.search(r"^\s*(password|\w+_password|secret_key)\s*=", path.read_text(encoding="utf-8"), re.MULTILINE)
