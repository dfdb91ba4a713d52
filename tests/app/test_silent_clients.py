"""Clients that begin a request and say no more: others are answered all the same, and they are let go."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from threading import Event, Thread

import pytest
from flask import Flask
from waitress.wasyncore import close_all

from tracing.app.serving import SILENT_FOR, make_server

MANY = 150
HALF = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nlogin="


@contextmanager
def serving(app: Flask, *, silent_for: int = SILENT_FOR) -> Iterator[int]:
    """Serve on a free port."""
    server = make_server(app, host="127.0.0.1", port=0, silent_for=silent_for)
    thread = Thread(target=server.run)
    thread.start()
    yield server.effective_port
    server.trigger.pull_trigger(lambda: close_all(server._map))
    thread.join()
    server.task_dispatcher.shutdown()


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.go_on = Event()
    app.add_url_rule("/", view_func=lambda: "here", endpoint="page")
    app.add_url_rule("/long", view_func=lambda: str(app.go_on.wait()), endpoint="long")
    return app


def ask(port: int, path: str = "/") -> str:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


def half_a_request(port: int, until: ExitStack) -> socket.socket:
    wire = until.enter_context(socket.create_connection(("127.0.0.1", port)))
    wire.sendall(HALF)
    return wire


def test_many_half_sent_requests_keep_nobody_waiting(app: Flask):
    with serving(app) as port, ExitStack() as until:
        for _ in range(MANY):
            half_a_request(port, until)

        assert ask(port) == "here"


def test_a_silent_client_is_let_go_and_one_that_waits_for_its_answer_is_not(app: Flask):
    with serving(app, silent_for=1) as port, ExitStack() as until:
        asking = until.enter_context(socket.create_connection(("127.0.0.1", port)))
        asking.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        silent = half_a_request(port, until)

        assert silent.recv(1) == b"", "it was let go"
        app.go_on.set()
        with asking.makefile("rb") as answer:
            assert answer.read().endswith(b"True")
