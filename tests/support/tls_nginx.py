"""Debian's nginx with deploy/nginx.conf unchanged except for ports, certificate and log folder."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.source import ROOT

CONFIGURATION = ROOT / "deploy/nginx.conf"
MAIN = """\
{user}
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 768; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/tracing.conf;
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx: its ports on this machine, and where its logs are."""

    port: int
    plain_port: int
    folder: Path

    def log(self) -> str:
        """Return the access log so far."""
        return (self.folder / "tracing.access.log").read_text(encoding="utf-8")


def find_nginx() -> str | None:
    """Return the path of nginx, which Debian installs outside an ordinary user's path."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def written(folder: Path, *, name: str, port: int, plain_port: int, behind: int) -> Path:
    """Write deploy/nginx.conf for this machine, and Debian's main configuration around it; return the main file."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    replaced = {
        "tracing.example.org": name,
        "server 127.0.0.1:8000": f"server 127.0.0.1:{behind}",
        "listen 80 ": f"listen 127.0.0.1:{plain_port} ",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "/etc/nginx/tracing.": f"{folder}/tracing.",
        "/var/log/nginx/": f"{folder}/",
    }
    for ours, here in replaced.items():
        assert ours in text, f"deploy/nginx.conf has no {ours!r} any more"
        text = text.replace(ours, here)
    # not every machine has IPv6
    text = re.sub(r"(?m)^ *listen \[::\].*\n", "", text)
    (folder / "tracing.conf").write_text(text, encoding="utf-8")
    main = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")
    return main


@contextmanager
def nginx(folder: Path, *, name: str, port: int, plain_port: int, behind: int) -> Iterator[Nginx]:
    """Run nginx in front of a port of this machine; the folder holds `tracing.crt` and `tracing.key`."""
    main = written(folder, name=name, port=port, plain_port=plain_port, behind=behind)
    program = find_nginx()
    assert program is not None
    words = [program, "-c", str(main), "-p", str(folder)]
    # nginx returns once it is listening
    subprocess.run(words, check=True)
    try:
        yield Nginx(port, plain_port, folder)
    finally:
        subprocess.run([*words, "-s", "stop"], check=True)
