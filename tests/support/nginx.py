"""nginx with deploy/nginx.conf, on a free local port and without TLS, for tests of the pages behind it."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.source import ROOT

PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {rest}
}}
"""


def without_tls(text: str, *, port: int, upstream: int, folder: Path) -> str:
    """Return deploy/nginx.conf for one plain HTTP port: everything that concerns the pages is unchanged."""
    redirecting = text.index("server {\n    listen 80")
    text = text[:redirecting] + text[text.index("server {\n    listen 443") :]
    text = re.sub(r"^ *(ssl_\w+|listen \[::\]).*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"listen 443 ssl http2", f"listen 127.0.0.1:{port}", text)
    text = text.replace("server 127.0.0.1:8000", f"server 127.0.0.1:{upstream}")
    return text.replace("/var/log/nginx", str(folder))


def answers(port: int) -> bool:
    """Say whether a local port accepts connections."""
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(folder: Path, *, port: int, upstream: int) -> Iterator[None]:
    """Run nginx in front of `upstream` until the block ends."""
    assert PROGRAM is not None
    conf = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    rest = without_tls(conf, port=port, upstream=upstream, folder=folder)
    file = folder / "nginx.conf"
    file.write_text(MAIN.format(folder=folder, rest=rest), encoding="utf-8")
    with subprocess.Popen([PROGRAM, "-e", str(folder / "start.log"), "-c", str(file)]) as process:
        try:
            while not answers(port):
                assert process.poll() is None, (folder / "start.log").read_text()
            yield
        finally:
            process.terminate()
