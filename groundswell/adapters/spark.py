"""Spark sessions that know the jars, the lake's Iceberg catalog and the project's conventions."""

import os
import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from groundswell.errors import UnavailableError
from groundswell.settings import Settings


def _jars(settings: Settings) -> list[str]:
    jars = sorted(str(path) for path in settings.spark_jars_dir.glob("*.jar"))
    if not jars and settings.spark.master.startswith("local"):
        raise UnavailableError(
            f"no Spark jars in {settings.spark_jars_dir}",
            "run `groundswell up` (or `make jars`), which fetches them",
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


def spark_session(settings: Settings, app_name: str) -> SparkSession:
    """Return a session in UTC with the lake's catalog as `settings.lake.catalog`.

    Names are case-sensitive, because posts carry both `HashtagName` and `hashtagName`.

    Raises
    ------
    UnavailableError
        The jars are missing.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    log_conf = Path(__file__).with_name("log4j2.properties")
    builder = (
        SparkSession.builder.appName(app_name)
        .master(settings.spark.master)
        .config("spark.jars", ",".join(_jars(settings)))
        .config("spark.driver.memory", settings.spark.driver_memory)
        .config(
            "spark.driver.extraJavaOptions",
            f"-Dlog4j2.configurationFile={log_conf.as_uri()} -XX:+UseParallelGC",
        )
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.caseSensitive", "true")
        .config("spark.sql.shuffle.partitions", settings.spark.shuffle_partitions)
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.warehouse.dir", str(settings.absolute_home / "spark-warehouse"))
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config(
            "spark.sql.streaming.stateStore.providerClass",
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
        )
        .config("spark.sql.streaming.metricsEnabled", "false")
    )
    for name, value in {**lake_options(settings), **settings.spark.options}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


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
