"""The local Kafka: one KRaft node, broker and controller in one process."""

import base64
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from groundswell.errors import UnavailableError
from groundswell.settings import Settings
from infra.jars.fetch import jars_folder
from infra.java import find_java
from infra.stack.addresses import Address, accepts_connections, parse_address
from infra.stack.ports import Port
from infra.stack.processes import run_to_end
from infra.stack.server import Launch, Server

HEAP_MB = 384
LOG4J = Path(__file__).with_name("kafka-log4j2.properties")
_FOREVER = 2**63 - 1


def kafka_server(settings: Settings) -> Server:
    """Describe the local broker."""
    addresses = [parse_address(text) for text in settings.kafka.bootstrap_servers.split(",")]
    data = settings.absolute_home / "data" / "kafka"
    ports = [Port(address, "GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS", "{host}:{port}") for address in addresses]
    if ports[0].address.is_loopback:
        controller = Address(addresses[0].host, settings.kafka.controller_port)
        ports.append(Port(controller, "GROUNDSWELL_KAFKA__CONTROLLER_PORT", "{port}"))
    return Server(
        name="Kafka",
        ports=tuple(ports),
        run_dir=settings.absolute_home / "run",
        logs_dir=settings.absolute_home / "logs",
        prepare=lambda: _prepare(settings, data, addresses[0]),
        probe=lambda: _probe(settings, addresses[0]),
        jar_set="kafka",
        stop_deadline_seconds=30.0,
    )


def broker_properties(data: Path, broker: Address, controller_port: int) -> dict[str, str]:
    """Return the broker's configuration.

    Posts carry their own, often old, timestamps: none may be refused for its age or expire because of it.
    """
    controller = Address(broker.host, controller_port)
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data / "log"),
        "auto.create.topics.enable": "false",
        "message.max.bytes": "2097152",
        "log.retention.ms": "-1",
        "log.message.timestamp.before.max.ms": str(_FOREVER),
        "log.message.timestamp.after.max.ms": str(_FOREVER),
        "offsets.topic.num.partitions": "8",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # 128 MB by default, a third of the heap.
        "log.cleaner.dedupe.buffer.size": "16777216",
        "num.io.threads": "4",
        "num.network.threads": "2",
    }


def _prepare(settings: Settings, data: Path, broker: Address) -> Launch:
    java = str(find_java().path)
    class_path = f"{jars_folder(settings, 'kafka')}/*"
    data.mkdir(parents=True, exist_ok=True)
    configuration = data / "server.properties"
    properties = broker_properties(data, broker, settings.kafka.controller_port)
    configuration.write_text("".join(f"{k}={v}\n" for k, v in properties.items()), encoding="utf-8")
    logging = f"-Dlog4j2.configurationFile={LOG4J.as_uri()}"
    _format(data, [java, "-Xmx128m", "-XX:TieredStopAtLevel=1", logging, "-cp", class_path], configuration)
    return Launch(
        command=[
            java, "-Xms128m", f"-Xmx{HEAP_MB}m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true", logging, "-cp", class_path, "kafka.Kafka", str(configuration),
        ],
        folder=data,
    )  # fmt: skip


def _format(data: Path, java_command: list[str], configuration: Path) -> None:
    """Format the folder once; the mark is written last, so a folder without it never held a record."""
    mark = data / "formatted"
    if mark.exists():
        return
    shutil.rmtree(data / "log", ignore_errors=True)
    cluster_id = new_cluster_id()
    arguments = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config", str(configuration)]
    run_to_end([*java_command, *arguments], folder=data, environment={}, user=None)
    mark.write_text(cluster_id + "\n", encoding="utf-8")


def _probe(settings: Settings, broker: Address) -> None:
    # librdkafka retries and prints for a while when nobody listens.
    if not accepts_connections(broker):
        raise UnavailableError(f"nothing listens at {broker}")
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    configuration: dict[str, Any] = {
        "bootstrap.servers": settings.kafka.bootstrap_servers,
        "socket.timeout.ms": 3000,
        "log_level": 0,
        "error_cb": lambda _: None,
        **settings.kafka.client_options,
    }
    try:
        metadata = AdminClient(configuration).list_topics(timeout=4)
    except KafkaException as error:
        raise UnavailableError(f"Kafka at {broker} doesn't answer a metadata request: {error}") from error
    if not metadata.brokers:
        raise UnavailableError(f"Kafka at {broker} has no broker yet")


def new_cluster_id(random_uuid: Callable[[], uuid.UUID] = uuid.uuid4) -> str:
    """Return an id of 22 characters; like Kafka's own none that begins with a dash, which would be taken for an option.

    Parameters
    ----------
    random_uuid : callable
        Draws another one each time.
    """
    while (found := base64.urlsafe_b64encode(random_uuid().bytes).rstrip(b"=").decode()).startswith("-"):
        continue
    return found
