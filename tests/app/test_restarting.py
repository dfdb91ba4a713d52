"""The pages restart behind nginx, as systemd restarts them: whoever asks meanwhile waits, and nothing is done twice."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from sqlalchemy import NullPool, create_engine, text

from tests.support import nginx
from tests.support.activated import log_in, start, stop
from tracing.cli import main

CLIENTS = 2
ANSWERED_BETWEEN = 4
"""Requests that are answered between two restarts."""
COMMAND = [sys.executable, "-m", "tracing.cli", "serve", "--workers", "1"]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Posting:
    """People who log in, again and again, through nginx."""

    def __init__(self, port: int, password: str) -> None:
        self.statuses: list[int | str] = []
        self._port = port
        self._password = password
        self._ended = threading.Event()
        self._changed = threading.Condition()

    def go_on(self) -> None:
        while not self._ended.is_set():
            status = log_in(self._port, "lucie", self._password)
            with self._changed:
                self.statuses.append(status)
                self._changed.notify_all()

    def wait_for_more(self) -> None:
        """Wait until some more were answered."""
        with self._changed:
            enough = len(self.statuses) + ANSWERED_BETWEEN
            assert self._changed.wait_for(lambda: len(self.statuses) >= enough, timeout=90)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.go_on) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()


@pytest.fixture(scope="module")
def settings(server, tmp_path_factory):
    """What two databases of this module's own and a data folder are set by."""
    owner_url, url = server.add_database("restarting")
    keys_owner_url, keys_url = server.add_database("restarting_keys")
    return {
        "TRACING_DATA_DIR": str(tmp_path_factory.mktemp("restarting") / "var"),
        "TRACING_DATABASE_URL": url,
        "TRACING_KEYS_URL": keys_url,
        "TRACING_OWNER_DATABASE_URL": owner_url,
        "TRACING_OWNER_KEYS_URL": keys_owner_url,
        "TRACING_DEMO": "off",
    }


@pytest.mark.slow
@pytest.mark.nginx
@pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx is not installed")
def test_no_request_is_lost_or_done_twice_while_the_pages_restart(settings, tmp_path):
    words = "staff add lucie --name Lucie --site 440 --site-name Nantes --role tracer"
    added = CliRunner().invoke(main, words.split(), env=settings)
    assert added.exit_code == 0, added.output
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        environment = os.environ | settings
        posting = Posting(port, added.output.split()[-1])
        with nginx.serving(tmp_path, port=port, upstream=listener.getsockname()[1]):
            pages = start(COMMAND, listener, environment)
            with posting.going_on():
                posting.wait_for_more()
                for _restart in range(2):
                    stop(pages)
                    pages = start(COMMAND, listener, environment)
                    posting.wait_for_more()
            stop(pages)

    assert set(posting.statuses) == {303}
    with create_engine(settings["TRACING_OWNER_DATABASE_URL"], poolclass=NullPool).connect() as connection:
        done = connection.scalar(text("SELECT count(*) FROM events WHERE kind = 'session.begun'"))
    assert done == len(posting.statuses)


def test_a_platform_started_by_a_script_in_the_background_stops_when_it_is_told_to(settings):
    """Such a shell starts its jobs with SIGINT ignored: SIGTERM stops them."""
    port = {"TRACING_PORT": str(free_port())}
    command = ["bash", "-c", "trap '' INT; exec \"$@\"", "bash", sys.executable, "-m", "tracing.cli", "run"]
    with subprocess.Popen(
        command, env=os.environ | settings | port, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert any("Ready" in line for line in process.stdout)
            process.send_signal(signal.SIGTERM)
            said, _nothing = process.communicate(timeout=60)
        finally:
            process.kill()

    assert (process.returncode, said.splitlines()[-1]) == (0, "Stopped.")
