import subprocess
import sys
import zipfile
from pathlib import Path

PROGRAM = """
import importlib, sys
from zipimport import zipimporter
from groundswell.frames.python_workers import remember_archives
archive = sys.argv[1]
sys.path.insert(0, archive)
import first
remember_archives()
import zipimport
read = []
zipimport._read_directory = lambda path: read.append(path)
importlib.invalidate_caches()
import second
print(first.NAME, second.NAME, read)
"""


def test_modules_of_an_archive_are_found_without_its_list_being_read_again(tmp_path: Path) -> None:
    archive = tmp_path / "modules.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("first", "second"):
            file.writestr(f"{name}.py", f"NAME = {name!r}\n")
    command = [sys.executable, "-c", PROGRAM, str(archive)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said == "first second []\n"
