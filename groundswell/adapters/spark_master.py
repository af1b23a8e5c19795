"""Where Spark runs: what a master needs to be told, and whether it is there at all."""

import os
import re
import socket
from urllib.parse import urlsplit

from groundswell.errors import SettingsError, UnavailableError
from groundswell.settings import Settings, SparkSettings

_KNOWN_MASTER = re.compile(r"local(-cluster)?(\[[^\]]+\])?|spark://\S+|k8s://\S+|yarn")
_PORTS = {"spark": 7077, "https": 443, "http": 80}
_CONNECT_SECONDS = 5.0


def cluster_options(spark: SparkSettings) -> dict[str, str]:
    """Return the options of driver and executors; a local master leaves those of executors aside.

    >>> cluster_options(SparkSettings(executor_count=3, executor_cores=2))["spark.cores.max"]
    '6'
    """
    options = {
        "spark.executor.cores": str(spark.executor_cores),
        "spark.executor.memory": spark.executor_memory,
        # The number of executors: Kubernetes and YARN are asked for instances, a standalone master for cores.
        "spark.executor.instances": str(spark.executor_count),
        "spark.cores.max": str(spark.executor_count * spark.executor_cores),
        "spark.executor.extraJavaOptions": "-XX:+UseParallelGC",
    }
    if spark.driver_host:
        options["spark.driver.host"] = spark.driver_host
    if spark.driver_bind_address:
        options["spark.driver.bindAddress"] = spark.driver_bind_address
    return options


def ensure_master(settings: Settings) -> None:
    """Make sure that the master can be one and answers, before a JVM is started and waits for it.

    Raises
    ------
    SettingsError
        Spark knows no such master, or YARN's configuration is not named.
    UnavailableError
        Nobody listens at its address.
    """
    master = settings.spark.master
    if not _KNOWN_MASTER.fullmatch(master):
        raise SettingsError(
            f"spark.master is {master!r}", "use local[cores], spark://host:port, k8s://https://host:port or yarn"
        )
    if master == "yarn" and not (os.environ.get("HADOOP_CONF_DIR") or os.environ.get("YARN_CONF_DIR")):
        raise SettingsError(
            "spark.master is yarn, but neither HADOOP_CONF_DIR nor YARN_CONF_DIR is set",
            "set one to the folder that holds the cluster's yarn-site.xml and core-site.xml",
        )
    problems = [problem for address in _addresses(master) if (problem := _problem(*address))]
    if problems and len(problems) == len(_addresses(master)):
        raise UnavailableError(
            f"the Spark master {master} can't be reached: {'; '.join(problems)}",
            "start it, correct spark.master, or use spark.master = 'local[2]' to run on this machine",
        )


def _addresses(master: str) -> list[tuple[str, int]]:
    """Return host and port of every master that is named.

    >>> _addresses("spark://one:7077,two:7078"), _addresses("k8s://https://api:6443"), _addresses("local[2]")
    ([('one', 7077), ('two', 7078)], [('api', 6443)], [])
    """
    kind, _, rest = master.partition("://")
    if kind not in ("spark", "k8s"):
        return []
    prefix = "spark://" if kind == "spark" else "" if "://" in rest else "https://"
    parts = [urlsplit(prefix + part) for part in (rest.split(",") if kind == "spark" else [rest])]
    return [(part.hostname or "", part.port or _PORTS[part.scheme]) for part in parts]


def _problem(host: str, port: int) -> str:
    try:
        socket.create_connection((host, port), _CONNECT_SECONDS).close()
    except OSError as error:
        return f"{host}:{port}: {error.strerror or error}"
    return ""
