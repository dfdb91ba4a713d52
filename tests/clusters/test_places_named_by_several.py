"""A place that others name says so as it is typed, without naming anybody; three cases make a row for the adviser."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.conftest import NOW
from tests.contacts.conftest import LUC, OneBrowserEach, OnThePhone, named, on_the_phone
from tests.desk.test_contact_call import waiting_contact
from tests.support.markup import read
from tests.support.pages import check_fragment
from tests.support.statements import statements_sent
from tests.support.story import contact, identity, waiting_case
from tracing.cases import services as cases
from tracing.cases.queries import get_case
from tracing.hand_offs.models import HandOff
from tracing.hand_offs.rules import HandOffState
from tracing.kernel.db import session as database
from tracing.kernel.events import IdentityAccess
from tracing.people import queries as people
from tracing.places import services as places
from tracing.places.models import NamedPlace
from tracing.staff.queries import workplace
from tracing.supervision.board import counting
from tracing.triage import queries as triage
from tracing.vault.registry import clear_cohort

HINT = "autres dossiers"


@pytest.fixture
def browse(app, story):
    return OneBrowserEach(app)


@pytest.fixture
def phone(story) -> OnThePhone:
    """Ada calls Marie Dupont."""
    return on_the_phone(story.ada, waiting_case(story.nantes, at=NOW))


@pytest.fixture
def names(story):
    """Let another case of a site name a place, some days ago."""
    made = []

    def name(place, *, site=None, days_ago=1, who=None):
        at = NOW - timedelta(days=days_ago)
        number = len(made)
        who = who or identity(f"Zoé{number}", f"Autre{number}", phones=(f"+3363998{number + 3000:04}",))
        opened = get_case(waiting_case(site or story.nantes, who, at=at).case_id)
        met = contact(opened, identity("Bob", f"Vu{number}", phones=()), by=story.ada, at=at)
        places.keep_of_contact(opened, met.id, place, cohort=at.date(), named_at=at, by=story.ada.id, at=at)
        made.append(opened)
        return opened

    return name


def hint(visitor, phone, typed):
    answer = visitor.fragment(phone.path.replace("/contacts", "/places/hint"), {"contact-place": typed})
    check_fragment(answer.text)
    return answer.text


def rows(visitor):
    return read(visitor.get("/clusters").text).select("tbody tr")


def row_of(visitor, place="Jules"):
    return next((row.text for row in rows(visitor) if place in row.text), None)


def test_two_others_are_said_as_the_place_is_typed_and_nobody_is_named(browse, story, phone, names):
    ada = browse.as_(story.ada)
    names("École Jules Ferry, Lille")
    assert hint(ada, phone, "ecole jules-ferry").strip() == "", "one other is no hint"

    names("ecole Jules-Ferry à LILLE")

    said = hint(ada, phone, "L’école Jules Ferry (Lille)")
    assert "2 autres dossiers" in said
    assert "7 jours" in said
    assert "Autre" not in said
    assert "P0-" not in said
    assert "Signaler le dossier pour cas groupés" in said


@pytest.mark.parametrize(
    ("typed", "is_said"),
    [
        ("École Jules Ferry", True),
        ("École Jules Ferry, Lille", True),
        ("École Jules Ferry, 59000 Lille", True),
        ("École Jules Ferry, Lyon", False),
        ("École Jules Verne, Lille", False),
        ("à l’école", False),
        ("", False),
    ],
)
def test_two_schools_of_one_name_in_two_towns_are_two(browse, story, phone, names, typed, is_said):
    names("École Jules Ferry, Lille")
    names("École Jules Ferry, Lille")

    assert (HINT in hint(browse.as_(story.ada), phone, typed)) == is_said


def test_without_a_town_a_name_says_something_within_one_site_only(browse, story, phone, names):
    ada = browse.as_(story.ada)
    for _ in range(2):
        names("École Jules Ferry", site=story.ajaccio)
    assert HINT not in hint(ada, phone, "École Jules Ferry")

    for _ in range(2):
        names("EHPAD Les Lilas, 44000 Nantes", site=story.ajaccio)
    assert HINT in hint(ada, phone, "EHPAD Les Lilas, Nantes")


def test_what_was_named_more_than_seven_days_ago_says_nothing(browse, story, phone, names):
    names("Bar du Port")
    names("Bar du Port", days_ago=8)

    assert HINT not in hint(browse.as_(story.ada), phone, "Bar du Port")


def test_one_person_with_two_records_is_one(browse, story, phone, names):
    first, second = names("Bar du Port"), names("Bar du Port")
    people.get_person(second.person_id).same_as = first.person_id
    database.flush()

    assert HINT not in hint(browse.as_(story.ada), phone, "Bar du Port")


def test_what_is_taken_back_says_nothing_any_more(browse, story, phone, names):
    ada = browse.as_(story.ada)
    names("Bar du Port")
    other = names("Bar du Port")
    assert HINT in hint(ada, phone, "Bar du Port")

    cases.withdraw(get_case(other.id), by=None, at=NOW)
    assert HINT not in hint(ada, phone, "Bar du Port")
    cases.keep(get_case(other.id), by=story.dora.id, at=NOW)
    assert HINT in hint(ada, phone, "Bar du Port")

    database.execute(
        update(NamedPlace).where(NamedPlace.case_id == other.id).values(named_at=NOW - timedelta(8))
    )
    assert HINT not in hint(ada, phone, "Bar du Port")


def test_a_contact_who_leaves_the_list_takes_the_place_along(browse, story, phone, names):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC | {"contact-place": "Bar du Port"})
    [luc] = named(phone)

    def kept():
        chosen = select(NamedPlace.name_hash, NamedPlace.named_at)
        return database.execute(chosen.where(NamedPlace.contact_id == luc.id)).all()

    assert len(kept()) == 1
    ada.fragment(f"{phone.path}/{luc.id}/remove")
    assert kept() == []
    ada.fragment(f"{phone.path}/{luc.id}/restore")
    [back] = kept()
    assert back.named_at == luc.named_at
    before = back.name_hash
    ada.fragment(f"{phone.path}/{luc.id}", LUC | {"contact-place": "Bar du Quai"})
    assert kept()[0].name_hash != before
    ada.fragment(f"{phone.path}/{luc.id}", LUC)
    assert kept() == []


def test_practice_and_other_programmes_are_worlds_of_their_own(browse, story, phone, names):
    for _ in range(2):
        names("Bar du Port", site=story.school)
    assert HINT not in hint(browse.as_(story.ada), phone, "Bar du Port")

    for _ in range(2):
        database.execute(
            update(NamedPlace)
            .where(NamedPlace.case_id == names("Bar du Port").id)
            .values(programme="measles")
        )
    assert HINT not in hint(browse.as_(story.ada), phone, "Bar du Port")


def test_the_words_are_sealed_and_go_with_their_day(story, names):
    opened = names("Bar du Port")
    [row] = database.scalars(select(NamedPlace).where(NamedPlace.case_id == opened.id))
    assert b"Port" not in (row.sealed or b"") + (row.name_hash or b"")

    clear_cohort(row.cohort)

    assert database.scalars(select(NamedPlace.id).where(NamedPlace.case_id == opened.id)).all() == []


def test_a_place_is_asked_for_by_few_statements_however_many_named_it(browse, story, phone, names):
    ada = browse.as_(story.ada)
    names("Bar du Port")
    names("Bar du Port")
    hint(ada, phone, "Bar du Port")
    with statements_sent(database()) as few:
        hint(ada, phone, "Bar du Port")
    for _ in range(5):
        names("Bar du Port")
    with statements_sent(database()) as many:
        hint(ada, phone, "Bar du Port")

    assert len(many) == len(few)


def test_the_record_is_handed_off_from_the_call_by_number_and_that_can_be_undone(
    browse, story, phone, names, session
):
    ada = browse.as_(story.ada)
    names("Bar du Port")
    names("Bar du Port")
    here = phone.path.replace("/contacts", "/places")

    for _ in range(2):
        answer = ada.fragment(f"{here}/report", {"given": "yes"})
    assert "à transmettre" in answer.text
    report = select(HandOff.reason, HandOff.state).where(HandOff.case_id == phone.task.case_id)
    assert database.execute(report).all() == [("H-12", HandOffState.TO_SEND)]
    assert "à transmettre" in hint(ada, phone, "Bar du Port")

    ada.fragment(f"{here}/report", {"given": "no"})
    assert database.execute(report).all() == [("H-12", HandOffState.TAKEN_BACK)]
    assert "Signaler le dossier" in hint(ada, phone, "Bar du Port")


def test_the_list_of_the_call_says_it_too_once_the_contact_is_saved(browse, story, phone, names):
    ada = browse.as_(story.ada)
    names("Bar du Port")
    names("Bar du Port")
    here = phone.path.replace("/contacts", "/places")
    assert here not in ada.get(phone.path).text

    ada.fragment(phone.path, LUC | {"contact-place": "Le bar du Port"})

    assert f'href="{here}"' in ada.get(phone.path).text
    page = ada.get(here)
    assert "Le bar du Port" in page.text
    assert "2 autres dossiers" in page.text


def test_a_contacts_call_is_told_nothing_of_places(browse, story, names):
    names("Bar du Port")
    opened = names("Bar du Port")
    who = identity("Luc", "Martin", phones=("+33639987777",))
    task = waiting_contact(story, opened, who, due=-timedelta(days=3))
    phone = on_the_phone(story.ada, task)
    assert phone.call.household_id == task.household_id
    browse.as_(story.ada).post(
        phone.path.replace("/contacts", "/places/hint"), {"contact-place": "Bar du Port"}, status=409
    )


def test_an_adviser_sees_three_cases_of_a_place_and_hands_them_off_at_once(browse, story, names):
    ben = browse.as_(story.ben)
    names("École Jules Ferry, Lille", days_ago=2)
    names("ecole jules ferry", days_ago=1)
    assert row_of(ben) is None
    last = names("École Jules-Ferry (Lille)", days_ago=0)

    row = row_of(ben)
    assert "École Jules-Ferry (Lille)" in row
    assert last.reference in row
    assert "pas signalé" in row
    assert "Autre" not in row
    seen = database.scalars(select(IdentityAccess).where(IdentityAccess.viewer_id == story.ben.id)).all()
    assert {one.why for one in seen} == {"clusters"}
    assert f"person:{last.person_id}" in seen[0].people

    place = database.scalar(select(NamedPlace.id).where(NamedPlace.case_id == last.id))
    for _ in range(2):
        ben.follow(f"/clusters/{place}/report")
    assert database.scalars(select(HandOff.reason)).all() == ["H-12"] * 3
    assert "à transmettre" in row_of(ben)
    assert "3 dossiers sur 3" in row_of(ben)


def test_what_nobody_has_reported_and_fragile_people_come_first(browse, story, names):
    ben = browse.as_(story.ben)
    for place, count in (("Bar du Port", 4), ("EHPAD Les Lilas", 3), ("Club Omnisports Nord", 5)):
        for _ in range(count):
            names(place)

    shown = [row.select_one("strong").text for row in rows(ben)]

    assert shown == ["EHPAD Les Lilas", "Club Omnisports Nord", "Bar du Port"]


def test_a_cluster_leaves_the_list_with_its_third_case(browse, story, names):
    ben = browse.as_(story.ben)
    opened = [names("Bar du Port") for _ in range(3)]
    place = database.scalar(select(NamedPlace.id).where(NamedPlace.case_id == opened[2].id))
    assert row_of(ben, "Bar du Port")

    cases.withdraw(get_case(opened[0].id), by=None, at=NOW)

    assert row_of(ben, "Bar du Port") is None
    ben.post(f"/clusters/{place}/report", status=404)


def test_a_hand_off_whose_cluster_falls_to_two_cases_says_so_and_is_not_sent_unawares(browse, story, names):
    ben = browse.as_(story.ben)
    opened = [names("Bar du Port") for _ in range(3)]
    place = database.scalar(select(NamedPlace.id).where(NamedPlace.case_id == opened[2].id))
    ben.follow(f"/clusters/{place}/report")
    sent, waiting = database.scalars(
        select(HandOff).where(HandOff.case_id.in_([one.id for one in opened[1:]])).order_by(HandOff.id)
    )
    ben.follow(f"/hand-offs/{sent.id}/send")
    assert "condition plus remplie" not in ben.get("/hand-offs").text

    cases.withdraw(get_case(opened[0].id), by=None, at=NOW)

    page = ben.get("/hand-offs").text
    assert page.count("condition plus remplie") == 1
    ben.post(f"/hand-offs/{waiting.id}/send", status=409)
    assert waiting.state is HandOffState.TO_SEND
    assert "condition plus remplie" not in ben.get("/hand-offs?done=1").text
    ben.follow(f"/hand-offs/{waiting.id}/send", {"anyway": "y"})
    states = select(HandOff.state).where(HandOff.id.in_([sent.id, waiting.id]))
    assert database.scalars(states).all() == [HandOffState.SENT, HandOffState.SENT]


def test_cases_of_another_site_count_where_the_town_is_known_and_are_not_shown(browse, story, names):
    names("EHPAD Les Lilas, Nantes")
    names("EHPAD Les Lilas, Nantes")
    other = names("EHPAD Les Lilas, 44000 Nantes", site=story.ajaccio)

    row = row_of(browse.as_(story.ben), "Lilas")

    assert "dont 1 d’un autre site" in row
    assert other.reference not in row


@pytest.mark.parametrize(("programme", "is_to_do"), [("exercise-2022", True), ("measles", False)])
def test_an_adviser_looks_first_at_a_place_if_the_programme_lets_them_report_it(
    browse, story, names, programme, is_to_do
):
    story.nantes.programme = programme
    for _ in range(3):
        names("Bar du Port")
    ben = browse.as_(story.ben)

    assert row_of(ben, "Bar du Port")
    assert ("Signaler 3 dossiers" in ben.get("/clusters").text) == is_to_do
    assert ("Signaler 3 dossiers" in ben.get("/first").text) == is_to_do
    counting.keep(workplace(story.nantes), at=NOW)
    assert triage.count(story.nantes.id) == is_to_do, "the badge says what the scheduler counted"
