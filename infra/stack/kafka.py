"""The local Kafka: one KRaft node, broker and controller in one process."""

import base64
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from groundswell.adapters.kafka_security import jaas_line, java_security, librdkafka_security
from groundswell.errors import LocalStackError, SettingsError, UnavailableError
from groundswell.settings import KafkaSettings, Settings
from infra.jars.fetch import jars_folder
from infra.java import find_java
from infra.stack.addresses import Address, accepts_connections, parse_address
from infra.stack.ports import Port
from infra.stack.processes import run_to_end
from infra.stack.server import Launch, Server

HEAP_MB = 384
LOG4J = Path(__file__).with_name("kafka-log4j2.properties")
_FOREVER = 2**63 - 1
_WITH_LOGIN = "with login\n"


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


def broker_properties(data: Path, broker: Address, kafka: KafkaSettings) -> dict[str, str]:
    """Return the broker's configuration.

    Posts carry their own, often old, timestamps: none may be refused for its age or expire because of it.
    """
    controller = Address(broker.host, kafka.controller_port)
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"CLIENTS://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"CLIENTS://{broker}",
        "listener.security.protocol.map": f"CLIENTS:{kafka.security_protocol},CONTROLLER:{_controller(kafka)}",
        "inter.broker.listener.name": "CLIENTS",
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
        **_door(kafka),
    }


def _controller(kafka: KafkaSettings) -> str:
    return "SASL_PLAINTEXT" if kafka.has_login else "PLAINTEXT"


def _door(kafka: KafkaSettings) -> dict[str, str]:
    """Return the other end of what clients are set to: whoever they are set to log in as may do everything."""
    properties: dict[str, str] = {}
    security = java_security(kafka)
    if kafka.has_tls:
        if not kafka.broker_pem_file:
            raise SettingsError(
                f"kafka.security_protocol is {kafka.security_protocol}, and the local broker has no certificate",
                "name a PEM file with its key and certificates in kafka.broker_pem_file",
            )
        properties |= {"ssl.keystore.type": "PEM", "ssl.keystore.location": kafka.broker_pem_file}
        properties |= {name: value for name, value in security.items() if name.startswith("ssl.")}
    if kafka.has_login:
        mechanism = kafka.sasl_mechanism
        if mechanism == "PLAIN":
            raise SettingsError("the local broker knows no PLAIN login", "set kafka.sasl_mechanism to SCRAM-SHA-512")
        properties |= {
            "sasl.enabled.mechanisms": mechanism,
            "sasl.mechanism.inter.broker.protocol": mechanism,
            f"listener.name.clients.{mechanism.lower()}.sasl.jaas.config": jaas_line(kafka),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{kafka.user}",
            # SCRAM's logins are in the log that the controller has yet to read: there the broker logs in by PLAIN.
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.controller.plain.sasl.jaas.config": _controller_login(kafka),
        }
    return properties


def _controller_login(kafka: KafkaSettings) -> str:
    line = jaas_line(kafka.model_copy(update={"sasl_mechanism": "PLAIN"}))
    password = line.partition(" password=")[2]
    return f"{line.rstrip(';')} user_{kafka.user}={password}"


def _prepare(settings: Settings, data: Path, broker: Address) -> Launch:
    java = str(find_java().path)
    class_path = f"{jars_folder(settings, 'kafka')}/*"
    data.mkdir(parents=True, exist_ok=True)
    configuration = data / "server.properties"
    properties = broker_properties(data, broker, settings.kafka)
    _write_private(configuration, "".join(f"{k}={_escaped(v)}\n" for k, v in properties.items()))
    logging = f"-Dlog4j2.configurationFile={LOG4J.as_uri()}"
    java_command = [java, "-Xmx128m", "-XX:TieredStopAtLevel=1", logging, "-cp", class_path]
    _format(data, java_command, configuration, settings.kafka)
    return Launch(
        command=[
            java, "-Xms128m", f"-Xmx{HEAP_MB}m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true", logging, "-cp", class_path, "kafka.Kafka", str(configuration),
        ],
        folder=data,
    )  # fmt: skip


def _format(data: Path, java_command: list[str], configuration: Path, kafka: KafkaSettings) -> None:
    """Format the folder once; the mark is written last, so a folder without it never held a record."""
    mark = data / "formatted"
    if mark.exists():
        if kafka.has_login and _WITH_LOGIN not in mark.read_text(encoding="utf-8"):
            raise LocalStackError(
                f"the local Kafka in {data} was made without logins, and none can be added from outside",
                "remove that folder, or set GROUNDSWELL_HOME to another",
            )
        return
    shutil.rmtree(data / "log", ignore_errors=True)
    cluster_id = new_cluster_id()
    arguments = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config", str(configuration)]
    if kafka.has_login:
        password = kafka.password.get_secret_value()
        arguments += ["--add-scram", f"{kafka.sasl_mechanism}=[name={kafka.user},password={password}]"]
    # Java reads its command from a file: everybody on the machine can read a command line.
    command_file = data / "format.arguments"
    _write_private(command_file, "".join(f"{_argument(part)}\n" for part in (*java_command[1:], *arguments)))
    try:
        run_to_end([java_command[0], f"@{command_file}"], folder=data, environment={}, user=None)
    finally:
        command_file.unlink()
    mark.write_text(f"{cluster_id}\n" + (_WITH_LOGIN if kafka.has_login else ""), encoding="utf-8")


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text, encoding="utf-8")


def _escaped(value: str) -> str:
    """Return a value as a Java properties file wants it."""
    return value.replace("\\", "\\\\")


def _argument(text: str) -> str:
    """Return an argument as a Java argument file wants it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
        **librdkafka_security(settings.kafka),
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
