"""Fixtures that more than one kind of test uses."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

pytest_plugins = ["local_stack"]

REAL_POSTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "tiktok"


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A small session without lake and Kafka, with the conventions of `groundswell.adapters.spark`."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        SparkSession.builder.master("local[2]")
        .appName("tests")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.caseSensitive", "true")
        .config("spark.driver.memory", "1g")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def real_posts() -> Path:
    """Folder of the real sample posts beside the project."""
    if not REAL_POSTS.is_dir():
        pytest.skip(f"no real sample posts beside the project ({REAL_POSTS.parent.parent.name}/ is not there)")
    return REAL_POSTS
