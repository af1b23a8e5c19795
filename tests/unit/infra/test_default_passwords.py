"""A server that others can reach gets no password from the source."""

import pytest
from pydantic import SecretStr

from groundswell.errors import SettingsError
from groundswell.settings import KafkaSettings, PostgresSettings
from infra.default_passwords import refuse_default_passwords


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_on_this_machine_the_defaults_do(host: str) -> None:
    refuse_default_passwords(PostgresSettings(), "postgres", host)


def test_elsewhere_each_one_is_named_and_none_is_told() -> None:
    with pytest.raises(SettingsError) as refused:
        refuse_default_passwords(PostgresSettings(password=SecretStr("own")), "postgres", "db.example")
    told = str(refused.value)
    assert "GROUNDSWELL_POSTGRES__INGEST_PASSWORD" in told
    assert "GROUNDSWELL_POSTGRES__PASSWORD" not in told
    assert "groundswell-ingest" not in told


def test_with_passwords_of_its_own_it_is_made() -> None:
    own = {name: SecretStr("own") for name in KafkaSettings.model_fields if name.endswith("password")}
    refuse_default_passwords(KafkaSettings.model_validate(own), "kafka", "kafka.example")
