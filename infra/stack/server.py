"""What the supervisor has to know about a server to start, probe and stop it."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.stack.ports import Port


@dataclass(frozen=True)
class Launch:
    """How to start a server: made only when one is started, since it looks for Java and writes configuration."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None


@dataclass(frozen=True)
class Server:
    """One server of the local stack.

    `prepare` brings its folder into a state to start from and says how to start it; `probe` raises as long as it isn't
    healthy.
    """

    name: str
    ports: tuple[Port, ...]
    run_dir: Path
    logs_dir: Path
    prepare: Callable[[], Launch]
    probe: Callable[[], None]
    jar_set: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_deadline_seconds: float = 20.0
    start_deadline_seconds: float = 90.0

    @property
    def key(self) -> str:
        """The name as it stands in file names.

        >>> Server("S3", (), Path(), Path(), lambda: Launch((), Path()), lambda: None).key
        's3'
        """
        return self.name.lower()

    @property
    def is_local(self) -> bool:
        """Whether the settings point at this machine, so that the server is ours to start."""
        return all(port.address.is_loopback for port in self.ports)

    @property
    def pid_file(self) -> Path:
        """The file that says which process it is."""
        return self.run_dir / f"{self.key}.pid"

    @property
    def log(self) -> Path:
        """What the server itself prints."""
        return self.logs_dir / f"{self.key}.log"
