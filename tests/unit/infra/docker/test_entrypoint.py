"""The image's entry point: any command, or an executor as Spark on Kubernetes asks for one."""

import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

from infra.airflow_environment import PROJECT

ENTRYPOINT = PROJECT / "infra/docker/entrypoint.sh"
POD = {
    "SPARK_DRIVER_URL": "spark://CoarseGrainedScheduler@driver:7078",
    "SPARK_EXECUTOR_ID": "3",
    "SPARK_EXECUTOR_CORES": "4",
    "SPARK_EXECUTOR_MEMORY": "6g",
    "SPARK_APPLICATION_ID": "spark-1",
    "SPARK_EXECUTOR_POD_IP": "10.0.0.7",
    "SPARK_EXECUTOR_POD_NAME": "groundswell-exec-3",
    "SPARK_RESOURCE_PROFILE_ID": "0",
    "SPARK_JAVA_OPT_0": "-XX:+UseParallelGC",
    "SPARK_JAVA_OPT_1": "-Dname=two words",
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A pod's, in which `java` says what it was called with."""
    java = tmp_path / "java"
    java.write_text('#!/bin/sh\npwd >&2\nprintf "%s\\n" "$@"\n')
    java.chmod(0o755)
    return {"PATH": f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path), **POD}


def run(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(ENTRYPOINT), *arguments], env=environment, capture_output=True, text=True, check=False)


def test_a_command_is_run_as_it_is(environment: dict[str, str]) -> None:
    assert run(environment, "echo", "two words", "x").stdout == "two words x\n"
    assert run(environment, "sh", "-c", "exit 7").returncode == 7


def test_an_executor_is_started_with_sparks_jars_and_what_its_pod_says(environment: dict[str, str]) -> None:
    called = run(environment, "executor").stdout.splitlines()
    jars = Path(pyspark.__file__).parent / "jars"
    assert called[:6] == ["-XX:+UseParallelGC", "-Dname=two words", "-Xms6g", "-Xmx6g", "-cp", f"{jars}/*"]
    assert called[6] == "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend"
    assert list(jars.glob("spark-kubernetes_*.jar")), "it is not among them"
    given = dict(zip(called[7::2], called[8::2], strict=True))
    assert given == {
        "--driver-url": POD["SPARK_DRIVER_URL"],
        "--executor-id": "3",
        "--cores": "4",
        "--app-id": "spark-1",
        "--hostname": "10.0.0.7",
        "--resourceProfileId": "0",
        "--podName": "groundswell-exec-3",
    }


def test_an_executor_does_not_run_where_it_would_find_the_images_code(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert run(environment, "executor").stderr.strip() == str(tmp_path)


def test_an_executor_that_is_not_told_its_driver_ends_with_a_word(environment: dict[str, str]) -> None:
    del environment["SPARK_DRIVER_URL"]
    ended = run(environment, "executor")
    assert ended.returncode != 0
    assert "SPARK_DRIVER_URL" in ended.stderr
