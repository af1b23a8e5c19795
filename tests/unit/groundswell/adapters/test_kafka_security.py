"""Three clients, one set of settings: what each is told to log in by."""

from pydantic import SecretStr

from groundswell.adapters.kafka_security import admin_security, java_security, librdkafka_security, spark_security
from groundswell.settings import KafkaSettings

WITH_LOGIN = KafkaSettings(
    security_protocol="SASL_SSL", ca_file="/ca.pem", user="g", password=SecretStr('a"b\\c'), sasl_mechanism="PLAIN"
)


def test_java_logs_in_by_a_jaas_line_with_its_quotes_escaped() -> None:
    options = java_security(WITH_LOGIN)
    assert options["sasl.mechanism"] == "PLAIN"
    assert options["sasl.jaas.config"] == (
        'org.apache.kafka.common.security.plain.PlainLoginModule required username="g" password="a\\"b\\\\c";'
    )


def test_scram_has_a_module_of_its_own() -> None:
    options = java_security(KafkaSettings(security_protocol="SASL_PLAINTEXT"))
    assert "scram.ScramLoginModule" in options["sasl.jaas.config"]
    assert "ssl.truststore.location" not in options


def test_all_three_are_told_the_same() -> None:
    assert librdkafka_security(WITH_LOGIN) == {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": "/ca.pem",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "g",
        "sasl.password": 'a"b\\c',
    }
    assert list(admin_security(WITH_LOGIN).values()) == list(librdkafka_security(WITH_LOGIN).values())


def test_without_a_login_nobody_is_told_a_password() -> None:
    for security in (librdkafka_security, admin_security, java_security):
        assert list(security(KafkaSettings()).values()) == ["PLAINTEXT"]


def test_spark_is_told_where_the_login_is_and_not_what_it_is() -> None:
    options = spark_security(WITH_LOGIN)
    assert options.keys() >= {"sasl.jaas.config", "config.providers", "ssl.truststore.location"}
    assert "password" not in str(options)
