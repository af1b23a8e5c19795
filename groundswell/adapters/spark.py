"""Spark sessions that know the jars, the lake's Iceberg catalog, the checkpoints and the project's conventions."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError
from pyspark.sql import DataFrame, SparkSession

from groundswell.adapters.java_interrupt import interrupt_between_calls
from groundswell.adapters.java_trust import trust_options
from groundswell.adapters.kafka_security import JAAS_VARIABLE, jaas_line
from groundswell.adapters.shipped_code import ship_code
from groundswell.adapters.spark_master import cluster_options, ensure_master
from groundswell.errors import UnavailableError
from groundswell.settings import Settings

# Spark is much code that runs for a second in each batch. To compile all of that well took a quarter of what a stream
# spends in its first minute (docs/decisions/0009); what runs for each post still is.
_COMPILE_WELL_ONLY_WHAT_RUNS_MUCH = (
    "-XX:Tier4InvocationThreshold=30000 -XX:Tier4MinInvocationThreshold=5000"
    " -XX:Tier4CompileThreshold=60000 -XX:Tier4BackEdgeThreshold=300000"
)
_COMPILE_SIMPLY = "-XX:TieredStopAtLevel=1"


def _jars(settings: Settings) -> list[str]:
    jars = sorted(str(path) for path in settings.spark_jars_dir.glob("*.jar"))
    if not jars:
        raise UnavailableError(
            f"no Spark jars in {settings.spark_jars_dir}",
            "run `groundswell jars spark`, which fetches them; executors get them from the driver",
        )
    return jars


def lake_options(settings: Settings) -> dict[str, str]:
    """Return the Spark options of the Iceberg catalog: tables on S3, the catalog itself in Postgres."""
    lake, postgres = settings.lake, settings.postgres
    catalog = f"spark.sql.catalog.{lake.catalog}"
    return {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "jdbc",
        f"{catalog}.uri": postgres.jdbc_url,
        f"{catalog}.jdbc.user": postgres.user,
        f"{catalog}.jdbc.password": postgres.password.get_secret_value(),
        f"{catalog}.jdbc.schema-version": "V1",
        f"{catalog}.warehouse": lake.warehouse,
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{catalog}.s3.endpoint": lake.endpoint_url,
        f"{catalog}.s3.path-style-access": "true",
        f"{catalog}.s3.access-key-id": lake.access_key,
        f"{catalog}.s3.secret-access-key": lake.secret_key.get_secret_value(),
        f"{catalog}.client.region": lake.region,
    }


def checkpoint_options(settings: Settings) -> dict[str, str]:
    """Return the Spark options of checkpoints on S3, at the lake's endpoint; none where they are elsewhere."""
    if not settings.stream.checkpoint_dir.startswith("s3a://"):
        return {}
    lake = settings.lake
    s3a = "spark.hadoop.fs.s3a"
    return {
        f"{s3a}.endpoint": lake.endpoint_url,
        f"{s3a}.endpoint.region": lake.region,
        f"{s3a}.path.style.access": "true",
        f"{s3a}.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        f"{s3a}.access.key": lake.access_key,
        f"{s3a}.secret.key": lake.secret_key.get_secret_value(),
        # S3 has no rename: a file is there when its upload is complete, or not at all.
        "spark.sql.streaming.checkpointFileManagerClass": (
            "org.apache.spark.internal.io.cloud.AbortableStreamBasedCheckpointFileManager"
        ),
    }


def session_options(settings: Settings, runs_for_days: bool = False, ends_soon: bool = False) -> dict[str, str]:
    """Return every Spark option of a session but its name; those of `settings.spark.options` are the strongest."""
    spark = settings.spark
    memory = spark.options.get("spark.driver.memory", spark.driver_memory)
    heap = f" -Xms{memory} -XX:+AlwaysPreTouch" if runs_for_days else ""
    compiler = _COMPILE_SIMPLY if ends_soon else _COMPILE_WELL_ONLY_WHAT_RUNS_MUCH
    log_conf = Path(__file__).with_name("log4j2.properties")
    return {
        "spark.master": spark.master,
        "spark.jars": ",".join(_jars(settings)),
        "spark.driver.memory": memory,
        # Spark looks into the text of what a stopped batch died of by a regular expression that recurses per character.
        "spark.driver.extraJavaOptions": (
            f"-Dlog4j2.configurationFile={log_conf.as_uri()} -XX:+UseParallelGC -Xss32m {compiler}{heap}"
        ),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.caseSensitive": "true",
        "spark.sql.shuffle.partitions": str(spark.shuffle_partitions),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Ten thousand posts, Spark's default, are 30 MB in the JVM and as much again in each Python worker.
        "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(settings.absolute_home / "spark-warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.streaming.stateStore.providerClass": (
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
        ),
        # A batch's commit uploads what it changed, not a whole snapshot; and no id is looked up only to count the ids.
        "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
        "spark.sql.streaming.stateStore.rocksdb.trackTotalNumberOfRows": "false",
        "spark.sql.streaming.metricsEnabled": "false",
        # Beside what Spark hides by itself: the line by which Java logs in to Kafka.
        "spark.redaction.regex": "(?i)secret|password|token|access[.]?key|jaas",
        **cluster_options(spark),
        **_login_of_executors(settings),
        **trust_options(settings),
        **lake_options(settings),
        **checkpoint_options(settings),
        **spark.options,
    }


def _login_of_executors(settings: Settings) -> dict[str, str]:
    if settings.spark.is_local or not settings.kafka.has_login:
        return {}
    return {f"spark.executorEnv.{JAAS_VARIABLE}": jaas_line(settings.kafka)}


def spark_session(
    settings: Settings, app_name: str, runs_for_days: bool = False, ends_soon: bool = False
) -> SparkSession:
    """Return a session in UTC with the lake's catalog as `settings.lake.catalog`, on whatever master is set.

    The driver's JVM compiles well only what runs much (docs/decisions/0009).
    Names are case-sensitive, because posts carry both `HashtagName` and `hashtagName`.

    Parameters
    ----------
    settings : Settings
    app_name : str
    runs_for_days : bool
        Take the whole heap at once: its old part would otherwise fill for an hour before it is first collected, and
        nobody could tell that from a leak.
    ends_soon : bool
        Compile once and simply: where most of the code runs for a minute or less, Java otherwise spends more time on
        compiling it well than that ever gives back.

    Raises
    ------
    SettingsError
        The master makes no sense.
    UnavailableError
        The master can't be reached, or jars or Java are missing.
    """
    options = session_options(settings, runs_for_days, ends_soon)
    ensure_master(settings)
    os.environ["PYSPARK_PYTHON"] = settings.spark.executor_python or os.environ.get("PYSPARK_PYTHON") or sys.executable
    if settings.spark.is_local:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # glibc gives each thread that allocates beside others an arena of its own, and hands little of them back.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    if settings.kafka.has_login:
        os.environ[JAAS_VARIABLE] = jaas_line(settings.kafka)
    _start_java(options)
    builder = SparkSession.builder.appName(app_name)
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    interrupt_between_calls(session.sparkContext.cancelAllJobs)
    ship_code(session.sparkContext)
    return session


def _start_java(options: Mapping[str, str]) -> None:
    """Start the JVM with what it needs to start with: everybody on the machine can read a command line."""
    needed = ("spark.master", "spark.jars", "spark.driver.", "spark.submit.", "spark.kubernetes.", "spark.yarn.")
    conf = SparkConf(loadDefaults=False)
    for name, value in options.items():
        if name.startswith(needed):
            conf.set(name, value)
    try:
        SparkContext._ensure_initialized(conf=conf)
    except PySparkRuntimeError as error:
        raise UnavailableError(
            f"Spark's Java process ended at its start ({error})",
            "install Java 17 or 21; `groundswell doctor` checks it",
        ) from error


def read_postgres(spark: SparkSession, settings: Settings, query: str) -> DataFrame:
    """Return the rows of a query, read when the DataFrame is used.

    Parameters
    ----------
    spark : SparkSession
    settings : Settings
    query : str
        A SELECT whose names are found in the project's schema.
    """
    postgres = settings.postgres
    return (
        spark.read.format("jdbc")
        .option("driver", "org.postgresql.Driver")
        .option("url", postgres.jdbc_url)
        .option("user", postgres.user)
        .option("password", postgres.password.get_secret_value())
        .option("currentSchema", postgres.db_schema)
        .option("fetchsize", 20_000)
        .option("query", query)
        .load()
    )
