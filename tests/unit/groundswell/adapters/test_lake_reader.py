"""The lake without Spark: what PyIceberg is told, and what is said where it can't be used."""

import builtins
from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr

from groundswell.adapters.lake_reader import catalog_properties, read_day
from groundswell.errors import UnavailableError
from groundswell.settings import LakeSettings, PostgresSettings, Settings


def test_passwords_with_odd_characters_reach_the_catalog() -> None:
    postgres = PostgresSettings(password=SecretStr("p@ss/word"), port=5433)
    properties = catalog_properties(Settings(postgres=postgres, lake=LakeSettings(endpoint_url="http://s3:9000")))
    assert (
        properties["uri"] == "postgresql+psycopg2://groundswell:p%40ss%2Fword@127.0.0.1:5433/groundswell?sslmode=prefer"
    )
    assert properties["s3.endpoint"] == "http://s3:9000"


def test_the_way_out_is_named_where_pyiceberg_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("pyiceberg"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnavailableError) as caught:
        read_day(Settings(), date(2026, 6, 1))
    assert "groundswell[query]" in str(caught.value.way_out)
