"""Ports: defaults, changes, and naming what is in the way."""

import socket

import pytest

from matricula_localstack.ports import (
    OFFSETS,
    BadPortError,
    free_ports,
    is_free,
    ports_from,
    taken,
)


def test_no_two_listeners_share_a_default_port() -> None:
    assert len(set(OFFSETS.values())) == len(OFFSETS)


def test_defaults_stand_on_the_base() -> None:
    ports = ports_from({})
    assert (ports["gateway"], ports["postgres"], ports["kafka"]) == (8080, 8432, 8092)


def test_the_base_moves_every_port() -> None:
    moved, before = ports_from({"MATRICULA_PORT_BASE": "20000"}), ports_from({})
    assert all(moved[name] == before[name] + 12000 for name in OFFSETS)


def test_one_port_moves_alone() -> None:
    ports = ports_from({"MATRICULA_PORT_GATEWAY_INTERNAL": "9999"})
    assert ports["gateway-internal"] == 9999
    assert ports["gateway"] == 8080


@pytest.mark.parametrize("text", ["", "0", "-1", "65536", "80a", "٨٠", " 80"])
def test_a_port_that_is_none_is_refused_by_its_variable(text: str) -> None:
    with pytest.raises(BadPortError, match="MATRICULA_PORT_ISSUER"):
        ports_from({"MATRICULA_PORT_ISSUER": text})


def test_a_base_that_pushes_a_port_over_the_limit_is_refused() -> None:
    with pytest.raises(BadPortError):
        ports_from({"MATRICULA_PORT_BASE": "65500"})


def test_a_port_in_use_is_named_with_its_purpose() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not is_free(port)
        (sentence,) = taken([(port, "the public entrance"), (free_ports(1)[0], "nothing")])
    assert f"port {port} (the public entrance) is in use" in sentence
    assert is_free(port)


def test_a_free_port_is_kept_for_the_server_that_names_it() -> None:
    (port,) = free_ports(1)
    for _ in range(2):  # also again, after a server has ended
        with socket.create_server(("127.0.0.1", port)) as server:
            assert server.getsockname()[1] == port
    with socket.socket() as another, pytest.raises(OSError, match="in use"):
        another.bind(("127.0.0.1", port))
