"""Typed, frozen settings, read once at each entry point.

Values come, strongest first, from environment variables (`GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS`), from the TOML file
named by `GROUNDSWELL_CONF` (default `conf/groundswell.toml`, if there), and from the defaults below, which are those of
the local stack.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from groundswell.errors import SettingsError

DEFAULT_CONF = "conf/groundswell.toml"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(_Group):
    """Where the broker is and how to log in; on a loopback address `groundswell up` starts one there."""

    bootstrap_servers: str = "127.0.0.1:19092"
    controller_port: int = Field(19093, description="KRaft controller of the local broker only")
    replication_factor: int = Field(1, ge=1)
    partitions: int = Field(4, ge=1, description="partitions of the posts topic when it is first made")
    retention_gigabytes: float = Field(
        8, gt=0, description="that each partition of the posts topic keeps, when it is first made; older posts go first"
    )
    topic_prefix: str = Field("groundswell.", description="put before every topic's name")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ca_file: str = Field("", description="PEM of who signed the brokers' certificates; empty: who the system trusts")
    sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    user: str = Field("groundswell", description="who logs in where security_protocol is SASL_*")
    password: SecretStr = SecretStr("groundswell-local")
    producer_user: str = Field(
        "groundswell_producer", description="for what writes posts: set `user` to it where it runs"
    )
    producer_password: SecretStr = SecretStr("groundswell-producer")
    ingest_user: str = Field("groundswell_ingest", description="for the stream: set `user` to it where it runs")
    ingest_password: SecretStr = SecretStr("groundswell-ingest")
    reader_user: str = Field("groundswell_reader", description="for who reads alerts and watches")
    reader_password: SecretStr = SecretStr("groundswell-reader")
    broker_pem_file: str = Field("", description="PEM of the local broker's key (PKCS 8) and certificates, for TLS")
    client_options: dict[str, str] = Field(default_factory=dict, description="further librdkafka options")

    @property
    def has_login(self) -> bool:
        """Whether clients log in.

        >>> KafkaSettings(security_protocol="SASL_SSL").has_login, KafkaSettings(security_protocol="SSL").has_login
        (True, False)
        """
        return self.security_protocol.startswith("SASL")

    @property
    def has_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol.endswith("SSL")


class LakeSettings(_Group):
    """The S3 endpoint and the Iceberg warehouse on it; the catalog is in Postgres."""

    endpoint_url: str = "http://127.0.0.1:19000"
    ca_file: str = Field("", description="PEM of who signed an https endpoint's certificate; empty: the system's")
    region: str = "us-east-1"
    access_key: str = "groundswell"
    secret_key: SecretStr = SecretStr("groundswell-local")
    bucket: str = "groundswell-lake"
    catalog: str = "lake"
    namespace: str = "raw"

    @property
    def warehouse(self) -> str:
        """URI of the Iceberg warehouse."""
        return f"s3://{self.bucket}/warehouse"


class PostgresSettings(_Group):
    """The serving database: its owner, roles for the stream and the nightly jobs, and a read-only one for people."""

    host: str = "127.0.0.1"
    port: int = 15432
    database: str = "groundswell"
    ssl_mode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    ca_file: str = Field("", description="PEM of who signed the server's certificate, for verify-ca and verify-full")
    user: str = "groundswell"
    password: SecretStr = SecretStr("groundswell-local")
    reader_user: str = "groundswell_reader"
    reader_password: SecretStr = SecretStr("groundswell-reader")
    ingest_user: str = Field("groundswell_ingest", description="role for the stream: set `user` to it where it runs")
    ingest_password: SecretStr = SecretStr("groundswell-ingest")
    batch_user: str = Field(
        "groundswell_batch", description="role for the nightly jobs: set `user` to it where they run"
    )
    batch_password: SecretStr = SecretStr("groundswell-batch")
    collect_user: str = Field(
        "groundswell_collect", description="role for what collects profiles and comments: set `user` to it there"
    )
    collect_password: SecretStr = SecretStr("groundswell-collect")
    db_schema: str = Field("public", description="schema that holds the project's tables")

    @property
    def jdbc_url(self) -> str:
        """JDBC URL without credentials."""
        return f"jdbc:postgresql://{self.host}:{self.port}/{self.database}?{urlencode(self.tls_options)}"

    @property
    def tls_options(self) -> dict[str, str]:
        """Options of a connection, in the names that libpq and the JDBC driver share.

        >>> PostgresSettings(ssl_mode="verify-full", ca_file="/ca.pem").tls_options
        {'sslmode': 'verify-full', 'sslrootcert': '/ca.pem'}
        """
        return {"sslmode": self.ssl_mode} | ({"sslrootcert": self.ca_file} if self.ca_file else {})


class SparkSettings(_Group):
    """How a Spark session is made, on this machine or on a cluster."""

    master: str = Field("local[2]", description="local[cores], spark://host:port, k8s://https://host:port or yarn")
    driver_memory: str = "1200m"
    driver_host: str = Field("", description="name by which executors reach the driver; empty: what Spark finds")
    driver_bind_address: str = Field("", description="address the driver listens on; empty: that of driver_host")
    executor_count: int = Field(2, ge=1, description="of each command; not used on a local master, as the next ones")
    executor_cores: int = Field(1, ge=1)
    executor_memory: str = "1g"
    executor_python: str = Field("", description="Python of the executors; empty: the path of the driver's")
    shuffle_partitions: int = Field(4, ge=1)
    options: dict[str, str] = Field(default_factory=dict, description="further spark.* options, the strongest of all")

    @property
    def is_local(self) -> bool:
        """Whether executors are threads of the driver's own process.

        >>> SparkSettings(master="local[2]").is_local, SparkSettings(master="spark://host:7077").is_local
        (True, False)
        """
        return self.master.startswith("local") and not self.master.startswith("local-cluster")


class StreamSettings(_Group):
    """The two streaming queries."""

    checkpoint_dir: str = Field("", description="empty: under home; or an s3a:// or hdfs:// URI")
    trigger_seconds: float = Field(2.0, gt=0)
    state_partitions: int = Field(
        2, ge=1, description="parts of the remembered post ids; fixed for as long as the checkpoint lives"
    )
    max_records_per_trigger: int = Field(200_000, ge=1, description="per query and micro-batch")
    lateness_minutes: int = Field(15, ge=1, description="how late a post may be and still be counted in its bucket")
    deduplication_hours: int = Field(
        36, ge=1, description="how long a post id is remembered by the stream; by then the night has parsed its day"
    )
    live_counts_hours: int = Field(48, ge=2, description="how long live counts are kept in Postgres")
    evidence_hours: int = Field(7, ge=1, description="how long the newest posts are kept for the alerts' evidence")


class DetectionSettings(_Group):
    """One configuration for every keyword; scores are normalised so that above 1 is anomalous."""

    watchlist_z: float = Field(2.6, gt=0, description="z at which a watch-listed keyword, or the platform, scores 1")
    false_discovery_rate: float = Field(0.1, gt=0, lt=1, description="share of discovery's alerts that may be false")
    minimum_posts: int = Field(8, ge=1, description="posts in the trailing hour below which discovery stays quiet")
    minimum_lift: float = Field(3.0, ge=1, description="observed / expected below which discovery stays quiet")
    maximum_document_frequency: float = Field(
        0.2, gt=0, le=1, description="share of all posts above which a keyword says nothing"
    )
    platform_change: float = Field(1.3, gt=1, description="factor by which the platform must change for its alert")
    history_weeks: int = Field(8, ge=1)


class TextSettings(_Group):
    """Text clean-up shared by stream and batch."""

    stopword_languages: tuple[str, ...] = ("en", "es", "pt", "fr", "de", "it", "id", "tr", "ru", "ar")
    minimum_posts_per_day: int = Field(2, ge=1, description="keywords with fewer posts in a day stay in the lake only")
    phrases_per_day: int = Field(100, ge=1, description="at most so many phrases are proposed for a day")
    phrase_minimum_authors: int = Field(5, ge=1, description="different authors, and texts, of a phrase to be proposed")


class MetricsSettings(_Group):
    """How the pipeline is watched."""

    port: int = Field(0, ge=0, le=65535, description="the stream's metrics as Prometheus text on this machine; 0: none")
    feed_silent_minutes: int = Field(60, ge=1, description="without a record for so long, the feed has stopped")
    statistics_hours: int = Field(26, ge=1, description="age from which on the keyword statistics are too old")


class ScrapeSettings(_Group):
    """How posts, profiles and comments are collected from TikTok."""

    sessions: int = Field(1, ge=1, le=20, description="pages of the browser that take turns")
    ms_tokens: tuple[SecretStr, ...] = Field((), description="values of TikTok's cookie msToken, one per session")
    proxies: tuple[SecretStr, ...] = Field((), description="http://user:password@host:port, each session takes one")
    browser_path: str = Field("", description="Chromium; empty: the one that is installed")
    browser_options: tuple[str, ...] = Field((), description="further command-line options of Chromium")
    headless: bool = True
    pace_seconds: float = Field(2.0, ge=0, description="between two requests")
    attempts: int = Field(5, ge=1, description="how often a page is asked for that is refused, empty or cut")
    longest_wait_seconds: float = Field(120.0, gt=0, description="waits double after each refusal, up to this")
    timeout_seconds: float = Field(30.0, gt=0, description="for one page")
    page_size_bytes: int = Field(8_000_000, ge=1, description="a larger page is not read")
    respect_robots: bool = Field(True, description="collect only what TikTok's robots.txt lets everybody collect")
    user_agent: str = Field("", description="of profile pages' requests; empty: groundswell's own name")
    ca_file: str = Field("", description="PEM of who signed a proxy's certificates; empty: who the system trusts")


class AirflowSettings(_Group):
    """Airflow on this machine (`make airflow`)."""

    port: int = Field(18080, ge=1, le=65535, description="port of its user interface, on the loopback address")


class Settings(BaseSettings):
    """All settings; see the module's text for where values come from."""

    model_config = SettingsConfigDict(env_prefix="GROUNDSWELL_", env_nested_delimiter="__", frozen=True, extra="forbid")

    home: Path = Field(Path(".groundswell"), description="folder of the local stack's data, logs, jars and checkpoints")
    jars_dir: str = Field("", description="empty: jars/ under home; several homes may share one folder")
    kafka: KafkaSettings = KafkaSettings()
    lake: LakeSettings = LakeSettings()
    postgres: PostgresSettings = PostgresSettings()
    spark: SparkSettings = SparkSettings()
    stream: StreamSettings = StreamSettings()
    detection: DetectionSettings = DetectionSettings()
    text: TextSettings = TextSettings()
    metrics: MetricsSettings = MetricsSettings()
    scrape: ScrapeSettings = ScrapeSettings()
    airflow: AirflowSettings = AirflowSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the TOML file below the environment."""
        toml = TomlConfigSettingsSource(settings_cls, Path(os.environ.get("GROUNDSWELL_CONF", DEFAULT_CONF)))
        return init_settings, env_settings, toml

    @cached_property
    def absolute_home(self) -> Path:
        """The home folder as an absolute path."""
        return self.home.expanduser().resolve()

    @property
    def jars_root(self) -> Path:
        """Folder that holds one sub-folder of jars per set: kafka, s3proxy, spark."""
        return Path(self.jars_dir).expanduser().resolve() if self.jars_dir else self.absolute_home / "jars"

    @property
    def spark_jars_dir(self) -> Path:
        """Folder of the jars that a Spark session loads."""
        return self.jars_root / "spark"

    @property
    def checkpoint_root(self) -> str:
        """Folder or URI below which each query keeps its checkpoint.

        Raises
        ------
        SettingsError
            None is named for a cluster: its executors would write to folders of their own machines.
        """
        if not self.stream.checkpoint_dir and not self.spark.is_local:
            raise SettingsError(
                f"stream.checkpoint_dir is empty, and the executors of {self.spark.master} can't be sure to reach"
                " this machine's",
                f"set it to s3a://{self.lake.bucket}/checkpoints, or to a folder that all machines share",
            )
        return self.stream.checkpoint_dir or str(self.absolute_home / "checkpoints")

    @property
    def lake_port(self) -> int:
        """Port of the S3 endpoint."""
        return urlsplit(self.lake.endpoint_url).port or 80


def load_settings() -> Settings:
    """Read the settings.

    Returns
    -------
    Settings
        Frozen settings.

    Raises
    ------
    SettingsError
        A value is unknown or out of range; the message names it, never a secret's value.
    """
    conf = os.environ.get("GROUNDSWELL_CONF")
    if conf and not Path(conf).is_file():
        raise SettingsError(f"GROUNDSWELL_CONF names {conf}, which is not a file", "unset it or correct the path")
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)]
        raise SettingsError("settings: " + "; ".join(lines), "see conf/groundswell.toml for names and ranges") from None
    except ValueError as error:
        raise SettingsError(f"settings file can't be read: {error}", "correct it or unset GROUNDSWELL_CONF") from None
