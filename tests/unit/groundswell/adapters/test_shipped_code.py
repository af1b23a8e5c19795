"""The archive of the project's code: executors that have nothing of it can import all that their work needs."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

import groundswell
from groundswell.adapters.shipped_code import SHIPPED_PACKAGES, ship_code, write_archive
from infra.airflow_environment import PROJECT


def test_it_holds_every_module_of_the_shipped_packages_and_nothing_else(tmp_path: Path) -> None:
    names = set(zipfile.ZipFile(write_archive(tmp_path / "code.zip")).namelist())
    root = Path(groundswell.__file__).parents[1]
    sources = {path.relative_to(root).as_posix() for name in SHIPPED_PACKAGES for path in (root / name).rglob("*.py")}
    assert {"groundswell/domain/keywords.py", "groundswell/frames/mentions.py", "batch/copying.py"} <= names
    assert names == sources


def test_modules_are_imported_from_it_where_the_project_is_not_installed(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "code.zip")
    program = f"import sys; sys.path.insert(0, {str(archive)!r}); import groundswell.errors as e; print(e.__file__)"
    # -I and -S: neither this folder nor the installed packages are on the path.
    command = [sys.executable, "-I", "-S", "-c", program]
    printed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert printed.strip() == f"{archive}/groundswell/errors.py"


def test_the_same_code_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_archive(tmp_path / name).read_bytes() for name in ("one.zip", "two.zip"))
    assert first == second


def test_it_is_given_once_and_the_driver_keeps_its_own_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def add(path: str) -> None:
        given.append(path)
        sys.path.insert(1, path)

    context = SimpleNamespace(addPyFile=add, listFiles=given)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = list(sys.path)
    ship_code(context)  # type: ignore[arg-type]
    ship_code(context)  # type: ignore[arg-type]
    assert len(given) == 1
    assert Path(given[0]).is_file()
    assert sys.path == before


def test_the_packages_that_executors_need_beside_it_are_documented() -> None:
    program = (
        "import sys, pyspark.sql, pyspark.shuffle; before = set(sys.modules);"
        " import groundswell.frames.mentions, groundswell.frames.post_lines,"
        " groundswell.frames.baselines, batch.copying;"
        " print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    command = [sys.executable, "-c", program]
    loaded = set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    ours = {re.split(r"[^\w.-]", name)[0].removesuffix("-binary") for name in wanted} - {"groundswell", "pyspark"}
    needed = {name for name in ours if name.replace("-", "_") in loaded}
    document = (PROJECT / "docs/CLUSTER.md").read_text(encoding="utf-8")
    assert {"pyarrow", "msgspec"} <= needed
    assert not {name for name in needed if f"`{name}`" not in document}
