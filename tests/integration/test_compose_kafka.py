"""The brokers of docker-compose.yml without Docker: the same configuration, of one node, started from the same jars."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from confluent_kafka import KafkaException
from pydantic import SecretStr

from groundswell.adapters.kafka import ensure_topics, partitions_of, read_committed_consumer, transactional_producer
from groundswell.contracts.topics import ALERTS, POSTS
from groundswell.errors import UnavailableError
from groundswell.settings import KafkaSettings, Settings
from infra.airflow_environment import PROJECT
from infra.jars.fetch import jars_folder
from infra.java import find_java
from infra.stack.addresses import accepts_connections, parse_address
from infra.stack.kafka import new_cluster_id
from infra.stack.ports import free_port
from infra.topic_rights import give_topic_rights


def compose_properties(folder: Path, ports: dict[str, int]) -> dict[str, str]:
    """Return the properties that the image makes of the environment of kafka-1, on this machine and alone."""
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
    environment = compose["services"]["kafka-1"]["environment"]
    properties = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): re.sub(r"\$\{(\w+):\?[^}]*\}", r"\1", str(value))
        for name, value in environment.items()
        if name.startswith("KAFKA_")
    }
    own = {name: "1" for name in properties if name.endswith(("replication.factor", "min.isr", "insync.replicas"))}
    listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    return (
        properties
        | own
        | {
            "listeners": listeners,
            "advertised.listeners": ",".join(one for one in listeners.split(",") if "CONTROLLER" not in one),
            "controller.quorum.voters": f"1@127.0.0.1:{ports['CONTROLLER']}",
            "log.dirs": str(folder / "log"),
            "log.cleaner.dedupe.buffer.size": "16777216",
        }
    )


@pytest.fixture(scope="module")
def settings(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """How the owner reaches the broker."""
    folder = tmp_path_factory.mktemp("compose-kafka")
    ports = {name: free_port() for name in ("INTERNAL", "CONTROLLER", "HOST")}
    properties = folder / "server.properties"
    lines = [f"{name}={value}\n" for name, value in compose_properties(folder, ports).items()]
    properties.write_text("".join(lines), encoding="utf-8")
    java = [str(find_java().path), "-Xmx384m", "-cp", f"{jars_folder(stack, 'kafka')}/*"]
    formatting = ["kafka.tools.StorageTool", "format", "--cluster-id", new_cluster_id(), "--config", str(properties)]
    subprocess.run([*java, *formatting], check=True, capture_output=True)
    log = (folder / "broker.log").open("wb")
    with subprocess.Popen([*java, "kafka.Kafka", str(properties)], stdout=log, stderr=log) as broker:
        try:
            kafka = KafkaSettings(
                bootstrap_servers=f"127.0.0.1:{ports['HOST']}",
                security_protocol="SASL_PLAINTEXT",
                sasl_mechanism="PLAIN",
                password=SecretStr("KAFKA_PASSWORD"),
            )
            yield stack.model_copy(update={"kafka": kafka})
        finally:
            broker.terminate()
    log.close()


def as_part(settings: Settings, name: str) -> Settings:
    password = SecretStr(f"KAFKA_{name.upper()}_PASSWORD")
    kafka = settings.kafka.model_copy(update={"user": f"groundswell_{name}", "password": password})
    return settings.model_copy(update={"kafka": kafka})


@pytest.fixture(scope="module")
def migrated(settings: Settings) -> Settings:
    address = parse_address(settings.kafka.bootstrap_servers)
    deadline = time.monotonic() + 60
    while not accepts_connections(address):
        assert time.monotonic() < deadline, "the broker did not start"
        time.sleep(0.2)
    ensure_topics(settings)
    give_topic_rights(settings)
    return settings


def test_the_producer_writes_posts_and_no_alerts(migrated: Settings) -> None:
    producing = transactional_producer(as_part(migrated, "producer"), f"{migrated.kafka.topic_prefix}test")
    producing.begin_transaction()
    producing.produce(POSTS.name(migrated.kafka.topic_prefix), b"{}")
    producing.commit_transaction(30)
    producing.begin_transaction()
    producing.produce(ALERTS.name(migrated.kafka.topic_prefix), b"{}")
    with pytest.raises(KafkaException):
        producing.commit_transaction(30)


def test_the_reader_sees_the_topics_and_a_stranger_sees_nothing(migrated: Settings) -> None:
    reading = as_part(migrated, "reader")
    consumer = read_committed_consumer(reading, None)
    assert partitions_of(consumer, reading, ALERTS.name(migrated.kafka.topic_prefix)) == [0]
    consumer.close()
    with pytest.raises(UnavailableError):
        ensure_topics(as_part(migrated, "stranger"))
