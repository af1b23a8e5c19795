"""Airflow itself, in its own environment: made here if it is missing, as on a clean machine."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundswell.settings import Settings
from infra.airflow_environment import AirflowEnvironment

# runs under Airflow's interpreter, not under pytest's
collect_ignore = ["describe_dags.py"]


@pytest.fixture(scope="session")
def airflow() -> Iterator[AirflowEnvironment]:
    """An installed Airflow with an empty database, in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="groundswell-airflow-") as home:
        environment = AirflowEnvironment(Settings(home=Path(home)), port=8)
        environment.install()
        environment.prepare()
        yield environment
