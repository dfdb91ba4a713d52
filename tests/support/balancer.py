"""A small load balancer: checks whether each host is ready, and sends requests to those that are."""

from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Event, Thread
from types import TracebackType
from typing import NamedTuple, Self

LOOK_EVERY = 0.1


class Page(NamedTuple):
    """The response of a host."""

    status: int
    text: str


class Balancer:
    """The addresses of the hosts, and which of them are ready."""

    def __init__(self, hosts: Sequence[tuple[str, int]], *, from_address: str | None = None) -> None:
        self.hosts = list(hosts)
        self.ready: set[int] = set()
        self._from = (from_address, 0) if from_address else None
        self._turn = count()
        self._closing = Event()
        self._looking = [Thread(target=self._look, args=(number,)) for number in range(len(hosts))]

    def __enter__(self) -> Self:
        for thread in self._looking:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for thread in self._looking:
            thread.join()

    def get(self, path: str, *, cookie: str) -> Page:
        """Send a request to the next host that is ready."""
        ready = sorted(self.ready)
        return self.ask(ready[next(self._turn) % len(ready)], path, cookie=cookie)

    def ask(self, number: int, path: str, *, cookie: str = "") -> Page:
        """Send a request to one host, ready or not, and wait for its answer."""
        host, port = self.hosts[number]
        connection = HTTPConnection(host, port, source_address=self._from)
        try:
            connection.request("GET", path, headers={"Cookie": cookie, "Connection": "close"})
            answer = connection.getresponse()
            return Page(answer.status, answer.read().decode())
        finally:
            connection.close()

    def wait_until_ready(self, *numbers: int) -> None:
        """Wait until exactly these hosts are ready."""
        while self.ready != set(numbers):
            self._closing.wait(LOOK_EVERY)

    def _look(self, number: int) -> None:
        while not self._closing.wait(LOOK_EVERY):
            try:
                is_ready = self.ask(number, "/readyz").status == 200
            except (OSError, HTTPException):
                is_ready = False
            # other threads read this set, so it is replaced, not changed
            self.ready = self.ready | {number} if is_ready else self.ready - {number}
