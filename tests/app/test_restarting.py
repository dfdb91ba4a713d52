"""The pages restart behind nginx, as systemd restarts them: whoever asks meanwhile waits, and nothing is done twice."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from sqlalchemy import NullPool, create_engine, text

from tests.support import nginx
from tests.support.source import ROOT
from tracing.cli import main

CLIENTS = 3
ANSWERED_BETWEEN = 6
"""Requests that are answered between two restarts."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Posting:
    """People who log in, again and again, through nginx."""

    def __init__(self, port: int, password: str) -> None:
        self.statuses: list[int | str] = []
        self._port = port
        self._fields = {"login": "lucie", "password": password}
        self._ended = threading.Event()
        self._changed = threading.Condition()

    def one(self) -> int | str:
        """Post the form once, on a page of one's own."""
        try:
            line = HTTPConnection("127.0.0.1", self._port, timeout=60)
            line.request("GET", "/login")
            page = line.getresponse()
            cookie = (page.headers["Set-Cookie"] or "").split(";")[0]
            [token] = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())[:1]
            body = urlencode(self._fields | {"csrf_token": token})
            line.request("POST", "/login", body, FORM | {"Cookie": cookie})
            answer = line.getresponse()
            answer.read()
            line.close()
        except OSError as lost:
            return repr(lost)
        return answer.status

    def go_on(self) -> None:
        while not self._ended.is_set():
            status = self.one()
            with self._changed:
                self.statuses.append(status)
                self._changed.notify_all()

    def wait_for_more(self) -> None:
        """Wait until some more were answered, or one was lost."""
        with self._changed:
            enough = len(self.statuses) + ANSWERED_BETWEEN
            assert self._changed.wait_for(lambda: len(self.statuses) >= enough, timeout=90)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.go_on) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        yield
        self._ended.set()
        for thread in threads:
            thread.join()


def start(listener: socket.socket, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start the pages with a socket that is already open, as systemd does (sd_listen_fds(3))."""
    handing_over = f'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" 3<&{listener.fileno()}'
    command = [sys.executable, "-m", "tracing.cli", "serve", "--workers", "1"]
    return subprocess.Popen(
        ["bash", "-c", handing_over, "bash", *command],
        cwd=ROOT,
        env=environment,
        pass_fds=[listener.fileno()],
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    _nothing, said = process.communicate(timeout=60)
    assert process.returncode == 0, said


@pytest.mark.nginx
@pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx is not installed")
def test_no_request_is_lost_or_done_twice_while_the_pages_restart(server, tmp_path):
    owner_url, url = server.add_database("restarting")
    keys_owner_url, keys_url = server.add_database("restarting_keys")
    settings = {
        "TRACING_DATA_DIR": str(tmp_path / "var"),
        "TRACING_DATABASE_URL": url,
        "TRACING_KEYS_URL": keys_url,
        "TRACING_DEMO": "off",
    }
    owners = {"TRACING_OWNER_DATABASE_URL": owner_url, "TRACING_OWNER_KEYS_URL": keys_owner_url}
    words = "staff add lucie --name Lucie --site 440 --site-name Nantes --role tracer"
    added = CliRunner().invoke(main, words.split(), env=settings | owners)
    assert added.exit_code == 0, added.output
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        environment = os.environ | settings
        posting = Posting(port, added.output.split()[-1])
        with nginx.serving(tmp_path, port=port, upstream=listener.getsockname()[1]):
            pages = start(listener, environment)
            with posting.going_on():
                posting.wait_for_more()
                for _restart in range(2):
                    stop(pages)
                    pages = start(listener, environment)
                    posting.wait_for_more()
            stop(pages)

    assert set(posting.statuses) == {303}
    with create_engine(owner_url, poolclass=NullPool).connect() as connection:
        done = connection.scalar(text("SELECT count(*) FROM events WHERE kind = 'session.begun'"))
    assert done == len(posting.statuses)
