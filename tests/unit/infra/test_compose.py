"""docker-compose.yml, as far as it can be checked without Docker: against the Compose schema and the project."""

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from groundswell.settings import Settings, load_settings
from infra.airflow_environment import PROJECT

ENV_EXAMPLE = PROJECT / ".env.example"
SECRET_NAME = re.compile(r"PASSWORD|SECRET|FERNET|TOKEN|ACCESS_KEY|ROOT_USER", re.IGNORECASE)
VARIABLE = re.compile(r"\$\{(\w+)(:\?[^}]+)?\}")


@pytest.fixture(scope="module")
def text() -> str:
    return (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def validate(compose: dict[str, Any]) -> None:
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(compose)


def test_it_agrees_with_the_compose_schema(compose: dict[str, Any]) -> None:
    validate(compose)


def test_the_schema_refuses_what_compose_does_not_know(compose: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate({**compose, "services": {"x": {"image": "y:1", "depend_on": ["z"]}}})


def test_all_parts_of_the_pipeline_are_there(services: dict[str, dict[str, Any]]) -> None:
    assert {
        *("kafka-1", "kafka-2", "kafka-3", "minio", "postgres", "migrate"),
        *("spark-master", "spark-worker-1", "spark-worker-2", "raw-to-lake", "keyword-alerts"),
        *("airflow-migrate", "airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"),
    } <= services.keys()


def test_a_service_waits_only_for_what_can_be_waited_for(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        for target, how in service.get("depends_on", {}).items():
            assert target in services, f"{name} waits for {target}, which is no service"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[target], f"{name} waits for the health of {target}, which has no check"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services[target].get("restart", "no") == "no", f"{target} would never complete"


def test_nothing_waits_for_itself(services: dict[str, dict[str, Any]]) -> None:
    def waits_for(name: str, path: tuple[str, ...] = ()) -> None:
        assert name not in path, " -> ".join([*path, name])
        for target in services[name].get("depends_on", {}):
            waits_for(target, (*path, name))

    for name in services:
        waits_for(name)


def test_every_server_has_a_health_check_and_comes_back_after_a_crash(services: dict[str, dict[str, Any]]) -> None:
    one_shot = {"migrate", "airflow-migrate", "groundswell"}
    for name in services.keys() - one_shot:
        assert "healthcheck" in services[name], name
        assert services[name]["restart"] == "unless-stopped", name


def test_foreign_images_are_pinned_and_our_own_are_built_from_the_dockerfile(
    services: dict[str, dict[str, Any]],
) -> None:
    stages = re.findall(r"^FROM \S+ AS (\w+)$", (PROJECT / "infra/docker/Dockerfile").read_text(), re.MULTILINE)
    for name, service in services.items():
        repository, _, tag = service["image"].partition(":")
        if "build" in service:
            assert (PROJECT / service["build"]["dockerfile"]).is_file()
            assert service["build"]["target"] in stages, name
        else:
            assert re.search(r"\d+\.\d+|\d{4}-\d{2}-\d{2}", tag), f"{name}: {repository} is not pinned"


def test_no_secret_stands_in_the_file(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if SECRET_NAME.search(variable):
                assert VARIABLE.fullmatch(str(value)), f"{name}: {variable} is written out"


def test_a_missing_secret_is_named_and_every_one_is_in_the_example_without_a_value(text: str) -> None:
    used = VARIABLE.findall(text)
    assert used
    assert all(message for _, message in used), "a variable without ${NAME:?message} would be empty without a word"
    example = dict(re.findall(r"^(\w+)=(.*)$", ENV_EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name for name, _ in used} == example.keys()
    assert not any(example.values())


def test_the_filled_in_example_is_never_committed() -> None:
    assert ".env" in (PROJECT / ".gitignore").read_text().splitlines()


def test_ports_are_open_to_this_machine_only_and_none_twice(services: dict[str, dict[str, Any]]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports)
    published = [port.rsplit(":", 1)[0] for port in ports]
    assert len(set(published)) == len(published)


def test_every_named_volume_is_declared_and_used(compose: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    mounted = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert {source for source in mounted if not source.startswith(".")} == compose["volumes"].keys()
    # Docker makes ./data for the command line; the others are the project's own files
    assert all((PROJECT / source).is_file() for source in mounted if source.startswith(".") and source != "./data")


def test_kafka_keeps_three_copies_and_goes_on_with_two(services: dict[str, dict[str, Any]]) -> None:
    brokers = [services[f"kafka-{number}"]["environment"] for number in (1, 2, 3)]
    voters = ",".join(f"{number}@kafka-{number}:9093" for number in (1, 2, 3))
    for number, environment in enumerate(brokers, 1):
        assert environment["KAFKA_NODE_ID"] == number
        assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
        assert environment["KAFKA_CONTROLLER_QUORUM_VOTERS"] == voters
        assert f"INTERNAL://kafka-{number}:9092" in environment["KAFKA_ADVERTISED_LISTENERS"]
        for topics in ("DEFAULT", "OFFSETS_TOPIC", "TRANSACTION_STATE_LOG"):
            assert environment[f"KAFKA_{topics}_REPLICATION_FACTOR"] == 3
        assert environment["KAFKA_MIN_INSYNC_REPLICAS"] == 2
        assert environment["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"] == 2
    assert len({environment["CLUSTER_ID"] for environment in brokers}) == 1


def with_environment(monkeypatch: pytest.MonkeyPatch, environment: dict[str, Any]) -> Settings:
    monkeypatch.setenv("GROUNDSWELL_CONF", "")
    for name, value in environment.items():
        if name.startswith("GROUNDSWELL_"):
            monkeypatch.setenv(name, VARIABLE.sub("filled-in", str(value)))
    return load_settings()


def known_variables() -> set[str]:
    """Return the environment variable of every setting, groups and their members."""
    names: set[str] = set()
    for group, info in Settings.model_fields.items():
        members = getattr(info.annotation, "model_fields", {})
        names |= {f"GROUNDSWELL_{group}__{member}".upper() for member in members} or {f"GROUNDSWELL_{group}".upper()}
    return names


def test_every_groundswell_variable_is_a_setting_and_can_be_read(
    services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, service in services.items():
        environment = service.get("environment", {})
        given = {variable for variable in environment if variable.startswith("GROUNDSWELL_")}
        assert given <= known_variables(), name
        if given:
            with monkeypatch.context() as patch:
                settings = with_environment(patch, environment)
            assert settings.kafka.bootstrap_servers == "kafka-1:9092,kafka-2:9092,kafka-3:9092"
            assert settings.kafka.replication_factor == 3
            assert settings.lake.endpoint_url == "http://minio:9000"
            assert (settings.postgres.host, settings.postgres.port) == ("postgres", 5432)
            assert settings.lake.secret_key.get_secret_value() == "filled-in"


@pytest.mark.parametrize("service", ["raw-to-lake", "keyword-alerts"])
def test_a_streaming_query_runs_on_the_cluster_and_its_workers_can_call_it_back(
    services: dict[str, dict[str, Any]], service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_environment(monkeypatch, services[service]["environment"])
    spark = settings.spark
    assert services[service]["command"] == ["groundswell", "stream", "--only", service.replace("-", "_")]
    assert spark.master == "spark://spark-master:7077"
    assert (spark.driver_host, spark.driver_bind_address) == (service, "0.0.0.0")
    assert settings.checkpoint_root == f"s3a://{settings.lake.bucket}/checkpoints", "every worker must reach it"


def test_both_streaming_queries_fit_on_the_workers(
    services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sparks = [
        with_environment(monkeypatch, services[name]["environment"]).spark for name in ("raw-to-lake", "keyword-alerts")
    ]
    command = services["spark-worker-1"]["command"]
    cores = 2 * int(command[command.index("--cores") + 1])
    assert sum(spark.executor_count * spark.executor_cores for spark in sparks) <= cores


def test_commands_of_ours_exist(services: dict[str, dict[str, Any]]) -> None:
    from groundswell.cli import COMMANDS

    ours = [service["command"] for service in services.values() if service.get("command", [""])[0] == "groundswell"]
    assert ours
    assert {command[1] for command in ours} <= COMMANDS.keys()


def test_the_image_gets_every_file_that_its_dockerfile_copies() -> None:
    dockerfile = (PROJECT / "infra/docker/Dockerfile").read_text(encoding="utf-8")
    allowed = {
        line[1:] for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"
    }
    copied = {
        source
        for line in re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE)
        for source in [part for part in line.split() if not part.startswith("--")][:-1]
    }
    assert {Path(source).parts[0] for source in copied} == allowed
    assert all((PROJECT / source).exists() for source in copied), copied
