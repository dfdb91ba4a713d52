"""Nobody else's site can post in somebody's name, and a form of our own is taken whichever host's clock it met."""

import re
from datetime import timedelta

import pytest
import time_machine

from tests.conftest import NOW
from tests.support.story import PASSWORD
from tests.support.web import Browser, Visitor
from tracing.app import create_app
from tracing.kernel.config import Settings
from tracing.staff import services
from tracing.staff.access import COOKIE

PUBLIC = "https://tracing.example.org"
FORM_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
HOUR = timedelta(hours=1)


def platform(folder, public_url=None):
    """Return the application as it is run: nothing is switched off for tests."""
    settings = Settings(data_dir=folder, public_url=public_url, secure_cookies=public_url is not None)
    return create_app(settings, secret_key="for tests only")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return platform(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory):
    return platform(tmp_path_factory.mktemp("tls"), PUBLIC)


@pytest.fixture
def ada(story):
    services.set_password(story.ada, PASSWORD, by=None, at=NOW)
    return story.ada


def token_in(answer):
    """Return the token that the forms of a page carry."""
    return FORM_TOKEN.search(answer.text)[1]


def log_in(visitor, token, *, status=303, **kwargs):
    return visitor.post(
        "/login", {"login": "ada", "password": PASSWORD, "csrf_token": token}, status=status, **kwargs
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        # what a browser of today says
        ({"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC}, 303),
        # a page of the release before, which asked browsers to hide where they came from
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 400),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.org"}, 400),
        # what older ones say
        ({"Origin": PUBLIC}, 303),
        ({"Referer": f"{PUBLIC}/login"}, 303),
        ({"Origin": "null"}, 400),
        ({"Origin": "https://other.example.org"}, 400),
        ({"Origin": "http://tracing.example.org"}, 400),
        ({"Origin": f"{PUBLIC}.evil.example"}, 400),
        ({"Origin": "https://[evil"}, 400),
        ({"Referer": "https://evil.example/?https://tracing.example.org/"}, 400),
        ({}, 400),
    ],
)
def test_over_tls_a_form_is_taken_from_our_own_pages_only(over_tls, ada, headers, status):
    visitor = Visitor(over_tls.test_client())
    token = token_in(visitor.get("/login", base_url=PUBLIC))

    log_in(visitor, token, status=status, base_url=PUBLIC, headers=headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://localhost"}, 303),
        # TLS ends at a proxy in front that was not named
        ({"Origin": "https://localhost"}, 303),
        ({"Origin": "https://tracing.example.org", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://localhost:3000"}, 400),
        ({"Origin": "null"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
    ],
)
def test_without_a_public_address_a_form_is_taken_from_where_the_page_was(plain, ada, headers, status):
    visitor = Visitor(plain.test_client())
    token = token_in(visitor.get("/login"))

    log_in(visitor, token, status=status, headers=headers)


def test_a_token_ends_with_the_log_in_it_was_made_for(plain, ada):
    visitor = Visitor(plain.test_client())
    before = token_in(visitor.get("/login"))
    log_in(visitor, before)
    first = token_in(visitor.get("/account"))
    visitor.post("/lock", {"csrf_token": before}, status=400)
    visitor.post("/lock", {"csrf_token": first})
    visitor.post("/logout", {"csrf_token": first})

    # the next person at this browser
    log_in(visitor, token_in(visitor.get("/login")))

    visitor.post("/lock", {"csrf_token": first}, status=400)
    visitor.post("/lock", {"csrf_token": before}, status=400)
    visitor.post("/lock", {"csrf_token": token_in(visitor.get("/account"))})


def test_a_token_is_worth_nothing_in_another_session_of_the_same_person(plain, story):
    here, there = Browser(plain).as_(story.ada), Browser(plain).as_(story.ada)

    there.post("/lock", {"csrf_token": token_in(here.get("/account"))}, status=400)


@pytest.mark.parametrize("token", ["", "made up", "é", "\0", "a.b.c", "x" * 10_000])
def test_what_is_no_token_is_refused_before_and_after_the_log_in(plain, story, token):
    visitor = Browser(plain).as_(story.ada)

    visitor.post("/lock", {"csrf_token": token}, status=400)
    Visitor(plain.test_client()).post("/login", {"csrf_token": token}, status=400)


def test_who_left_in_another_window_is_asked_to_log_in_and_not_told_of_an_old_page(plain, story):
    visitor = Browser(plain).as_(story.ada)
    token = token_in(visitor.get("/account"))
    visitor.post("/logout", {"csrf_token": token})

    assert visitor.post("/lock", {"csrf_token": token}).headers["Location"] == "/login"
    assert visitor.fragment("/activity", {"csrf_token": token}, status=401)


@pytest.mark.parametrize(("shown_at", "posted_at"), [(HOUR, -HOUR), (-HOUR, HOUR), (HOUR, HOUR * 12)])
def test_hosts_whose_clocks_disagree_take_each_other_s_forms(tmp_path, plain, ada, shown_at, posted_at):
    """The database's clock stands still: only the hosts' clocks differ, and who waited eleven hours at the log-in."""
    other = platform(tmp_path)
    visitor = Visitor(plain.test_client())
    with time_machine.travel(NOW + shown_at, tick=False):
        token = token_in(visitor.get("/login"))

    visitor.client.application = other
    with time_machine.travel(NOW + posted_at, tick=False):
        log_in(visitor, token)
        token = token_in(visitor.get("/account"))

    visitor.client.application = plain
    with time_machine.travel(NOW + shown_at, tick=False):
        visitor.post("/lock", {"csrf_token": token})
        visitor.post("/unlock", {"csrf_token": token, "password": PASSWORD})


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_where_one_wanted_to_go_is_not_forgotten_by_a_host_with_another_clock(tmp_path, plain, ada, wrong):
    visitor = Visitor(plain.test_client())
    with time_machine.travel(NOW + wrong, tick=False):
        visitor.get("/account?from=mail", status=303)

    visitor.client.application = platform(tmp_path)
    token = token_in(visitor.get("/login"))

    assert log_in(visitor, token).headers["Location"] == "/account?from=mail"


def test_a_session_ends_by_the_database_s_clock_whatever_the_host_s_says(plain, ada, clock):
    visitor = Visitor(plain.test_client())
    log_in(visitor, token_in(visitor.get("/login")))
    clock.move_to(NOW + timedelta(hours=11))

    with time_machine.travel(NOW, tick=False):
        assert visitor.get("/account", status=303).headers["Location"] == "/login"
        # the cookie of a session that is over is no hindrance to the next log-in
        log_in(visitor, token_in(visitor.get("/login")))
        visitor.get("/account")


def test_an_altered_cookie_is_read_as_none(plain, ada):
    visitor = Visitor(plain.test_client())
    token = token_in(visitor.get("/login"))
    cookie = visitor.client.get_cookie("tracing_browser").value
    visitor.client.set_cookie("tracing_browser", cookie[:-3] + "AAA")

    log_in(visitor, token, status=400)
    assert visitor.client.get_cookie(COOKIE) is None
