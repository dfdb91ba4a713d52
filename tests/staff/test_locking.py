"""Locking, unlocking, ending: who is not there is covered, who is gone is out."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.story import PASSWORD, agent, waiting_case
from tracing.calls import services as calls
from tracing.staff.access import COOKIE
from tracing.staff.models import SessionEnd, StaffSession

MINUTE = timedelta(minutes=1)
LOCKED = 423


def session_of(session, member):
    return session.scalars(
        select(StaffSession).where(StaffSession.member_id == member.id).order_by(StaffSession.id.desc())
    ).first()


def test_a_page_covers_itself_after_fifteen_minutes_without_input(browse, ada, clock):
    visitor = browse.as_(ada)
    clock.move_to(NOW + 14 * MINUTE)
    visitor.get("/account")

    clock.move_to(NOW + 28 * MINUTE)
    visitor.get("/account")
    clock.move_to(NOW + 43 * MINUTE)
    covered = visitor.get("/account", status=LOCKED)

    assert "Page verrouillée" in covered.text
    assert "Mes sessions" not in covered.text


def test_on_an_open_call_it_covers_itself_after_forty_five(browse, ada, story, clock):
    waiting_case(story.nantes, at=NOW)
    visitor = browse.as_(ada)
    calls.take_next(agent(ada), at=NOW)

    clock.move_to(NOW + 44 * MINUTE)
    assert 'data-idle-minutes="45"' in visitor.get("/account").text
    clock.move_to(NOW + 44 * MINUTE + 45 * MINUTE)
    visitor.get("/account", status=LOCKED)


@pytest.mark.parametrize("wrong", [-timedelta(hours=1), timedelta(hours=1)], ids=["behind", "ahead"])
def test_a_host_whose_clock_is_wrong_covers_pages_when_the_others_do(browse, ada, clock, wrong):
    with time_machine.travel(NOW + wrong, tick=False):
        visitor = browse.stranger()
        visitor.post("/login", {"login": ada.login, "password": PASSWORD})
        visitor.get("/account")

    clock.move_to(NOW + 15 * MINUTE)
    with time_machine.travel(NOW + 15 * MINUTE + wrong, tick=False):
        visitor.get("/account", status=LOCKED)
        visitor.post("/unlock", {"password": PASSWORD})
        visitor.get("/account")


def test_a_script_is_told_by_code_and_header(browse, ada, clock):
    visitor = browse.as_(ada)
    clock.move_to(NOW + 15 * MINUTE)

    answer = visitor.fragment("/activity", status=LOCKED)

    assert answer.headers["X-Locked"] == "1"
    assert answer.text == ""


def test_heartbeats_and_refreshes_do_not_count_as_input(browse, ada, clock, session):
    visitor = browse.as_(ada)
    for minute in range(1, 15):
        clock.move_to(NOW + minute * MINUTE)
        visitor.fragment("/desk/waiting", method="get")

    assert session_of(session, ada).last_input_at == NOW
    clock.move_to(NOW + 15 * MINUTE)
    visitor.fragment("/desk/waiting", method="get", status=LOCKED)


def test_typing_anywhere_counts_as_input(browse, ada, clock, session):
    visitor = browse.as_(ada)
    clock.move_to(NOW + 10 * MINUTE)

    visitor.fragment("/activity", status=204)

    assert session_of(session, ada).last_input_at == NOW + 10 * MINUTE


def test_the_password_uncovers_the_page_one_was_on(browse, ada, clock):
    visitor = browse.as_(ada)
    clock.move_to(NOW + 15 * MINUTE)
    visitor.get("/account", status=LOCKED)

    assert "inconnu" in visitor.post("/unlock", {"password": "autre chose"}, status=422).text
    visitor.get("/account", status=LOCKED)
    assert visitor.post("/unlock", {"password": PASSWORD}).headers["Location"] == "/account"
    visitor.get("/account")


def test_the_page_that_covers_itself_asks_without_leaving(browse, ada):
    visitor = browse.as_(ada)
    visitor.fragment("/lock", status=204)

    wrong = visitor.fragment("/unlock", {"password": "autre chose"}, status=422)
    assert wrong.text == "Identifiant ou mot de passe inconnu."
    assert visitor.fragment("/unlock", {"password": ""}, status=422).text == "Tapez votre mot de passe."
    visitor.fragment("/unlock", {"password": PASSWORD}, status=204)
    visitor.get("/account")


def test_guessing_at_the_lock_waits_longer_each_time_and_ends_the_session(browse, ada, clock, session):
    visitor = browse.as_(ada)
    visitor.fragment("/lock", status=204)
    moment, waited = NOW, []
    for _n in range(9):
        while (refused := visitor.fragment("/unlock", {"password": "x"}, status=None)).status_code == 429:
            seconds = int(re.search(r"dans (\d+) seconde", refused.text)[1])
            waited.append(seconds)
            moment = clock.move_to(moment + timedelta(seconds=seconds))
    assert waited == [1, 2, 4, 8, 16, 32]

    clock.move_to(moment + timedelta(seconds=64))
    visitor.fragment("/unlock", {"password": "x"}, status=401)

    assert session_of(session, ada).end_reason is SessionEnd.GUESSED_AT
    assert "cette session est fermée" in visitor.get("/login").text
    visitor.get("/account", status=303)


def test_the_right_password_begins_the_count_at_the_lock_anew(browse, ada):
    visitor = browse.as_(ada)
    for _n in range(5):
        visitor.fragment("/lock", status=204)
        for _wrong in range(2):
            visitor.fragment("/unlock", {"password": "autre chose"}, status=422)
        visitor.fragment("/unlock", {"password": PASSWORD}, status=204)


def test_nobody_who_fails_to_log_in_elsewhere_keeps_a_member_from_unlocking(browse, ada):
    visitor = browse.as_(ada)
    visitor.post("/lock")
    stranger = browse.stranger()
    for _n in range(4):
        stranger.client.post("/login", data={"login": "ada", "password": "autre chose"})
    stranger.post("/login", {"login": "ada", "password": PASSWORD}, status=429)

    visitor.post("/unlock", {"password": PASSWORD})


def test_what_is_sent_to_a_covered_session_is_not_taken_and_that_is_said(browse, ada):
    visitor = browse.as_(ada)
    visitor.post("/lock")

    covered = visitor.post("/account/password", {"password": "une", "again": "autre"}, status=LOCKED)

    assert "n’a pas été pris" in covered.text


def test_one_may_log_out_of_a_covered_page(browse, ada, session):
    visitor = browse.as_(ada)
    visitor.post("/lock")

    visitor.post("/logout")

    assert session_of(session, ada).end_reason is SessionEnd.SIGNED_OUT


def test_ten_hours_end_a_session_whatever_one_does(browse, ada, clock, session):
    visitor = browse.as_(ada)
    for step in range(1, 60):
        clock.move_to(NOW + step * 10 * MINUTE)
        visitor.get("/account")

    clock.move_to(NOW + timedelta(hours=10))
    visitor.get("/account", status=303)

    assert session_of(session, ada).end_reason is SessionEnd.TOO_OLD


def test_logging_out_ends_the_session_for_good(browse, ada):
    visitor = browse.as_(ada)
    token = visitor.client.get_cookie(COOKIE).value

    visitor.post("/logout")
    thief = browse.stranger()
    thief.client.set_cookie(COOKIE, token)

    thief.get("/account", status=303)
    assert visitor.client.get_cookie(COOKIE) is None


@pytest.mark.parametrize("token", ["", "made-up", "x" * 1000])
def test_a_made_up_token_is_a_strangers(browse, story, token):
    visitor = browse.stranger()
    visitor.client.set_cookie(COOKIE, token)

    visitor.get("/account", status=303)


def test_a_script_of_a_stranger_is_told_to_log_in(browse, story):
    browse.stranger().fragment("/activity", status=401)
