"""An administrator opens accounts, gives roles and hours, ends sessions, closes accounts: on their site only."""

import re
from datetime import time

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.story import PASSWORD
from tracing.kernel.db import transaction
from tracing.kernel.events import Event
from tracing.staff import queries, services
from tracing.staff.models import Member, Role

NEWCOMER = {
    "name": "Nina",
    "login": "nina.r",
    "kind": "volunteer",
    "contract_ends_on": "2026-06-30",
    "roles": ["tracer"],
}


def week(**days):
    form = {f"days-{day}-{part}": "" for day in range(7) for part in ("starts", "ends")}
    return form | {name.replace("_", "-"): value for name, value in days.items()}


def roles_of(member_id, site_id):
    member = queries.get_member(member_id)
    return {held.role for held in member.roles if held.site_id == site_id}


@pytest.fixture
def gaston(browse, story):
    return browse.as_(story.gaston)


def test_opening_an_account_shows_its_first_password_once_and_it_works(browse, gaston, story):
    page = gaston.post("/members/new", NEWCOMER, status=200).text
    password = re.search(r"[0-9a-f]{6}(?:-[0-9a-f]{6}){3}", page)[0]

    assert password not in gaston.get("/members").text
    newcomer = browse.stranger()
    newcomer.post("/login", {"login": "nina.r", "password": password})
    assert "Enquêteur" in newcomer.get("/account").text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"login": "ada"}, "déjà pris"),
        ({"login": "Éva R"}, "Lettres minuscules sans accent"),
        ({"roles": []}, "Choisissez au moins un rôle."),
        ({"kind": "recruit"}, "commence par le site d’entraînement"),
        ({"name": ""}, "Tapez le nom affiché."),
        ({"contract_ends_on": "2026-03-09"}, "Ce jour est passé"),
    ],
)
def test_a_wrong_field_opens_nothing_and_is_said_beside_it(gaston, story, change, sentence):
    page = gaston.post("/members/new", NEWCOMER | change, status=422)

    assert sentence in page.text
    assert queries.find_member_by_login("nina.r") is None


def test_roles_are_set_for_this_site_and_the_others_stay(gaston, story):
    gaston.post(f"/members/{story.rose.id}", {"roles": ["supervisor", "made_up"]}, status=422)
    gaston.post(f"/members/{story.rose.id}", {"roles": ["supervisor"]})

    assert roles_of(story.rose.id, story.nantes.id) == {Role.SUPERVISOR}
    assert roles_of(story.rose.id, story.school.id) == {Role.REFERENT}


def test_only_changes_of_roles_are_recorded(gaston, story, session):
    gaston.post(f"/members/{story.ada.id}", {"roles": ["tracer"]})

    changes = select(func.count()).where(Event.kind == "member.role_withdrawn")
    assert session.scalar(changes) == 0


def test_somebody_without_any_role_would_be_lost_so_the_account_is_closed_instead(gaston, story):
    ada, nantes = story.ada.id, story.nantes.id

    refused = gaston.post(f"/members/{ada}", {"leave": "1"}, status=422)

    assert "fermez le compte" in refused.text
    assert roles_of(ada, nantes) == {Role.TRACER}


def test_somebody_of_another_site_as_well_may_leave_this_one(gaston, story):
    gaston.post(f"/members/{story.rose.id}", {}, status=422)
    assert roles_of(story.rose.id, story.nantes.id) == {Role.REFERENT}

    sent = gaston.post(f"/members/{story.rose.id}", {"leave": "1"})

    assert sent.headers["Location"] == "/members"
    assert roles_of(story.rose.id, story.nantes.id) == set()


def test_an_administrator_does_not_lock_themselves_out(gaston, story):
    me = f"/members/{story.gaston.id}"

    gaston.post(f"{me}", {"roles": ["tracer"]}, status=409)
    gaston.post(f"{me}/close", status=409)

    assert "Fermer ce compte" not in gaston.get(me).text


def test_weekly_hours_are_set_day_by_day(gaston, story):
    form = week(days_0_starts="08:30", days_0_ends="12:00", days_5_starts="12:00", days_5_ends="19:00")

    gaston.post(f"/members/{story.abel.id}", form | {"roles": ["tracer"]})

    kept = {shift.weekday: (shift.starts_at, shift.ends_at) for shift in queries.shifts_of(story.abel.id)}
    assert kept == {0: (time(8, 30), time(12)), 5: (time(12), time(19))}
    assert 'value="08:30"' in gaston.get(f"/members/{story.abel.id}").text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"days_1_starts": "09:00"}, "Tapez les deux heures, ou aucune."),
        ({"days_1_ends": "09:00"}, "Tapez les deux heures, ou aucune."),
        ({"days_1_starts": "17:00", "days_1_ends": "09:00"}, "La fin vient après le début."),
        ({"days_1_starts": "09:00", "days_1_ends": "09:00"}, "La fin vient après le début."),
    ],
)
def test_impossible_hours_change_nothing_and_stay_where_they_were_typed(gaston, story, typed, sentence):
    page = gaston.post(f"/members/{story.ada.id}", week(**typed) | {"roles": ["tracer"]}, status=422).text

    assert sentence in page
    assert all(f'value="{value}"' in page for value in typed.values())
    assert {shift.weekday for shift in queries.shifts_of(story.ada.id)} == {1, 3}


def test_one_save_keeps_all_that_was_ticked_and_typed(gaston, story):
    typed = week(days_0_starts="08:30", days_0_ends="12:00") | {
        "roles": ["tracer"],
        "languages": ["pt", "ar"],
    }

    gaston.post(f"/members/{story.abel.id}", typed)

    abel = queries.get_member(story.abel.id)
    assert abel.languages == ["ar", "pt"]
    assert [shift.weekday for shift in queries.shifts_of(abel.id)] == [0]
    assert roles_of(abel.id, story.nantes.id) == {Role.TRACER}


def test_what_was_ticked_stays_ticked_beside_a_mistake(gaston, story):
    typed = week(days_0_starts="08:30") | {"roles": ["tracer", "referent"], "languages": ["pt"]}

    page = BeautifulSoup(gaston.post(f"/members/{story.abel.id}", typed, status=422).text, "html.parser")

    ticked = {box["value"] for box in page.select("input[type=checkbox][checked]")}
    assert {"tracer", "referent", "pt"} <= ticked
    assert queries.get_member(story.abel.id).languages == []


def test_hours_that_are_no_time_are_refused(gaston, story):
    gaston.post(
        f"/members/{story.ada.id}",
        week(days_1_starts="midi", days_1_ends="17:00") | {"roles": ["tracer"]},
        status=422,
    )

    assert {shift.weekday for shift in queries.shifts_of(story.ada.id)} == {1, 3}


def test_an_administrator_ends_somebodys_session(browse, gaston, story):
    ada = browse.as_(story.ada)
    one = queries.open_sessions(story.ada.id)[0].id

    gaston.post(f"/members/{story.ada.id}/sessions/{one}/end")

    ada.get("/account", status=303)
    gaston.post(f"/members/{story.ada.id}/sessions/{one}/end", status=404)


def test_a_forgotten_password_is_replaced_by_a_new_first_one(browse, gaston, story):
    with transaction():
        services.set_password(queries.get_member(story.ada.id), PASSWORD, by=None, at=NOW)
    ada = browse.as_(story.ada)

    page = gaston.post(f"/members/{story.ada.id}/password", status=200).text
    password = re.search(r"[0-9a-f]{6}(?:-[0-9a-f]{6}){3}", page)[0]

    ada.get("/account", status=303)
    browse.stranger().post("/login", {"login": "ada", "password": PASSWORD}, status=422)
    browse.stranger().post("/login", {"login": "ada", "password": password})


def test_a_closed_account_is_out_at_once_and_can_be_opened_again(browse, gaston, story):
    ada = browse.as_(story.ada)

    gaston.post(f"/members/{story.ada.id}/close")
    ada.get("/account", status=303)
    assert "Compte fermé" in gaston.get(f"/members/{story.ada.id}").text

    gaston.post(f"/members/{story.ada.id}/reopen")
    assert queries.get_member(story.ada.id).closed_at is None


@pytest.mark.parametrize("path", ["", "/close", "/reopen", "/password", "/sessions/1/end"])
def test_the_accounts_of_another_site_do_not_exist_here(gaston, story, path):
    url = f"/members/{story.cleo.id}{path}"
    gaston.post(url, week() | {"roles": ["tracer"]}, status=404)
    if not path:
        gaston.get(url, status=404)

    assert "Cléo" not in gaston.get("/members").text


def test_events_say_who_did_what_and_hold_no_name(gaston, story, session):
    gaston.post("/members/new", NEWCOMER, status=200)

    nina = session.scalar(select(Member).where(Member.login == "nina.r"))
    events = session.scalars(
        select(Event).where(Event.subject_type == "member", Event.subject_id == nina.id)
    ).all()
    assert {event.kind for event in events} == {"member.added", "member.password_set", "member.role_granted"}
    assert {event.by_id for event in events} == {story.gaston.id}
    assert "Nina" not in str([event.detail for event in events])
