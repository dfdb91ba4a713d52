"""Logging in: one answer for every failure, counted alike for names that exist and names that do not."""

from datetime import date

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.story import PASSWORD
from tracing.staff import rules, services
from tracing.staff.access import COOKIE, safe_path
from tracing.staff.errors import WeakPassword
from tracing.staff.login import sessions
from tracing.staff.models import LoginAttempt, Role, SessionEnd, Site, StaffSession

WRONG = "pas la bonne phrase du tout"


def try_login(visitor, login, password, *, address="192.0.2.1"):
    return visitor.client.post(
        "/login",
        data={"login": login, "password": password},
        environ_overrides={"REMOTE_ADDR": address},
    )


def test_the_right_password_opens_a_session_at_the_members_site(browse, ada, session):
    visitor = browse.stranger()

    visitor.post("/login", {"login": " ADA ", "password": PASSWORD})

    assert "Nantes" in visitor.get("/account").text
    opened = session.scalar(select(StaffSession).where(StaffSession.member_id == ada.id))
    assert opened.ended_at is None


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_a_failure_says_the_same_for_a_known_and_an_unknown_name(browse, ada, login):
    answer = try_login(browse.stranger(), login, WRONG)

    assert answer.status_code == 422
    assert "Identifiant ou mot de passe inconnu." in answer.text
    assert COOKIE not in answer.headers.get("Set-Cookie", "")


def test_names_that_were_tried_are_not_kept_in_clear(browse, ada, session):
    try_login(browse.stranger(), PASSWORD, "typed into the wrong field")

    kept = session.scalars(select(LoginAttempt)).one()
    assert PASSWORD.encode() not in kept.name_hash
    assert len(kept.name_hash) == 16


def test_a_closed_account_answers_like_a_wrong_password(browse, ada, story):
    services.close_account(ada, by=story.gaston.id, at=NOW)

    assert try_login(browse.stranger(), "ada", PASSWORD).status_code == 422


@pytest.mark.parametrize(
    ("zone", "last_day", "moment", "enters"),
    [
        ("Europe/Paris", date(2026, 3, 10), NOW, True),
        ("Europe/Paris", date(2026, 3, 9), NOW, False),
        # half past eleven at night in Paris, then half past midnight
        ("Europe/Paris", date(2026, 3, 10), NOW.replace(hour=22, minute=30), True),
        ("Europe/Paris", date(2026, 3, 10), NOW.replace(hour=23, minute=30), False),
        # eight in the evening in Fort-de-France, where it is already the 11th in UTC
        ("America/Martinique", date(2026, 3, 10), NOW.replace(hour=0, day=11), True),
        ("America/Martinique", date(2026, 3, 10), NOW.replace(hour=4, day=11), False),
    ],
)
def test_a_contract_lasts_to_the_end_of_its_last_day_where_the_site_is(
    ada, story, session, zone, last_day, moment, enters
):
    session.get_one(Site, story.nantes.id).time_zone = zone
    ada.contract_ends_on = last_day

    assert sessions.may_log_in(ada, moment) is enters


def test_a_contract_that_ends_ends_the_session(browse, ada, clock, session):
    ada.contract_ends_on = NOW.date()
    clock.move_to(NOW.replace(hour=22, minute=55))
    visitor = browse.as_(ada)
    visitor.get("/account")

    clock.move_to(NOW.replace(hour=23, minute=0))

    assert visitor.get("/account", status=303).headers["Location"] == "/login"
    ended = session.scalar(select(StaffSession).where(StaffSession.member_id == ada.id))
    assert ended.end_reason is SessionEnd.ACCOUNT_CLOSED


def test_an_account_without_a_role_is_told_so(browse, ada, story):
    services.withdraw(ada, Role.TRACER, story.nantes.id, by=None, at=NOW)

    answer = try_login(browse.stranger(), "ada", PASSWORD)

    assert answer.status_code == 403
    assert "n’a de rôle sur aucun site" in answer.text


def test_empty_fields_are_said_beside_them(browse, story):
    answer = browse.stranger().post("/login", {"login": "", "password": ""}, status=422)

    assert "Tapez votre identifiant." in answer.text
    assert "Tapez votre mot de passe." in answer.text


def test_the_session_cookie_cannot_be_read_by_script_nor_sent_from_elsewhere(browse, ada, app):
    cookies = try_login(browse.stranger(), "ada", PASSWORD).headers.getlist("Set-Cookie")

    [cookie] = [one for one in cookies if one.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    assert "Path=/" in cookie


def test_passwords_are_argon2id_with_the_parameters_of_the_day(ada):
    parameters = extract_parameters(ada.password_hash)

    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("treize signes", True),
        ("quatorze signe", False),
        ("je suis ada et personne d’autre", True),
        ("je suis ADA et personne d’autre", True),
    ],
)
def test_a_password_is_long_and_without_the_login(ada, password, weak):
    assert rules.is_weak(password, "ada") is weak
    if weak:
        with pytest.raises(WeakPassword):
            services.set_password(ada, password, by=None, at=NOW)


def test_first_passwords_are_strong_enough_and_never_twice_the_same():
    made = {sessions.first_password("ada") for _n in range(500)}

    assert len(made) == 500
    assert not any(rules.is_weak(password, "ada") for password in made)


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/lots?before=3", "/lots?before=3"),
        ("/", "/"),
        ("", "/"),
        ("lots", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("/ok\r\nSet-Cookie: a=b", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/lots\\..", "/"),
    ],
)
def test_after_the_log_in_one_stays_here(wanted, leads_to):
    assert safe_path(wanted) == leads_to


def test_one_comes_back_to_the_page_one_wanted(browse, ada):
    visitor = browse.stranger()

    sent = visitor.get("/account?from=mail", status=303)
    assert sent.headers["Location"] == "/login"
    landed = visitor.post("/login", {"login": "ada", "password": PASSWORD})

    assert landed.headers["Location"] == "/account?from=mail"


def test_a_page_wanted_by_one_person_is_not_opened_for_the_next(browse, ada, story):
    services.set_password(story.abel, PASSWORD, by=None, at=NOW)
    visitor = browse.stranger()
    visitor.post("/login", {"login": "ada", "password": PASSWORD})
    visitor.post("/lock")
    visitor.get("/desk", status=423)

    visitor.post("/logout")
    landed = visitor.post("/login", {"login": "abel", "password": PASSWORD})

    assert landed.headers["Location"] == "/"


def test_somebody_logged_in_is_not_asked_again(browse, ada):
    assert browse.as_(ada).get("/login", status=303).headers["Location"] == "/"
