"""How to log in to Kafka, in the names that its three clients have for it."""

from typing import Any

from groundswell.settings import KafkaSettings

JAAS_VARIABLE = "GROUNDSWELL_KAFKA_JAAS"
"""Environment variable in which a Spark session's processes find what Java logs in by."""


_IN_KAFKA_PYTHON = {
    "security.protocol": "security_protocol",
    "ssl.ca.location": "ssl_cafile",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.username": "sasl_plain_username",
    "sasl.password": "sasl_plain_password",
}


def librdkafka_security(kafka: KafkaSettings) -> dict[str, str]:
    """Return the options of confluent-kafka.

    >>> librdkafka_security(KafkaSettings())
    {'security.protocol': 'PLAINTEXT'}
    """
    options: dict[str, str] = {"security.protocol": kafka.security_protocol}
    if kafka.has_tls and kafka.ca_file:
        options["ssl.ca.location"] = kafka.ca_file
    if kafka.has_login:
        options |= {
            "sasl.mechanism": kafka.sasl_mechanism,
            "sasl.username": kafka.user,
            "sasl.password": kafka.password.get_secret_value(),
        }
    return options


def admin_security(kafka: KafkaSettings) -> dict[str, Any]:
    """Return the options of kafka-python.

    >>> admin_security(KafkaSettings())
    {'security_protocol': 'PLAINTEXT'}
    """
    return {_IN_KAFKA_PYTHON[name]: value for name, value in librdkafka_security(kafka).items()}


def java_security(kafka: KafkaSettings) -> dict[str, str]:
    """Return the options of the Java client, which the broker reads, too.

    >>> java_security(KafkaSettings(security_protocol="SSL", ca_file="/ca.pem"))
    {'security.protocol': 'SSL', 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': '/ca.pem'}
    """
    options: dict[str, str] = {"security.protocol": kafka.security_protocol}
    if kafka.has_tls and kafka.ca_file:
        options |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": kafka.ca_file}
    if kafka.has_login:
        options |= {"sasl.mechanism": kafka.sasl_mechanism, "sasl.jaas.config": jaas_line(kafka)}
    return options


def spark_security(kafka: KafkaSettings) -> dict[str, str]:
    """Return the options of the Java client as Spark gets them: plans show options, so the login is named only.

    >>> spark_security(KafkaSettings(security_protocol="SASL_PLAINTEXT"))["sasl.jaas.config"]
    '${env:GROUNDSWELL_KAFKA_JAAS}'
    """
    options = java_security(kafka)
    if kafka.has_login:
        options |= {
            "sasl.jaas.config": f"${{env:{JAAS_VARIABLE}}}",
            "config.providers": "env",
            "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        }
    return options


def jaas_line(kafka: KafkaSettings) -> str:
    """Return what Java logs in by."""
    kind = "scram.Scram" if kafka.sasl_mechanism.startswith("SCRAM") else "plain.Plain"
    user, password = _quoted(kafka.user), _quoted(kafka.password.get_secret_value())
    module = f"org.apache.kafka.common.security.{kind}LoginModule"
    return f"{module} required username={user} password={password};"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
