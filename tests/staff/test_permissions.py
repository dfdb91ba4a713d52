"""Every address of the product, for every role: made from the application's own list of addresses."""

import re

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from tests.conftest import NOW
from tests.support.pages import check_page
from tests.support.story import PASSWORD, Story
from tests.support.web import Browser, Visitor
from tracing.app import create_app
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.staff import services
from tracing.staff.access import ASSETS
from tracing.staff.models import Role

HOLDERS = {
    Role.TRACER: "ada",
    Role.ADVISER: "ben",
    Role.REFERENT: "rose",
    Role.SUPERVISOR: "dora",
    Role.IMPORTER: "ivan",
    Role.AUDITOR: "olga",
    Role.ADMINISTRATOR: "gaston",
}


def made_up(converter: BaseConverter) -> object:
    """Return a value that fits into an address and that nothing has."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 999_999 if isinstance(converter, IntegerConverter) else "x"


MACHINES = "/api/"
"""Below it a laboratory's system asks, with a token: it has no session, and reads JSON."""


def addresses(app: Flask):
    """Return method, path and permission of every view of ours, with made-up numbers in the path."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in ASSETS:
            continue
        permission = app.view_functions[rule.endpoint].__permission__
        values = {name: made_up(converter) for name, converter in rule._converters.items()}
        with app.test_request_context():
            path = rule.build(values, append_unknown=False)[1]
        found += [(method, path, permission) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    assert len(found) > 40
    return found


def test_a_stranger_is_led_to_the_log_in_from_everywhere(app: Flask, browse: Browser) -> None:
    visitor = browse.stranger()

    answers = {
        (method, path): visitor.client.open(path, method=method)
        for method, path, permission in addresses(app)
        if not permission.public and not path.startswith(MACHINES)
    }

    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(answers, 303)
    assert {answer.headers["Location"] for answer in answers.values()} == {"/login"}


@pytest.mark.parametrize("role", Role)
def test_a_member_without_the_role_is_refused_everywhere(
    app: Flask, browse: Browser, story: Story, role: Role
) -> None:
    visitor = browse.as_(getattr(story, HOLDERS[role]), site=story.nantes)

    answers = {
        (method, path): visitor.client.open(path, method=method)
        for method, path, permission in addresses(app)
        if permission.roles and role not in permission.roles
    }

    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(answers, 403)
    for answer in answers.values():
        check_page(answer.text)


@pytest.mark.parametrize("role", Role)
def test_a_member_with_the_role_is_not_refused_for_it(
    app: Flask, browse: Browser, story: Story, role: Role
) -> None:
    visitor = browse.as_(getattr(story, HOLDERS[role]), site=story.nantes)

    answers = {
        path: visitor.client.get(path).status_code
        for method, path, permission in addresses(app)
        if method == "GET" and role in permission.roles
    }

    # a number that does not exist is "not found", and no page breaks over it
    assert {path: status for path, status in answers.items() if status not in {200, 303, 404, 409}} == {}


def test_a_role_holds_at_the_site_where_one_works_and_nowhere_else(browse: Browser, story: Story) -> None:
    """Rose is referent of both sites; a tracer's role at one would not open the other's queue."""
    services.grant(story.rose, Role.TRACER, story.school.id, by=None, at=NOW)

    browse.as_(story.rose, site=story.school).get("/desk")
    browse.as_(story.rose, site=story.nantes).get("/desk", status=403)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as it is run: nothing is switched off for tests."""
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("data")), secret_key="for tests only")


def test_nothing_is_taken_without_the_page_s_own_token(guarded: Flask, story: Story) -> None:
    visitor = Browser(guarded).as_(story.ada)

    refused = visitor.post("/account/password", {"password": "x"}, status=400)

    assert "rechargez-la" in refused.text
    forged = visitor.client.post("/logout", headers={"X-CSRFToken": "made up"})
    assert forged.status_code == 400
    visitor.get("/account")


def test_the_log_in_too_has_its_token(guarded: Flask, story: Story) -> None:
    with transaction():
        services.set_password(story.ada, PASSWORD, by=None, at=NOW)
    visitor = Visitor(guarded.test_client())
    visitor.post("/login", {"login": "ada", "password": PASSWORD}, status=400)

    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.get("/login").text)[1]
    visitor.post("/login", {"login": "ada", "password": PASSWORD, "csrf_token": token})

    visitor.get("/account")


def test_a_script_sends_the_token_in_a_header(guarded: Flask, story: Story) -> None:
    visitor = Browser(guarded).as_(story.ada)
    token = re.search(r'name="csrf-token" content="([^"]+)"', visitor.get("/account").text)[1]

    answer = visitor.client.post("/activity", headers={"X-CSRFToken": token, "HX-Request": "true"})

    assert answer.status_code == 204


@pytest.mark.parametrize("path", ["/login", "/account", "/nowhere", "/members", "/lots"])
def test_every_page_forbids_what_comes_from_elsewhere_and_is_never_stored(
    browse: Browser, story: Story, path: str
) -> None:
    headers = browse.as_(story.ivan).client.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_cookies_travel_encrypted_where_the_settings_say_so(tmp_path, story: Story) -> None:
    settings = Settings(data_dir=tmp_path, secure_cookies=True)
    application = create_app(settings, secret_key="for tests only")
    application.config["WTF_CSRF_ENABLED"] = False
    services.set_password(story.ada, PASSWORD, by=None, at=NOW)

    answer = application.test_client().post("/login", data={"login": "ada", "password": PASSWORD})

    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)


def test_a_machine_without_a_token_is_refused_and_led_nowhere(app: Flask, browse: Browser) -> None:
    visitor = browse.stranger()

    answers = [
        visitor.client.open(path, method=method)
        for method, path, _permission in addresses(app)
        if path.startswith(MACHINES)
    ]

    assert {(answer.status_code, answer.is_json) for answer in answers} == {(401, True)}
