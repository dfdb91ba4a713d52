"""A TCP relay to a database that can stop passing data, like a cut cable or a stopped process."""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Self

from sqlalchemy import make_url

CHUNK = 65_536


class Relay:
    """Relays bytes between a local port and a server; while silent, it accepts connections but passes nothing on."""

    def __init__(self, url: str) -> None:
        target = make_url(url)
        self._connect = _way_to(target.query.get("host"), target.query.get("port"), target.host, target.port)
        self._speaks = Event()
        self._speaks.set()
        self._closed = False
        self._wires: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = target.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        self.accepted = 0
        """Number of connections so far."""

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def _run(self, work: Callable[..., None], *wires: socket.socket) -> None:
        thread = Thread(target=work, args=wires, daemon=True)
        self._threads.append(thread)
        thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._speaks.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        while alive := [one for one in self._threads if one.is_alive()]:
            for wire in list(self._wires):
                with suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)
            alive[0].join(0.1)
        for wire in (self._listener, *self._wires):
            wire.close()

    def fall_silent(self) -> None:
        """Pass nothing on, in neither direction."""
        self._speaks.clear()

    def speak(self) -> None:
        """Pass data on again, waiting data first."""
        self._speaks.set()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._wires.append(client)
            self._run(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        self._speaks.wait()
        try:
            server = self._connect()
        except OSError:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            return
        self._wires.append(server)
        self._run(self._pass_on, server, client)
        self._pass_on(client, server)

    def _pass_on(self, source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(CHUNK):
                self._speaks.wait()
                to.sendall(piece)
        self._speaks.wait()  # while silent, the end of a connection is not passed on either
        with suppress(OSError):
            to.shutdown(socket.SHUT_RDWR)


def _way_to(
    folder: object, socket_port: object, host: str | None, port: int | None
) -> Callable[[], socket.socket]:
    def connect() -> socket.socket:
        if folder:
            wire = socket.socket(socket.AF_UNIX)
            wire.connect(f"{folder}/.s.PGSQL.{socket_port}")
            return wire
        return socket.create_connection((host or "127.0.0.1", port or 5432))

    return connect
