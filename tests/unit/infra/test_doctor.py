"""The doctor names what is wrong and the way out, and shows no secret."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from groundswell.settings import KafkaSettings, PostgresSettings, Settings
from infra import doctor
from infra.doctor import Finding, describe_settings, examine, grade_space, has_failed
from infra.stack.ports import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path / "home",
        kafka=KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}", controller_port=free_port()),
        postgres=PostgresSettings(port=free_port(), password=SecretStr("opensesame")),
    )


@pytest.mark.parametrize(("free_gb", "grade"), [(9.0, "ok"), (5.0, "ok"), (2.0, "warn"), (0.2, "fail")])
def test_space_is_graded(free_gb: float, grade: str) -> None:
    assert grade_space("disk", free_gb, needed_gb=1.5, wanted_gb=5.0).grade == grade


def test_little_space_comes_with_a_way_out() -> None:
    assert "GROUNDSWELL_HOME" in grade_space("disk", 0.1, needed_gb=1.5, wanted_gb=5.0).way_out


def test_no_secret_is_shown(settings: Settings) -> None:
    shown = dict(describe_settings(settings))

    assert set(shown["postgres.password"]) == {"*"}
    assert "opensesame" not in str(shown)
    assert shown["postgres.port"] == str(settings.postgres.port)


def test_options_show_names_only() -> None:
    settings = Settings(kafka=KafkaSettings(client_options={"sasl.password": "opensesame"}))

    assert dict(describe_settings(settings))["kafka.client_options"] == "sasl.password"


def test_everything_on_the_list_is_looked_at(settings: Settings) -> None:
    subjects = [finding.subject for finding in examine(settings)]

    assert subjects[:7] == ["python", "java", "make", "browser", "disk", "memory", "home"]
    assert {"jars of kafka", "jars of spark", f"port {settings.postgres.port}", "Kafka", "S3", "Postgres"} <= {
        *subjects
    }


def test_a_stopped_stack_and_missing_jars_are_no_failure(settings: Settings) -> None:
    findings = {finding.subject: finding for finding in examine(settings)}

    assert (findings["Kafka"].grade, findings["Kafka"].way_out) == ("warn", "groundswell up")
    assert findings["jars of kafka"].grade == "warn"
    assert "groundswell jars" in findings["jars of kafka"].way_out


def test_a_damaged_jar_is_a_failure_that_names_it(settings: Settings) -> None:
    jar = doctor.incomplete_jars(settings, "spark")[0]
    path = settings.jars_root / "spark" / jar.file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half")

    finding = next(finding for finding in examine(settings) if finding.subject == "jars of spark")

    assert finding.grade == "fail"
    assert str(path) in finding.way_out


def test_warnings_alone_are_no_failure() -> None:
    warning = Finding("warn", "make", "not found")

    assert not has_failed([warning])
    assert has_failed([warning, Finding("fail", "java", "none")])
