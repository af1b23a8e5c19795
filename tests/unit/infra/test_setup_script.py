"""`infra/setup.sh` looks at Python and Java before it touches anything, and names the command that installs them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "infra" / "setup.sh"
NEEDED = ("bash", "dirname", "id", "sed", "head", "cut")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the script in an empty project, with a PATH that has next to nothing."""
    (tmp_path / "infra").mkdir()
    shutil.copy(SCRIPT, tmp_path / "infra")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    program(tools / "apt-get", "exit 0")
    return tmp_path


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def setup(project: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"JAVA_HOME", "PYTHON"}}
    environment["PATH"] = str(project / "tools")
    return subprocess.run(
        [str(project / "tools" / "bash"), str(project / "infra" / "setup.sh")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_is_named_with_the_command_that_installs_a_newer_one(project: Path) -> None:
    program(project / "tools" / "python3", "echo 3.9.2; exit 1")

    done = setup(project)

    assert done.returncode == 2
    assert "python3 (3.9.2)" in done.stderr
    assert "apt-get install -y python3 python3-venv" in done.stderr


def test_a_missing_java_is_named_with_the_command_that_installs_it(project: Path) -> None:
    program(project / "tools" / "python3", "echo 3.11.7")

    done = setup(project)

    assert done.returncode == 2
    assert "no Java found" in done.stderr
    assert "apt-get install -y openjdk-17-jre-headless" in done.stderr
    assert not (project / ".venv").exists()


def test_an_old_java_is_named_with_its_version(project: Path) -> None:
    program(project / "tools" / "python3", "echo 3.11.7")
    program(project / "tools" / "java", """echo 'openjdk version "1.8.0_392"' >&2""")

    done = setup(project)

    assert done.returncode == 2
    assert "is Java 8; 17 or newer is needed" in done.stderr
