"""The database is not there: everybody reads our own page in French, and what needs no database works."""

import re
from contextlib import ExitStack

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import ProgrammingError
from werkzeug.test import TestResponse

from tests.staff.test_permissions import HOLDERS, MACHINES, addresses
from tests.support.dead import dead_database
from tests.support.pages import check_fragment, check_page
from tests.support.story import Story
from tests.support.web import Browser
from tracing.app import create_app
from tracing.kernel.config import Settings
from tracing.staff.access import COOKIE
from tracing.staff.models import Role

TITLE = "La base de données ne répond pas"


@pytest.fixture
def served(tmp_path) -> Flask:
    """The application as people have it: nothing that breaks reaches the test as an exception."""
    app = create_app(Settings(data_dir=tmp_path), secret_key="for tests only")
    app.config["WTF_CSRF_ENABLED"] = False
    return app


NUMBER = re.compile(r"\b[0-9a-f]{12}\b")
"""Of a request: the page shows it, and the log tells of it."""


def somebody(app: Flask) -> FlaskClient:
    """Return a browser that brings a session's cookie."""
    client = app.test_client()
    client.set_cookie(COOKIE, "a token")
    return client


def tells_of_the_outage(answer: TestResponse) -> None:
    assert answer.status_code == 503, f"{answer.status_code}: {answer.text[:500]}"
    assert int(answer.headers["Retry-After"]) > 0
    assert TITLE in answer.text
    for secret in ("s3cret-word", "127.0.0.1", "psycopg", "SELECT"):
        assert secret not in answer.text


def test_every_page_says_so_in_french_and_needs_no_database_for_it(served: Flask):
    client = somebody(served)

    with dead_database():
        answers = {
            (method, path): (client.open(path, method=method), permission)
            for method, path, permission in addresses(served)
            if not path.startswith(MACHINES)
        }

    for answer, permission in answers.values():
        assert answer.status_code != 500
        if not permission.public:
            tells_of_the_outage(answer)
    pages = [answer.text for answer, _permission in answers.values() if answer.status_code == 503]
    check_page(pages[0])
    assert len({NUMBER.sub("", page.split("<main")[1]) for page in pages}) == 1


def test_a_machine_is_told_to_send_again(served: Flask):
    with dead_database():
        answers = [
            served.test_client().open(path, method=method)
            for method, path, _permission in addresses(served)
            if path.startswith(MACHINES)
        ]

    for answer in answers:
        assert (answer.status_code, answer.is_json) == (503, True)
        assert int(answer.headers["Retry-After"]) > 0


def test_a_part_of_a_page_says_so_above_what_was_typed(served: Flask):
    client = somebody(served)

    with dead_database():
        answers = [
            client.open(path, method=method, headers={"HX-Request": "true"})
            for method, path, permission in addresses(served)
            if not permission.public and not path.startswith(MACHINES)
        ]

    for answer in answers:
        tells_of_the_outage(answer)
        assert answer.headers["HX-Retarget"] == "#alerts"
    [_fragment] = {NUMBER.sub("", answer.text) for answer in answers}
    check_fragment(answers[0].text)


def test_style_script_and_icons_are_there_all_the_same(served: Flask):
    client = somebody(served)

    with dead_database():
        page = client.get("/desk").text
        linked = {path.replace("&amp;", "&") for path in re.findall(r'(?:href|src)="(/[^"#]+)', page)}
        answers = {path: client.get(path) for path in linked}

    assert {path.split("?")[0].rsplit(".")[-1] for path in linked} == {"css", "js", "svg"}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(linked, 200)
    for answer in answers.values():
        answer.close()


@pytest.mark.parametrize("role", Role)
def test_it_goes_while_a_page_is_made(tmp_path, story: Story, role: Role):
    """Who asks is known already: the page that tells of it names nobody all the same."""
    app = create_app(Settings(data_dir=tmp_path), secret_key="for tests only")
    app.config["WTF_CSRF_ENABLED"] = False
    member = getattr(story, HOLDERS[role])
    name = member.display_name
    browser = Browser(app).as_(member, site=story.nantes)
    gone = ExitStack()
    app.before_request(lambda: gone.enter_context(dead_database()))
    told = 0

    for method, path, permission in addresses(create_app(Settings(data_dir=tmp_path), secret_key="no")):
        if role in permission.roles:
            with gone:
                answer = browser.client.open(path, method=method)
            assert answer.status_code != 500, f"{method} {path}"
            if answer.status_code == 503:
                tells_of_the_outage(answer)
                assert f">{name}<" not in answer.text
                told += 1

    assert told


def test_a_bug_is_told_in_french_and_without_a_detail(served: Flask):
    @served.before_request
    def break_down() -> None:
        raise ZeroDivisionError("Marie Dupont")

    answer = somebody(served).get("/login")

    assert answer.status_code == 500
    check_page(answer.text)
    assert "Une panne de notre côté" in answer.text
    assert "Dupont" not in answer.text


def test_a_statement_that_is_wrong_is_a_bug_and_no_outage(served: Flask):
    @served.before_request
    def break_down() -> None:
        raise ProgrammingError("SELECT", {}, Exception("Marie Dupont"))

    answer = somebody(served).get("/login")

    assert answer.status_code == 500
    check_page(answer.text)
    assert "Dupont" not in answer.text


def test_where_even_the_page_of_an_error_breaks_there_is_a_last_one(served: Flask):
    @served.context_processor
    def break_every_page() -> dict[str, str]:
        raise ZeroDivisionError("Marie Dupont")

    with dead_database():
        answer = somebody(served).get("/desk")

    assert answer.status_code == 503
    check_page(answer.text)
    assert "Dupont" not in answer.text
