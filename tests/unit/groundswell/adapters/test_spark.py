"""What a Spark session is told, and what everybody on the machine could read of it."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError

from groundswell.adapters import spark
from groundswell.adapters.spark import session_options
from groundswell.errors import SettingsError, UnavailableError
from groundswell.settings import LakeSettings, PostgresSettings, Settings, SparkSettings, StreamSettings

CHECKPOINTS_ON_S3 = StreamSettings(checkpoint_dir="s3a://bucket/checkpoints")
LAKE = LakeSettings(
    endpoint_url="https://s3.example", region="eu-1", access_key="the-id", secret_key=SecretStr("s3-secret")
)


@pytest.fixture
def jars_dir(tmp_path: Path) -> str:
    (tmp_path / "spark").mkdir()
    (tmp_path / "spark" / "iceberg.jar").touch()
    return str(tmp_path)


def test_without_jars_no_session_is_made_on_any_master(tmp_path: Path) -> None:
    for master in ("local[2]", "spark://host:7077"):
        with pytest.raises(UnavailableError, match="no Spark jars") as caught:
            session_options(Settings(jars_dir=str(tmp_path), spark=SparkSettings(master=master)))
        assert "groundswell jars" in caught.value.way_out


@pytest.mark.parametrize(
    ("settings", "memory"),
    [(SparkSettings(driver_memory="2g"), "2g"), (SparkSettings(options={"spark.driver.memory": "900m"}), "900m")],
)
def test_what_runs_for_days_takes_its_heap_at_once(jars_dir: str, settings: SparkSettings, memory: str) -> None:
    java_options = "spark.driver.extraJavaOptions"
    shortly, for_days = (session_options(Settings(jars_dir=jars_dir, spark=settings), days) for days in (False, True))

    assert for_days[java_options] == f"{shortly[java_options]} -Xms{memory} -XX:+AlwaysPreTouch"
    assert for_days | {java_options: shortly[java_options]} == shortly
    assert shortly["spark.driver.memory"] == memory


def test_what_ends_soon_is_compiled_simply(jars_dir: str) -> None:
    java_options = "spark.driver.extraJavaOptions"
    settings = Settings(jars_dir=jars_dir)
    usual, soon = session_options(settings), session_options(settings, ends_soon=True)
    assert "-XX:TieredStopAtLevel=1" in soon[java_options].split()
    assert not any("Tier" in option for option in soon[java_options].split() if "StopAt" not in option)
    assert "TieredStopAtLevel" not in usual[java_options]
    assert soon | {java_options: usual[java_options]} == usual


def test_a_cluster_gets_the_same_options_as_this_machine_but_for_the_master(jars_dir: str) -> None:
    here, there = (
        session_options(Settings(jars_dir=jars_dir, spark=SparkSettings(master=master)))
        for master in ("local[2]", "spark://host:7077")
    )
    assert here | {"spark.master": "spark://host:7077"} == there
    assert there["spark.jars"] == str(Path(jars_dir) / "spark" / "iceberg.jar")


def test_checkpoints_on_s3_are_at_the_lakes_endpoint_with_its_credentials(jars_dir: str) -> None:
    options = session_options(Settings(jars_dir=jars_dir, lake=LAKE, stream=CHECKPOINTS_ON_S3))
    s3a = {name.removeprefix("spark.hadoop.fs.s3a."): value for name, value in options.items() if ".s3a." in name}
    assert s3a["endpoint"] == "https://s3.example"
    assert s3a["endpoint.region"] == "eu-1"
    assert (s3a["access.key"], s3a["secret.key"]) == ("the-id", "s3-secret")
    assert "AbortableStream" in options["spark.sql.streaming.checkpointFileManagerClass"]


@pytest.mark.parametrize("folder", ["", "/mnt/shared/checkpoints", "hdfs://name/checkpoints"])
def test_checkpoints_elsewhere_bring_no_s3_into_it(jars_dir: str, folder: str) -> None:
    options = session_options(Settings(jars_dir=jars_dir, stream=StreamSettings(checkpoint_dir=folder)))
    assert not [name for name in options if "s3a" in name or "checkpointFileManager" in name]


def test_what_a_person_sets_by_hand_is_the_strongest(jars_dir: str) -> None:
    by_hand = {"spark.executor.memory": "7g", "spark.hadoop.fs.s3a.endpoint": "https://other.example"}
    options = session_options(
        Settings(jars_dir=jars_dir, lake=LAKE, stream=CHECKPOINTS_ON_S3, spark=SparkSettings(options=by_hand))
    )
    assert by_hand.items() <= options.items()


def test_javas_command_line_says_where_and_with_what_but_no_password(
    jars_dir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, str] = {}
    monkeypatch.setattr(SparkContext, "_ensure_initialized", lambda conf: told.update(conf.getAll()))
    postgres = PostgresSettings(password=SecretStr("pg-secret"))
    options = session_options(Settings(jars_dir=jars_dir, lake=LAKE, postgres=postgres, stream=CHECKPOINTS_ON_S3))
    assert {"s3-secret", "pg-secret"} <= set(options.values())
    spark._start_java(options)
    assert {"spark.master", "spark.jars", "spark.driver.memory"} <= told.keys()
    assert not {"s3-secret", "pg-secret", "the-id"} & set(told.values())


def test_without_java_the_message_says_what_to_install(jars_dir: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(conf: SparkConf) -> None:
        raise PySparkRuntimeError(errorClass="JAVA_GATEWAY_EXITED", messageParameters={})

    monkeypatch.setattr(SparkContext, "_ensure_initialized", fail)
    with pytest.raises(UnavailableError, match="Java") as caught:
        spark._start_java(session_options(Settings(jars_dir=jars_dir)))
    assert "Java 17" in caught.value.way_out


def test_a_cluster_needs_checkpoints_that_all_its_machines_reach(tmp_path: Path) -> None:
    cluster = SparkSettings(master="spark://host:7077")
    with pytest.raises(SettingsError, match=r"stream\.checkpoint_dir") as caught:
        _ = Settings(spark=cluster).checkpoint_root
    assert "s3a://groundswell-lake/checkpoints" in caught.value.way_out
    assert Settings(spark=cluster, stream=CHECKPOINTS_ON_S3).checkpoint_root == "s3a://bucket/checkpoints"
    assert Settings(home=tmp_path).checkpoint_root == str(tmp_path / "checkpoints")


def test_threads_of_the_driver_have_room_for_the_recursion_that_a_stopped_batch_brings(jars_dir: str) -> None:
    # java.lang.StackOverflowError with Java's usual 1 MB from a cause of 2,000 characters on.
    assert "-Xss32m" in session_options(Settings(jars_dir=jars_dir))["spark.driver.extraJavaOptions"]
