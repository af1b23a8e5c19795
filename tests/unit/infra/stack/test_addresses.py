"""Addresses are read strictly, and only loopback ones are this machine's business."""

import socket

import pytest

from groundswell.errors import SettingsError
from infra.stack.addresses import Address, accepts_connections, parse_address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
def test_loopback_hosts_are_ours(host: str) -> None:
    assert Address(host, 1).is_loopback


@pytest.mark.parametrize("host", ["10.0.0.7", "kafka.example.org", "0.0.0.0", "::"])
def test_other_hosts_are_somebody_elses(host: str) -> None:
    assert not Address(host, 1).is_loopback


@pytest.mark.parametrize("text", ["127.0.0.1:19092", "[::1]:19092", "localhost:80"])
def test_an_address_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_address(text)) == text


@pytest.mark.parametrize("text", ["", "127.0.0.1", ":19092", "127.0.0.1:port", "127.0.0.1:99999", "::1"])
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="host:port"):
        parse_address(text)


def test_it_is_known_whether_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address("127.0.0.1", listener.getsockname()[1])
        assert accepts_connections(address)
    assert not accepts_connections(address)
