"""Where the demonstration plays: a home, ports and settings of its own, made anew each time."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from groundswell.settings import Settings, load_settings
from infra.stack.local import stop_stack
from infra.stack.ports import free_port

CONF_NAME = "groundswell.toml"
# What one run leaves and the next must not find; the made data set stays, for it would be the same again.
_LEFT_BEHIND = ("data", "checkpoints", "logs", "run", "spark-warehouse")


@dataclass(frozen=True)
class Stage:
    """The demonstration's settings, and how its commands are called."""

    settings: Settings
    conf: Path

    @property
    def data_set(self) -> Path:
        """Folder of the made posts."""
        return self.settings.absolute_home / "posts"

    @property
    def logs(self) -> Path:
        """Folder of the servers' and the stream's logs."""
        return self.settings.absolute_home / "logs"

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a `groundswell` sub-command."""
        return [sys.executable, "-m", "groundswell.cli", *arguments]


def _text(home: Path, jars: Path, ports: list[int]) -> str:
    kafka, controller, postgres, lake = ports
    return (
        f"# Written by `groundswell demo`; point GROUNDSWELL_CONF here to look around in what it left.\n"
        f'home = "{home}"\njars_dir = "{jars}"\n'
        f'[kafka]\nbootstrap_servers = "127.0.0.1:{kafka}"\ncontroller_port = {controller}\n'
        f"[postgres]\nport = {postgres}\n"
        f'[lake]\nendpoint_url = "http://127.0.0.1:{lake}"\n'
    )


def _distinct_free_ports(number: int) -> list[int]:
    ports: set[int] = set()
    while len(ports) < number:
        ports.add(free_port())
    return sorted(ports)


def set_the_stage() -> Stage:
    """Stop and clear what the last demonstration left, choose free ports, and settle this process's settings.

    Settings that the user has in the environment are for another stack: they are taken out of it, for this process and
    its children.
    """
    users = load_settings()
    home, jars = users.absolute_home / "demo", users.jars_root
    for name in [name for name in os.environ if name.startswith("GROUNDSWELL_")]:
        del os.environ[name]
    conf = home / CONF_NAME
    os.environ["GROUNDSWELL_CONF"] = str(conf)
    if conf.is_file():
        stop_stack(load_settings(), lambda _: None)
    for name in _LEFT_BEHIND:
        shutil.rmtree(home / name, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    conf.write_text(_text(home, jars, _distinct_free_ports(4)), encoding="utf-8")
    settings = load_settings()
    (home / "logs").mkdir(exist_ok=True)
    return Stage(settings, conf)
