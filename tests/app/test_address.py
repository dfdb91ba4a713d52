"""Client, scheme and host come from the settings and the proxies they name, whatever a request says of itself."""

import re

import pytest
from flask import request
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.conftest import NOW
from tests.onboarding.conftest import CONTRACT_END
from tests.support.source import calls, modules
from tests.support.story import PASSWORD
from tests.support.web import Browser, Visitor
from tracing.app import create_app, serving
from tracing.app.middleware.address import FORWARDED
from tracing.kernel.addresses import parse_proxies
from tracing.kernel.config import Settings
from tracing.staff import services
from tracing.staff.login import sessions
from tracing.staff.models import LoginAttempt

PUBLIC = "https://tracing.example.org"
NAME = "tracing.example.org"
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
}


def platform(tmp_path, *, public_url=None, proxies="", secure_cookies=None):
    """Return the application with these settings."""
    secure = public_url is not None if secure_cookies is None else secure_cookies
    settings = Settings(
        data_dir=tmp_path,
        public_url=public_url,
        trusted_proxies=parse_proxies(proxies),
        secure_cookies=secure,
    )
    application = create_app(settings, secret_key="for tests only")
    application.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return application


def seen(application, *, peer, **headers):
    """Return what the application believes of a request: the client, the scheme and the host."""
    believed = []

    @application.before_request
    def look():
        believed.append((request.remote_addr, request.scheme, request.host))
        believed.extend(name for name in FORWARDED if name in request.environ)

    application.test_client().get(
        "/login",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        environ_overrides={"REMOTE_ADDR": peer},
    )
    return believed


def test_forged_headers_of_a_stranger_change_nothing(tmp_path):
    application = platform(tmp_path, proxies="10.0.0.0/8")

    believed = seen(application, peer="198.51.100.7", **FORGED, Host="tracing.test")

    assert believed == [("198.51.100.7", "http", "tracing.test")]


def test_a_trusted_proxy_says_who_asks_over_what_and_under_which_name(tmp_path):
    application = platform(tmp_path, proxies="10.0.0.0/8")

    believed = seen(
        application,
        peer="10.0.0.1",
        X_Forwarded_For="192.0.2.1, 203.0.113.9",
        X_Forwarded_Proto="http, https",
        X_Forwarded_Host="evil.example, tracing.test",
        Host="10.0.0.2:8000",
    )

    assert believed == [("203.0.113.9", "https", "tracing.test")]


def test_a_scheme_that_is_none_is_not_believed_even_of_a_proxy(tmp_path):
    application = platform(tmp_path, proxies="10.0.0.0/8")

    [(_client, scheme, _host)] = seen(application, peer="10.0.0.1", X_Forwarded_Proto="javascript")

    assert scheme == "http"


@pytest.mark.parametrize("host", [NAME, f"{NAME}:8443", NAME.upper()])
@pytest.mark.parametrize("peer", ["10.0.0.1", "198.51.100.7"])
def test_with_a_public_address_scheme_and_host_are_its_own(tmp_path, host, peer):
    application = platform(tmp_path, public_url=PUBLIC, proxies="10.0.0.0/8")

    [(_client, scheme, believed)] = seen(application, peer=peer, Host=host, X_Forwarded_Proto="http")

    assert (scheme, believed) == ("https", NAME)


def test_a_proxy_that_changes_the_host_may_say_which_one_was_asked_for(tmp_path):
    application = platform(tmp_path, public_url=PUBLIC, proxies="10.0.0.0/8")

    [(_client, scheme, believed)] = seen(
        application, peer="10.0.0.1", Host="10.0.0.2:8000", X_Forwarded_Host=NAME
    )

    assert (scheme, believed) == ("https", NAME)


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.2:8000", f"{NAME}.evil.example", "[::1", "a b"])
def test_pages_are_refused_under_another_name(tmp_path, story, host):
    visitor = Browser(platform(tmp_path, public_url=PUBLIC)).stranger()

    answer = visitor.get("/login", status=400, headers={"Host": host})

    assert "l’adresse de la plateforme" in answer.text
    assert host not in answer.text


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machine_may_ask_by_its_own_names(tmp_path, story, host):
    visitor = Browser(platform(tmp_path, public_url=PUBLIC)).stranger()

    visitor.get("/login", headers={"Host": host})


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/assets/tracing.css"])
def test_who_watches_the_hosts_may_ask_by_any_name(tmp_path, story, path):
    client = platform(tmp_path, public_url=PUBLIC).test_client()

    with client.get(path, headers={"Host": "10.0.0.2:8000"}) as answer:
        assert answer.status_code != 400


def test_a_failed_log_in_counts_for_who_asked_the_proxy_and_for_nobody_they_name(tmp_path, story, session):
    application = platform(tmp_path, proxies="10.0.0.0/8")
    for peer, said in (("10.0.0.1", "192.0.2.1, 203.0.113.9"), ("198.51.100.7", "203.0.113.9")):
        application.test_client().post(
            "/login",
            data={"login": "nobody", "password": "wrong"},
            headers={"X-Forwarded-For": said},
            environ_overrides={"REMOTE_ADDR": peer},
        )

    addresses = session.scalars(select(LoginAttempt.address).order_by(LoginAttempt.id)).all()
    assert addresses == ["203.0.113.9", "198.51.100.7"]


def test_the_server_of_one_process_leaves_forwarded_headers_to_the_application(tmp_path, story):
    application = platform(tmp_path, proxies="10.0.0.0/8")
    believed = []
    application.before_request(lambda: believed.append(request.remote_addr))
    server = serving.make_server(application, host="127.0.0.1", port=0)
    asked = EnvironBuilder(path="/login", headers={"X-Forwarded-For": "203.0.113.9"}).get_environ()

    run_wsgi_app(server.application, asked | {"REMOTE_ADDR": "10.0.0.1"}, buffered=True)
    server.close()

    assert believed == ["203.0.113.9"]


def invitation_shown(visitor, **kwargs):
    page = visitor.post(
        "/recruits/new",
        {"name": "Nora", "login": "nora", "contract_ends_on": CONTRACT_END.isoformat()},
        status=200,
        **kwargs,
    )
    return re.search(r'value="([^"]*/welcome/)', page.text)[1], page.text


@pytest.mark.parametrize(
    ("settings", "host", "begins"),
    [
        ({"public_url": PUBLIC}, NAME, f"{PUBLIC}/welcome/"),
        ({"public_url": PUBLIC}, "localhost:8000", f"{PUBLIC}/welcome/"),
        ({}, "evil.example", "http://127.0.0.1:8000/welcome/"),
        # TLS ends in front, where is not said: better no address than a wrong one
        ({"secure_cookies": True}, "evil.example", "/welcome/"),
    ],
)
def test_the_link_of_an_invitation_never_comes_from_the_host_that_was_asked_for(
    tmp_path, story, settings, host, begins
):
    application = platform(tmp_path, **settings)
    begun = sessions.begin(story.rose, device="Firefox, Linux", at=NOW)
    sessions.work_at(begun.session, story.nantes.id)
    name = "__Host-tracing_session" if settings else "tracing_session"
    visitor = Visitor(application.test_client(use_cookies=False))

    link, page = invitation_shown(visitor, headers={"Host": host, "Cookie": f"{name}={begun.token}"})

    assert link == begins
    assert ("Écrivez devant l’adresse" in page) is (begins == "/welcome/")


def test_no_address_is_built_from_the_request():
    external = [
        f"{path}: {name}"
        for path in modules()
        for call, name in calls(path)
        if any(word.arg == "_external" for word in call.keywords)
    ]

    assert external == []


def test_over_tls_browsers_are_told_to_stay_there_and_cookies_belong_to_this_host_alone(tmp_path, story):
    services.set_password(story.ada, PASSWORD, by=None, at=NOW)
    client = platform(tmp_path, public_url=PUBLIC).test_client()

    entered = client.post("/login", data={"login": "ada", "password": PASSWORD}, base_url=PUBLIC)
    page = client.get("/account", base_url=PUBLIC)
    cookies = entered.headers.getlist("Set-Cookie")

    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert any(cookie.startswith("__Host-tracing_session=") for cookie in cookies)
    for cookie in cookies:
        assert re.match(r"__Host-\w+=.*; Secure;.*Path=/", cookie), cookie
        assert "Domain" not in cookie


def test_leaving_removes_the_cookie_in_the_words_in_which_it_was_set(tmp_path, story):
    services.set_password(story.ada, PASSWORD, by=None, at=NOW)
    client = platform(tmp_path, public_url=PUBLIC).test_client()
    client.post("/login", data={"login": "ada", "password": PASSWORD}, base_url=PUBLIC)

    left = client.post("/logout", base_url=PUBLIC)

    [removed] = [
        one for one in left.headers.getlist("Set-Cookie") if one.startswith("__Host-tracing_session")
    ]
    assert re.match(r"__Host-tracing_session=; Expires=Thu, 01 Jan 1970 .*; Secure;.*Path=/", removed)
    assert client.get("/account", base_url=PUBLIC).status_code == 303


def test_a_cookie_without_the_prefix_that_another_host_of_the_domain_may_have_set_opens_nothing(
    tmp_path, story
):
    begun = sessions.begin(story.ada, device="Firefox, Linux", at=NOW)
    client = platform(tmp_path, public_url=PUBLIC).test_client(use_cookies=False)

    answer = client.get("/account", base_url=PUBLIC, headers={"Cookie": f"tracing_session={begun.token}"})

    assert answer.headers["Location"] == "/login"


def test_on_this_machine_over_plain_http_nothing_asks_for_tls(app, story):
    services.set_password(story.ada, PASSWORD, by=None, at=NOW)

    entered = app.test_client().post("/login", data={"login": "ada", "password": PASSWORD})

    assert "Strict-Transport-Security" not in entered.headers
    assert "Secure" not in "".join(entered.headers.getlist("Set-Cookie"))
