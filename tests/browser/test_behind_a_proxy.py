"""The product behind TLS: one logs in, works and leaves in a real browser, and nobody passes for somebody else."""

import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from socket import create_connection
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select

from tests.browser.conftest import LogIn, free_port
from tests.support.live import Live, begun
from tests.support.platform import PASSWORD
from tests.support.source import ROOT
from tests.support.tls_nginx import Nginx, find_nginx, nginx
from tests.support.tls_proxy import tls_proxy, write_certificate
from tracing.kernel import clock
from tracing.kernel.db import session, transaction
from tracing.kernel.secrets import write_private
from tracing.staff import queries, services
from tracing.staff.models import LoginAttempt

NAME = "tracing.localhost"
"""Browsers find what ends in .localhost on this machine, and send it as a name in TLS."""
MIB = 1024 * 1024

needs_nginx = pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed")


@dataclass(frozen=True)
class Hidden:
    """A host that browsers reach through a proxy only; `folder` holds the proxy's certificate and key."""

    live: Live
    port: int
    public_port: int
    folder: Path

    @property
    def name(self) -> str:
        """What stands in a Host header."""
        return f"{NAME}:{self.public_port}"

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"https://{self.name}"


@pytest.fixture(scope="module")
def hidden(
    live_engines: tuple[Engine, Engine, Live], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hidden]:
    """`tracing serve`, told its public address and its proxy, and two people with a password; no proxy runs yet."""
    with begun(*live_engines) as live:
        with transaction():
            for member in (live.story.ada, live.story.abel):
                services.set_password(queries.get_member(member.id), PASSWORD, by=None, at=clock.now())
        data_dir, folder = tmp_path_factory.mktemp("host"), tmp_path_factory.mktemp("proxy")
        write_private(data_dir / "keys/master.key", live.master)
        write_certificate(folder, NAME)
        host = Hidden(live, free_port(), free_port(), folder)
        environment = os.environ | {
            "TRACING_DATA_DIR": str(data_dir),
            "TRACING_DATABASE_URL": live.url,
            "TRACING_KEYS_URL": live.keys_url,
            "TRACING_PORT": str(host.port),
            "TRACING_PUBLIC_URL": host.address,
            "TRACING_TRUSTED_PROXIES": "127.0.0.1",
        }
        command = [sys.executable, "-m", "tracing.cli", "serve", "--workers", "1"]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                said = []
                for line in process.stderr or ():
                    said.append(line)
                    if "pages served" in line:
                        break
                assert process.poll() is None, "".join(said)
                yield host
                process.terminate()
                _said, more = process.communicate(timeout=60)
                assert process.returncode == 0, more
            finally:
                process.kill()


@pytest.fixture
def platform(hidden: Hidden) -> Hidden:
    """Where `log_in` of the other browser tests goes."""
    return hidden


@pytest.fixture
def small_proxy(hidden: Hidden) -> Iterator[None]:
    with tls_proxy(hidden.public_port, behind=hidden.port, folder=hidden.folder):
        yield


@pytest.fixture
def debians_nginx(hidden: Hidden) -> Iterator[Nginx]:
    with nginx(
        hidden.folder, name=NAME, port=hidden.public_port, plain_port=free_port(), behind=hidden.port
    ) as running:
        yield running


def work_and_leave(page: Page, address: str) -> None:
    """Post a form, look at the cookies, and log out."""
    page.get_by_role("button", name="Faire une pause").click()
    expect(page.get_by_role("button", name="Reprendre")).to_be_visible()
    for cookie in page.context.cookies():
        assert cookie["name"].startswith("__Host-")
        assert cookie["secure"]
    shown = page.goto(f"{address}/account")
    assert shown is not None
    assert shown.header_value("Strict-Transport-Security") == "max-age=31536000"

    page.evaluate("document.querySelector('form[action=\"/logout\"]').requestSubmit()")

    page.wait_for_url(f"{address}/login")
    assert "__Host-tracing_session" not in {cookie["name"] for cookie in page.context.cookies()}


@pytest.mark.browser
def test_one_logs_in_works_and_leaves_through_a_tls_proxy(
    small_proxy: None, log_in: LogIn, hidden: Hidden
) -> None:
    work_and_leave(log_in("ada"), hidden.address)


@pytest.mark.browser
@pytest.mark.nginx
@needs_nginx
def test_one_logs_in_works_and_leaves_through_nginx(
    debians_nginx: Nginx, log_in: LogIn, hidden: Hidden
) -> None:
    work_and_leave(log_in("abel"), hidden.address)

    home = HTTPConnection("127.0.0.1", debians_nginx.plain_port)
    home.request("GET", "/desk?from=mail", headers={"Host": "evil.example"})
    moved = home.getresponse()
    home.close()
    assert (moved.status, moved.headers["Location"]) == (301, f"https://{NAME}/desk?from=mail")


def ask(proxy: Nginx, method: str, path: str, **given: object) -> tuple[HTTPResponse, str]:
    """Send a request as a client that is no browser, from another address of this machine."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection(
        "127.0.0.1", proxy.port, source_address=("127.0.0.2", 0), context=trusting, timeout=60
    )
    connection.request(method, path, **given)  # type: ignore[arg-type]
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return answer, page


@pytest.mark.nginx
@needs_nginx
def test_nginx_says_who_asks_and_takes_nobody_s_word_for_it(debians_nginx: Nginx, hidden: Hidden) -> None:
    forged = {
        "Host": hidden.name,
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
    }
    answer, page = ask(debians_nginx, "GET", "/login?login=secret", headers=forged)
    assert answer.status == 200
    cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None

    refused, _page = ask(
        debians_nginx,
        "POST",
        "/login",
        body=urlencode({"login": "nobody", "password": "wrong", "csrf_token": token[1]}),
        headers=forged
        | {
            "Cookie": cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": hidden.address,
        },
    )

    assert refused.status == 422
    assert failed_from() == ["127.0.0.2"]
    ask(debians_nginx, "GET", "/welcome/a-secret-of-an-invitation", headers=forged)
    assert ask(debians_nginx, "GET", "/login", headers={"Host": "evil.example"})[0].status == 400
    logged = debians_nginx.log()
    assert "127.0.0.2 [" in logged
    assert '"GET /welcome/..."' in logged
    assert "secret" not in logged


def failed_from() -> list[str]:
    """Return from where names were tried in vain."""
    with transaction():
        chosen = select(LoginAttempt.address).where(LoginAttempt.succeeded.is_(False))
        return list(session.scalars(chosen))


@pytest.mark.nginx
@needs_nginx
def test_nginx_lets_through_as_much_as_the_product_takes_and_the_product_says_when_it_is_too_much(
    debians_nginx: Nginx, hidden: Hidden
) -> None:
    headers = {
        "Host": hidden.name,
        "Origin": hidden.address,
        "Content-Type": "application/x-www-form-urlencoded",
    }

    answer, page = ask(debians_nginx, "POST", "/login", body=b"a" * (65 * MIB), headers=headers)
    assert answer.status == 413
    assert "Demandez à l’expéditeur" in page
    assert 'href="/assets/' in page, "the product's page, not nginx's"

    answer, page = ask(debians_nginx, "POST", "/login", headers=headers | {"Content-Length": str(100 * MIB)})
    assert answer.status == 413
    assert "Demandez à l’expéditeur" in page


def test_whoever_sends_too_much_gets_the_answer_and_no_broken_connection(hidden: Hidden) -> None:
    headers = {
        "Host": hidden.name,
        "Origin": hidden.address,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = HTTPConnection("127.0.0.1", hidden.port)

    connection.request("POST", "/login", body=b"a" * (65 * MIB), headers=headers)
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()

    assert answer.status == 413
    assert "Demandez à l’expéditeur" in page


@pytest.mark.nginx
@needs_nginx
def test_a_hundred_half_sent_requests_keep_nobody_out(debians_nginx: Nginx, hidden: Hidden) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with ExitStack() as open_ones:
        for number in range(110):
            plain = open_ones.enter_context(create_connection(("127.0.0.1", hidden.public_port)))
            half_sent = open_ones.enter_context(trusting.wrap_socket(plain))
            length = "" if number % 2 else "Content-Length: 50\r\n\r\nlogin="
            half_sent.sendall(f"POST /login HTTP/1.1\r\nHost: {hidden.name}\r\n{length}".encode())

        answer, _page = ask(debians_nginx, "GET", "/login", headers={"Host": hidden.name})

    assert answer.status == 200
