"""Host and port of each server, and whether that is this machine's business."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from groundswell.errors import SettingsError


@dataclass(frozen=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine's own loopback address.

        >>> Address("localhost", 1).is_loopback, Address("10.0.0.7", 1).is_loopback
        (True, False)
        """
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read `host:port`.

    >>> parse_address("[::1]:19092")
    Address(host='::1', port=19092)
    """
    try:
        parts = urlsplit(f"//{text.strip()}")
        if parts.hostname and parts.port:
            return Address(parts.hostname, parts.port)
    except ValueError:
        pass
    raise SettingsError(f"{text!r} is no host:port", "write it like 127.0.0.1:19092")


def accepts_connections(address: Address, timeout_seconds: float = 1.0) -> bool:
    """Whether something listens at the address."""
    try:
        with socket.create_connection((address.host, address.port), timeout_seconds):
            return True
    except OSError:
        return False
