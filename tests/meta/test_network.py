"""No test reaches beyond this machine: what one would fetch from outside may change, or be gone."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_a_test_that_calls_outside_fails():
    # UDP and an address for documentation: nothing is sent even where the guard is missing
    with (
        socket.socket(type=socket.SOCK_DGRAM) as wire,
        pytest.warns(UserWarning, match="192.0.2.1"),
        pytest.raises(SocketConnectBlockedError),
    ):
        wire.connect(("192.0.2.1", 9))


def test_a_test_may_call_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
