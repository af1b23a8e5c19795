"""The posts topic as a stream of records."""

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from groundswell.contracts.topics import POSTS
from groundswell.settings import Settings


def posts_stream(spark: SparkSession, settings: Settings, include_headers: bool = True) -> DataFrame:
    """Return the posts topic: committed records only, and an error where offsets were lost.

    Parameters
    ----------
    spark : SparkSession
    settings : Settings
    include_headers : bool
    """
    source = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka.bootstrap_servers)
        .option("subscribe", POSTS.name(settings.kafka.topic_prefix))
        .option("kafka.isolation.level", "read_committed")
        .option("startingOffsets", "earliest")
        .option("failOnDataLoss", "true")
        .option("includeHeaders", str(include_headers).lower())
        .option("maxOffsetsPerTrigger", settings.stream.max_records_per_trigger)
        .option("kafka.max.poll.records", "10000")
        .option("kafka.max.partition.fetch.bytes", str(4 * 1024 * 1024))
    )
    for name, value in java_options(settings.kafka.client_options).items():
        source = source.option(f"kafka.{name}", value)
    return source.load()


def java_options(client_options: Mapping[str, str]) -> dict[str, str]:
    """Return the security options of librdkafka in the names and form of the Java client that Spark uses.

    Options without a meaning there (tuning of librdkafka) are left out.

    >>> java_options({"security.protocol": "SASL_SSL", "ssl.ca.location": "/ca.pem", "linger.ms": "5"})
    {'security.protocol': 'SASL_SSL', 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': '/ca.pem'}
    """
    options: dict[str, str] = {}
    if protocol := client_options.get("security.protocol"):
        options["security.protocol"] = protocol
    if authority := client_options.get("ssl.ca.location"):
        options |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": authority}
    if mechanism := client_options.get("sasl.mechanism") or client_options.get("sasl.mechanisms"):
        kind = "scram.Scram" if mechanism.startswith("SCRAM") else "plain.Plain"
        user, password = (_quoted(client_options.get(f"sasl.{name}", "")) for name in ("username", "password"))
        module = f"org.apache.kafka.common.security.{kind}LoginModule"
        options |= {
            "sasl.mechanism": mechanism,
            "sasl.jaas.config": f"{module} required username={user} password={password};",
        }
    return options


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def since_time(records: DataFrame, since: datetime | None) -> DataFrame:
    """Leave out records with an earlier time stamp.

    The broker's own search for an offset by time is no use here: it also finds the commit markers of transactions,
    which carry the wall clock's time.
    """
    return records if since is None else records.where(F.col("timestamp") >= F.lit(since))
