"""The one command: what it lists, what it loads, how it fails."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from groundswell.cli import COMMANDS, cli
from groundswell.errors import GroundswellError


def loaded_by(command: str) -> set[str]:
    """Return the top-level modules in memory once a sub-command was found."""
    script = (
        "import sys, click; from groundswell.cli import cli;"
        f"cli.get_command(click.Context(cli), {command!r}); print(*{{name.split('.')[0] for name in sys.modules}})"
    )
    return set(
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    )


def test_help_lists_every_command_and_loads_no_room() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.output for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_listed_command_exists_and_has_help(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert (result.exit_code, "Usage" in result.output) == (0, True), result.output


@pytest.mark.parametrize("command", ["replay", "synthesize", "alerts", "watchlist", "up", "sql", "stream"])
def test_only_what_needs_spark_loads_it(command: str) -> None:
    assert "pyspark" not in loaded_by(command)


def test_a_missing_package_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "up", ("no_such_package.commands:up", ""))
    with pytest.raises(GroundswellError, match="no_such_package") as raised:
        cli.main(["up"], standalone_mode=False)
    assert "make setup" in raised.value.way_out


def test_an_error_is_told_without_traceback_and_with_its_exit_code() -> None:
    command = [sys.executable, "-m", "groundswell.cli", "watchlist", "add", "the"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "stopword" in result.stderr and "-> " in result.stderr and "Traceback" not in result.stderr


def test_an_unknown_setting_is_named() -> None:
    environment = {"GROUNDSWELL_KAFKA__PARTITIONS": "none", "PATH": "/usr/bin"}
    command = [sys.executable, "-m", "groundswell.cli", "watchlist", "list"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 2
    assert "kafka.partitions" in result.stderr
