"""A master that can't be used is named before a JVM is started for it."""

import socket
from collections.abc import Iterator

import pytest

from groundswell.adapters.spark_master import cluster_options, ensure_master
from groundswell.errors import SettingsError, UnavailableError
from groundswell.settings import Settings, SparkSettings
from infra.stack.ports import free_port


def with_master(master: str) -> Settings:
    return Settings(spark=SparkSettings(master=master))


@pytest.fixture
def listening() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("master", ["local", "local[2]", "local[*,4]", "local-cluster[2,1,1024]"])
def test_a_master_on_this_machine_needs_nobody_to_answer(master: str) -> None:
    ensure_master(with_master(master))


@pytest.mark.parametrize("way", ["spark://{}", "k8s://http://{}", "k8s://{}"])
def test_a_master_that_answers_will_do(listening: str, way: str) -> None:
    ensure_master(with_master(way.format(listening)))


def test_one_of_several_standby_masters_is_enough(listening: str) -> None:
    ensure_master(with_master(f"spark://127.0.0.1:{free_port()},{listening}"))


@pytest.mark.parametrize("way", ["spark://{}", "k8s://https://{}", "spark://{0},{0}"])
def test_a_master_that_does_not_answer_is_named_with_the_cause_and_the_way_out(way: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(UnavailableError) as caught:
        ensure_master(with_master(way.format(address)))
    assert f"{address}: Connection refused" in caught.value.message
    assert "spark.master" in caught.value.way_out


@pytest.mark.parametrize("master", ["", "sparc://host:7077", "yarn-client", "spark://"])
def test_what_is_no_master_is_refused(master: str) -> None:
    with pytest.raises(SettingsError, match=r"spark\.master"):
        ensure_master(with_master(master))


def test_yarn_needs_to_be_told_where_its_configuration_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="HADOOP_CONF_DIR"):
        ensure_master(with_master("yarn"))
    monkeypatch.setenv("YARN_CONF_DIR", "/etc/hadoop/conf")
    ensure_master(with_master("yarn"))


def test_the_number_of_executors_is_asked_for_in_the_words_of_every_master() -> None:
    options = cluster_options(SparkSettings(executor_count=3, executor_cores=4, executor_memory="5g"))
    assert (options["spark.executor.instances"], options["spark.cores.max"]) == ("3", "12")
    assert (options["spark.executor.cores"], options["spark.executor.memory"]) == ("4", "5g")


def test_the_drivers_address_is_sparks_own_unless_it_is_set() -> None:
    assert not [name for name in cluster_options(SparkSettings()) if name.startswith("spark.driver")]
    options = cluster_options(SparkSettings(driver_host="raw-to-lake", driver_bind_address="0.0.0.0"))
    assert (options["spark.driver.host"], options["spark.driver.bindAddress"]) == ("raw-to-lake", "0.0.0.0")
