"""Ports: whether one is free, and who has it if not."""

import contextlib
import random
import socket
from dataclasses import dataclass

import psutil

from groundswell.errors import LocalStackError
from infra.stack.addresses import Address

_QUIET_PORTS = range(20_000, 32_000)


@dataclass(frozen=True)
class Port:
    """A port that a server needs, and the environment variable that moves it."""

    address: Address
    variable: str
    value_format: str

    def setting(self, port: int) -> str:
        """Return the environment assignment that moves this port to another number."""
        return f"{self.variable}={self.value_format.format(host=self.address.host, port=port)}"


def is_free(address: Address) -> bool:
    """Whether a server could listen at the address."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free at this moment, out of those that the system gives to no outgoing connection."""
    for port in random.sample(_QUIET_PORTS, 100):
        if is_free(Address(host, port)):
            return port
    raise LocalStackError(f"no free port found on {host}", "stop some servers")


def holder(port: int) -> str:
    """Say which process listens on a port, as far as this user may see."""
    pid = _listening_pid(port)
    if pid is None:
        return "a process that this user may not see"
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            command = " ".join(process.cmdline())
            return f"{process.name()} (pid {pid}, user {process.username()}): {command[:160]}"
    except psutil.Error:
        return f"pid {pid}"


def _listening_pid(port: int) -> int | None:
    with contextlib.suppress(psutil.AccessDenied):
        for connection in psutil.net_connections("tcp"):
            # An address is an empty tuple where there is none.
            _, listened_port = connection.laddr or ("", None)
            if connection.status == psutil.CONN_LISTEN and listened_port == port and connection.pid:
                return connection.pid
    return None


def require_free(server: str, ports: tuple[Port, ...]) -> None:
    """Raise if one of a server's ports is taken, naming who has it and how to use another.

    Raises
    ------
    LocalStackError
        A port is taken.
    """
    for port in ports:
        if not is_free(port.address):
            suggestion = port.setting(free_port(port.address.host))
            raise LocalStackError(
                f"{server} needs port {port.address.port}, which is taken by {holder(port.address.port)}",
                f"stop that process, or use another port: {suggestion}",
            )
