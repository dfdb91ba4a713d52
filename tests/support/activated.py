"""Start the pages as systemd does: with a socket that is already open (sd_listen_fds(3))."""

import re
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from urllib.parse import urlencode

from tests.support.source import ROOT


def start(
    command: Sequence[str], listener: socket.socket, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Start a command with `listener` as its open socket."""
    handing_over = f'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" 3<&{listener.fileno()}'
    return subprocess.Popen(
        ["bash", "-c", handing_over, "bash", *command],
        cwd=ROOT,
        env=environment,
        pass_fds=[listener.fileno()],
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str]) -> None:
    """Stop the process as systemd does; it must end cleanly."""
    process.send_signal(signal.SIGTERM)
    try:
        _nothing, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, said


def log_in(port: int, login: str, password: str, *, headers: Mapping[str, str] | None = None) -> int | str:
    """Open the log-in page and post its form; return the status, that of a page without a form, or a network error."""
    sent = dict(headers or {})
    try:
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        line.request("GET", "/login", headers=sent)
        page = line.getresponse()
        cookie = (page.headers["Set-Cookie"] or "").split(";")[0]
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
        if token is None:
            return page.status
        body = urlencode({"login": login, "password": password, "csrf_token": token[1]})
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        line.request("POST", "/login", body, sent | form)
        answer = line.getresponse()
        answer.read()
        line.close()
    except OSError as lost:
        return repr(lost)
    return answer.status
