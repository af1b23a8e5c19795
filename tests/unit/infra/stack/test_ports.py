"""A taken port is named with the process that has it and the setting that moves it."""

import os
import socket
from collections.abc import Iterator

import pytest

from groundswell.errors import LocalStackError
from infra.stack.addresses import Address
from infra.stack.ports import Port, free_port, holder, is_free, require_free


@pytest.fixture
def taken() -> Iterator[Port]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield port(listener.getsockname()[1])


def port(number: int) -> Port:
    return Port(Address("127.0.0.1", number), "GROUNDSWELL_LAKE__ENDPOINT_URL", "http://{host}:{port}")


def test_a_listening_port_is_not_free(taken: Port) -> None:
    assert not is_free(taken.address)


def test_a_found_free_port_is_free() -> None:
    assert is_free(Address("127.0.0.1", free_port()))


def test_the_holder_is_named_with_its_pid(taken: Port) -> None:
    assert f"pid {os.getpid()}" in holder(taken.address.port)


def test_an_unheld_port_has_no_known_holder() -> None:
    assert "may not see" in holder(free_port())


def test_a_taken_port_gives_cause_and_way_out(taken: Port) -> None:
    with pytest.raises(LocalStackError) as caught:
        require_free("S3", (port(free_port()), taken))

    assert f"S3 needs port {taken.address.port}" in caught.value.message
    assert f"pid {os.getpid()}" in caught.value.message
    assert "GROUNDSWELL_LAKE__ENDPOINT_URL=http://127.0.0.1:" in caught.value.way_out


def test_free_ports_raise_nothing() -> None:
    require_free("S3", (port(free_port()),))
