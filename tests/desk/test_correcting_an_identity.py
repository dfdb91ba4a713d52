"""Somebody says in their call who they are: it reaches their file, their papers, the next lot and whoever rings later."""

from datetime import date

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.desk.test_contact_call import waiting_contact
from tests.desk.walking import soup, take_call
from tests.support.lots import arrival, lot_of
from tests.support.story import case, identity, person, waiting_case
from tracing.casefiles.rules import FileReason
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.contacts.queries import described, find_contact
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.imports.jobs import load
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.people.models import KeyKind, Person, PossibleDuplicate
from tracing.people.rules import name_birth_key

ANNE = identity("Anne Marie", "Le Goff", born=date(1985, 7, 20), phones=("+33612345678",), sex="F")
SAID = {
    "birth_name": "Le Goff",
    "usual_name": "",
    "first_names": "Anne Marie",
    "birth_date": "1985-07-20",
    "address": "",
    "postcode": "",
    "city": "",
    "source": "person",
}


@pytest.fixture
def called(story, browse):
    """Anne on the telephone with Ada, who has come to her symptoms."""
    task = waiting_case(story.nantes, ANNE, at=NOW)
    return task, take_call(browse.as_(story.ada)).to("symptoms")


def correct(walk, task, *, status=303, **said):
    return walk.visitor.post(
        f"{walk.call}/tasks/{task.id}/identity?step=symptoms", SAID | said, status=status
    )


def test_a_corrected_identity_is_on_the_screen_at_the_same_step_and_found_by_both(called, browse, story):
    task, walk = called

    answer = correct(walk, task, birth_name="Le Gof", birth_date="1985-07-21")

    page = soup(walk.visitor.get(answer.headers["Location"]))
    assert page.select_one("#answers input[name=step]")["value"] == "symptoms"
    assert "LE GOF Anne" in page.select_one("#person").get_text(" ", strip=True)
    assert "21/07/1985" in page.select_one("#person").text
    now = people.find_identity(task.person_id)
    for one in (ANNE, now):
        found = people.find_by_key(KeyKind.NAME_BIRTH, name_birth_key(one))
        assert [who.id for who in found] == [task.person_id]
    [detail] = session.scalars(select(Event.detail).where(Event.kind == "person.identity_corrected"))
    assert "Gof" not in str(detail)


def test_the_way_back_leads_to_the_step_that_the_page_moved_to(called):
    task, walk = called

    moved = walk.visitor.fragment(f"{walk.call}?task={task.id}&step=living_place", method="get")

    there = soup(moved).select_one("#correct-identity")
    assert there["hx-swap-oob"] == "true"
    assert there.a["href"].endswith("step=living_place")


def test_who_rings_later_is_found_by_the_birth_date_of_before(called, browse, story):
    task, walk = called
    correct(walk, task, birth_date="1985-07-21")
    walk.visitor.post(f"{walk.call}/give-back", {"reason": "equipment"}, status=303)
    abel = browse.as_(story.abel)

    page = abel.follow("/incoming", {"key": "06 12 34 56 78", "born": "1985-07-20"})

    assert "LE GOFF Anne" in page.text


def test_a_name_and_birth_date_that_were_corrected_twice_find_the_person_by_each(called, browse, story):
    task, walk = called
    correct(walk, task, birth_name="Le Gof", birth_date="1985-07-21")
    correct(walk, task, birth_name="Le Goaf", birth_date="1985-07-22")
    walk.visitor.post(f"{walk.call}/give-back", {"reason": "equipment"}, status=303)
    dora = browse.as_(story.dora)

    for name, born in (("Le Goff", "1985-07-20"), ("Le Gof", "1985-07-21"), ("Le Goaf", "1985-07-22")):
        asked = {"name": name, "given": "Anne Marie", "born": born, "reason": FileReason.ASKS.value}
        assert f"Dossier {get_case(task.case_id).reference}" in dora.follow("/files", asked).text
    page = browse.as_(story.abel).follow("/incoming", {"key": "06 12 34 56 78", "born": "1985-07-21"})
    assert "LE GOAF Anne" in page.text


def test_the_next_lot_with_the_earlier_spelling_makes_nobody_and_overwrites_nothing(called, by_lot):
    task, walk = called
    correct(
        walk, task, birth_name="Le Gof", birth_date="1985-07-21", address="3 rue des Lilas", city="Nantes"
    )
    known = people.find_identity(task.person_id)

    by_lot(ADRESSE="9 quai Sud", CODE_POSTAL="13001", COMMUNE="Marseille")
    by_lot(ID_RESULTAT="PDL-2", TEL_MOBILE="0687654321")

    now = people.find_identity(task.person_id)
    assert (now.birth_name, now.birth_date, now.address) == (
        known.birth_name,
        known.birth_date,
        known.address,
    )
    assert session.scalar(select(func.count()).select_from(Person)) == 2, "without a number a human is asked"
    assert session.scalar(select(func.count()).select_from(PossibleDuplicate)) == 1


@pytest.fixture
def by_lot(clock):
    """Load a lot of one line about Anne, as the laboratory has her."""

    def send(**fields):
        line = {"DATE_PRELEVEMENT": "09/03/2026 08:30", "DATE_EXTRACTION": "10/03/2026 07:45"} | fields
        load(arrival(f"lot-{fields.get('ID_RESULTAT', 1)}.csv.p7m", lot_of([line])))

    return send


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        pytest.param({"birth_name": "LE GOFF "}, "Rien n’a changé", id="the same"),
        pytest.param({"birth_name": "Gof", "source": ""}, "de qui vous le tenez", id="nobody's word"),
        pytest.param({"birth_date": "2027-03-29"}, "n’est pas possible", id="a day to come"),
        pytest.param({"birth_date": "", "birth_name": "Gof"}, "une date entière", id="half a date"),
        pytest.param({"birth_name": " "}, "laissez celui du dossier", id="no name"),
    ],
)
def test_what_is_no_correction_is_refused(called, said, sentence):
    task, walk = called

    assert sentence in correct(walk, task, status=422, **said).text


def test_a_known_address_is_replaced_and_not_emptied(called):
    task, walk = called
    correct(walk, task, address="3 rue des Lilas", postcode="44100", city="Nantes")

    refused = correct(walk, task, status=422, birth_name="Le Gof")

    assert "Donnez l’adresse" in refused.text
    assert people.find_identity(task.person_id).city == "Nantes"


def test_a_relative_does_not_replace_the_person_s_word_and_a_call_s_correction_is_taken_back(called):
    task, walk = called
    correct(walk, task, birth_name="Le Gof")

    correct(walk, task, birth_name="Le Guff", source="relative")
    assert people.find_identity(task.person_id).birth_name == "Le Gof"
    walk.visitor.post(f"{walk.call}/tasks/{task.id}/identity/take-back", status=303)

    assert people.find_identity(task.person_id) == ANNE
    correct(walk, task, birth_name="Le Guff", source="relative")
    assert people.find_identity(task.person_id).birth_name == "Le Guff"


def test_before_anything_is_confirmed_two_of_three_must_agree(story, browse):
    task = waiting_case(story.nantes, ANNE, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("identity")

    refused = correct(walk, task, status=422, birth_name="Martin", birth_date="1990-01-01")

    assert "Identité non confirmée" in refused.text
    correct(walk, task, birth_date="1985-07-21")
    assert people.find_identity(task.person_id).birth_date == date(1985, 7, 21)
    refused = correct(walk, task, status=422, birth_date="1985-07-21", birth_name="Martin")
    assert "Identité non confirmée" in refused.text, "nor one after the other"
    correct(walk, task, birth_date="1985-07-22")


def test_who_becomes_like_somebody_dead_is_asked_about(called, story):
    task, walk = called
    dead = person(identity("Anne", "Le Gof", born=date(1985, 7, 20), phones=()), at=NOW)
    consequences.record(
        [
            NewFact(
                subject=(SubjectType.PERSON, dead.id),
                kind=FactKind.DEATH,
                value=True,
                source=FactSource.RELATIVE,
                cohort=NOW.date(),
            )
        ],
        by=None,
        at=NOW,
    )

    refused = correct(walk, task, status=422, birth_name="Le Gof")

    assert "cochez la case" in refused.text
    correct(walk, task, birth_name="Le Gof", is_other="y")
    assert people.find_identity(task.person_id).birth_name == "Le Gof"


def test_a_child_s_birth_date_lets_a_representative_answer_and_the_line_of_the_case_follows(story, browse):
    met = waiting_contact(story, case(story.nantes, at=NOW), ANNE)
    walk = take_call(browse.as_(story.ada)).to("identity")
    assert "representative" not in walk.steps

    correct(walk, met, birth_date="2016-07-20", source="representative")

    page = soup(walk.visitor.get(f"{walk.call}?task={met.id}"))
    assert "9 ans" in page.select_one("#person").text
    assert described(find_contact(met.contact_id)).birth_date == date(2016, 7, 20)
    assert "parent" in str(page).lower()


def test_a_supervisor_corrects_it_from_the_file_which_shows_who_said_what_and_takes_it_back(
    called, browse, story
):
    task, walk = called
    correct(walk, task, birth_name="Le Gof")
    dora = browse.as_(story.dora)
    reference = get_case(task.case_id).reference
    file = dora.client.post("/files", data={"key": reference, "reason": "complaint"}).headers["Location"]

    dora.follow(f"{file}/identity", SAID | {"birth_name": "Le Gof", "city": "Nantes", "source": "relative"})

    page = dora.get(file).text
    for word in ("Le Goff", "Le Gof", "Nantes", "le laboratoire", "un proche"):
        assert word in page
    assert (
        "Rien n’a changé"
        in dora.post(f"{file}/identity", SAID | {"birth_name": "Le Gof", "city": "Nantes"}, status=422).text
    )
    dora.post(f"{file}/identity/take-back", status=303)
    assert people.find_identity(task.person_id) == ANNE
