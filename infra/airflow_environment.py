"""Airflow's own virtual environment and home; kept apart because it is big and only the nightly work needs it."""

import fcntl
import hashlib
import logging
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from groundswell.errors import LocalStackError
from groundswell.settings import DEFAULT_CONF, Settings

log = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parents[1]
LOCK_FILE = "requirements-airflow.lock"
STAMP = "groundswell-lock.sha256"
ADMIN = "admin"
# dags/*.py read it; a person who runs a day by hand doesn't want to wait minutes for the second try
RETRY_SECONDS_VARIABLE = "GROUNDSWELL_RETRY_SECONDS"


@dataclass(frozen=True)
class AirflowEnvironment:
    """Where Airflow is installed, where it keeps its state, and the variables that it is run with.

    Parameters
    ----------
    settings : Settings
        The project's settings; Airflow's state goes to `airflow/` below their home.
    port : int
        Port of the user interface and API, on the loopback address.
    project : Path
        Folder that holds `dags/` and the lock file.
    venv : Path
        Folder of Airflow's virtual environment.
    """

    settings: Settings
    port: int
    project: Path = PROJECT
    venv: Path = PROJECT / ".venv-airflow"

    @property
    def home(self) -> Path:
        """AIRFLOW_HOME."""
        return self.settings.absolute_home / "airflow"

    @property
    def python(self) -> Path:
        """Airflow's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def command(self) -> Path:
        """The `airflow` command."""
        return self.venv / "bin" / "airflow"

    @property
    def url(self) -> str:
        """Address of the user interface."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def lock_digest(self) -> str:
        """Digest of what should be installed."""
        lock = (self.project / LOCK_FILE).read_bytes()
        return hashlib.sha256(lock + sys.version.encode()).hexdigest()

    def variables(self, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the environment that Airflow and, through it, the batch commands run with.

        Variables of another Airflow on this machine are dropped, so that its database is never touched.
        """
        kept = {
            name: value
            for name, value in inherited.items()
            if not name.startswith(("AIRFLOW", "PYTHON", "VIRTUAL_ENV"))
        }
        conf = Path(inherited.get("GROUNDSWELL_CONF", DEFAULT_CONF)).resolve()
        located = {"GROUNDSWELL_CONF": str(conf)} if conf.is_file() else {}
        return {
            **kept,
            **located,
            "GROUNDSWELL_HOME": str(self.settings.absolute_home),
            "GROUNDSWELL_COMMAND": inherited.get("GROUNDSWELL_COMMAND", _own_command()),
            "PATH": f"{self.venv / 'bin'}{os.pathsep}{inherited.get('PATH', os.defpath)}",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.project / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            # each task is a Spark job of its own: one at a time is what a small machine can hold
            "AIRFLOW__CORE__PARALLELISM": "1",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.password_file),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home / 'airflow.db'}",
            "PYTHONUTF8": "1",
            "SCARF_ANALYTICS": "false",
        }

    @property
    def password_file(self) -> Path:
        """JSON file of the user interface's passwords."""
        return self.home / "passwords.json"

    def install(self) -> bool:
        """Make the virtual environment if it is missing or of another lock file.

        Returns
        -------
        bool
            Whether anything had to be done.
        """
        with _alone(self.project / LOCK_FILE):
            stamp = self.venv / STAMP
            if stamp.is_file() and stamp.read_text() == self.lock_digest:
                return False
            log.info("installing Airflow into %s", self.venv)
            uv = _uv()
            _run([uv, "venv", "--clear", "--python", sys.executable, str(self.venv)], "make a place for Airflow")
            sync = [uv, "pip", "sync", "--require-hashes", "--python", str(self.python)]
            _run([*sync, str(self.project / LOCK_FILE)], "install Airflow")
            stamp.write_text(self.lock_digest)
            return True

    def prepare(self) -> None:
        """Make Airflow's home: its database at this version's schema, and a password for its admin."""
        self.home.mkdir(parents=True, exist_ok=True)
        if not self.password_file.exists():
            self.password_file.touch(mode=0o600)
            self.password_file.write_text(f'{{"{ADMIN}": "{secrets.token_urlsafe(12)}"}}\n')
        with _alone(self.password_file):
            stamp = self.home / "migrated.sha256"
            if stamp.is_file() and stamp.read_text() == self.lock_digest:
                return
            log.info("preparing Airflow's database in %s", self.home)
            _run([str(self.command), "db", "migrate"], "prepare Airflow's database", self.variables())
            stamp.write_text(self.lock_digest)


def _own_command() -> str:
    beside = Path(sys.executable).with_name("groundswell")
    return str(beside) if beside.exists() else shutil.which("groundswell") or "groundswell"


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise LocalStackError("uv, which installs Airflow, is not here", "run `make setup`")
    return found


def _run(command: list[str], purpose: str, variables: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise LocalStackError(f"could not {purpose}:\n{tail}", "correct the cause named above and try again")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock on a file that is there, so that two commands started together don't build the same thing."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
