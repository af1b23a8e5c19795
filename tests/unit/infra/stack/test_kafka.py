"""The local broker keeps old posts, refuses topics nobody declared, and lives with one node."""

from pathlib import Path
from uuid import UUID

import pytest

from groundswell.contracts.topics import POSTS
from groundswell.errors import SettingsError
from groundswell.settings import KafkaSettings, Settings
from infra.stack.addresses import Address
from infra.stack.kafka import broker_properties, kafka_server, new_cluster_id

PROPERTIES = broker_properties(Path("/data"), Address("127.0.0.1", 19092), KafkaSettings())


def test_a_post_of_any_age_is_taken_and_kept() -> None:
    assert PROPERTIES["log.retention.ms"] == "-1"
    for option in ("log.message.timestamp.before.max.ms", "log.message.timestamp.after.max.ms"):
        assert int(PROPERTIES[option]) == 2**63 - 1


def test_broker_and_contract_agree_on_the_largest_record() -> None:
    assert PROPERTIES["message.max.bytes"] == POSTS.config["max.message.bytes"]


def test_a_mistyped_topic_is_not_made() -> None:
    assert PROPERTIES["auto.create.topics.enable"] == "false"


def test_nothing_asks_for_a_second_replica() -> None:
    replicas = {name: value for name, value in PROPERTIES.items() if "replication.factor" in name or "min.isr" in name}

    assert len(replicas) >= 3
    assert set(replicas.values()) == {"1"}


def test_both_listeners_stay_on_the_loopback() -> None:
    assert PROPERTIES["listeners"] == "CLIENTS://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093"


def test_brokers_elsewhere_are_not_ours() -> None:
    elsewhere = Settings(kafka=KafkaSettings(bootstrap_servers="10.0.0.7:9092,10.0.0.8:9092"))

    assert not kafka_server(elsewhere).is_local
    assert kafka_server(Settings()).is_local


def test_no_cluster_id_is_taken_for_an_option() -> None:
    draws = iter([UUID(int=62 << 122), UUID(int=(62 << 122) + 1), UUID(int=1)])

    assert new_cluster_id(lambda: next(draws)) == "AAAAAAAAAAAAAAAAAAAAAQ"


def test_a_broker_with_logins_lets_only_its_owner_do_everything() -> None:
    kafka = KafkaSettings(security_protocol="SASL_SSL", broker_pem_file="/server.pem", ca_file="/ca.pem", user="owner")
    properties = broker_properties(Path("/data"), Address("127.0.0.1", 19092), kafka)

    assert properties["listener.security.protocol.map"] == "CLIENTS:SASL_SSL,CONTROLLER:SASL_PLAINTEXT"
    assert properties["super.users"] == "User:owner"
    assert "authorizer.class.name" in properties
    assert properties["listener.name.controller.plain.sasl.jaas.config"].endswith(
        'username="owner" password="groundswell-local" user_owner="groundswell-local";'
    )
    assert properties["ssl.truststore.location"] == "/ca.pem"


def test_tls_needs_a_certificate() -> None:
    with pytest.raises(SettingsError, match="broker_pem_file"):
        broker_properties(Path("/data"), Address("127.0.0.1", 19092), KafkaSettings(security_protocol="SSL"))
