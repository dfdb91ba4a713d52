"""Calling a contact: what they hear, and the name they must never hear unless it may be told."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.conftest import NOW
from tests.desk.walking import CONTACT, Walk, soup, take_call
from tests.support.story import case, contact, identity, waiting_case
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.cases.queries import get_case
from tracing.contacts import identities
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import described, find_contact
from tracing.contacts.rules import ContactLink, Described
from tracing.contacts.words import LINK_WORDS
from tracing.kernel.db import session as database
from tracing.kernel.events import IdentityAccess
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import TaskKind, TaskState

MARIE = identity("Marie", "Durandeau", phones=("+33639980001",))
LUC = identity("Luc", "Petit", phones=("+33639980002",))


def waiting_contact(story, of, who, *, may_disclose=False, due=timedelta(hours=24)):
    """Name a contact at risk and put their call in the queue."""
    named = contact(of, who, by=story.ada, at=NOW, may_disclose=may_disclose)
    return queue_services.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=named.person_id,
        phones=who.phones,
        site_id=of.site_id,
        case_id=of.id,
        contact_id=named.id,
        due_at=NOW + due,
        at=NOW,
    )


def every_page(walk: Walk, task_id: int) -> str:
    """Go through the whole call and return everything its tracer was shown."""
    seen = [str(walk.page)]
    while walk.step != "closing":
        walk.send()
        seen.append(str(walk.page))
    seen += [walk.visitor.get(f"{walk.call}/tasks/{task_id}/end").text]
    seen += [
        walk.visitor.fragment(f"{walk.call}/tasks/{task_id}/{panel}", method="get").text
        for panel in ("contacts", "escalations")
    ]
    return "\n".join(seen).lower()


def test_a_contact_is_led_through_their_own_script_to_the_end(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)

    walk = take_call(abel, CONTACT).to("closing")

    assert "announcement" in walk.steps
    assert "mercredi 9 mars" not in str(walk.page)
    abel.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})
    assert queue.get_task(task.id).state is TaskState.DONE
    assert find_contact(task.contact_id).status is ContactStatus.INFORMED


def test_the_name_of_the_case_is_nowhere_in_the_call_of_a_contact(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)

    shown = every_page(take_call(browse.as_(story.abel), CONTACT), task.id)

    assert "petit" in shown
    assert "durandeau" not in shown
    assert "marie" not in shown


def test_what_the_case_said_of_the_meeting_is_nowhere_in_the_call_and_survives_their_correction(
    story, browse
):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    named = find_contact(task.contact_id)
    said = replace(Described.of(LUC), link=ContactLink.NEIGHBOUR, place="Zinc du quai", is_warned=True)
    identities.seal(named, said)
    walk = take_call(browse.as_(story.abel), CONTACT)

    shown = every_page(walk, task.id)
    sheet = f"{walk.call}/tasks/{task.id}/contacts"
    shown += walk.visitor.fragment(f"{sheet}?edit={named.id}", method="get").text.lower()
    walk.visitor.fragment(f"{sheet}/{named.id}", {"contact-first_names": "Lucas"})

    assert "zinc" not in shown
    assert LINK_WORDS[ContactLink.NEIGHBOUR].lower() not in shown
    assert described(find_contact(named.id)) == replace(
        said, first_names="Lucas", birth_name="", birth_date=None, phones=(), email=""
    )


def test_the_name_is_said_once_the_case_has_agreed_for_this_contact(story, browse):
    of = case(story.nantes, MARIE, at=NOW)
    waiting_contact(story, of, LUC, may_disclose=True)

    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")

    assert "Marie Durandeau" in walk.page.select_one(".say").text
    seen = database.query(IdentityAccess).filter_by(viewer_id=story.abel.id, why="call").one()
    assert f"person:{of.person_id}" in seen.people


def test_an_agreement_for_one_contact_is_none_for_another(story, browse):
    of = case(story.nantes, MARIE, at=NOW)
    waiting_contact(story, of, LUC, may_disclose=True, due=timedelta(hours=30))
    zoe = waiting_contact(story, of, identity("Zoé", "Roux", phones=("+33639980003",)))

    walk = take_call(browse.as_(story.abel), CONTACT)

    assert "ROUX" in walk.page.select_one("#person-name").text
    assert "durandeau" not in every_page(walk, zoe.id)


def test_in_one_household_the_case_is_only_another_person(story, browse):
    mother = waiting_case(story.nantes, MARIE, at=NOW)
    son = identity("Luc", "Petit", phones=MARIE.phones)
    task = waiting_contact(story, get_case(mother.case_id), son, due=timedelta(hours=1))

    walk = take_call(browse.as_(story.abel), CONTACT)

    assert "PETIT" in walk.page.select_one("#person-name").text
    assert "une autre personne du foyer" in walk.page.select_one("#people-tabs").text
    assert "durandeau" not in every_page(walk, task.id)


def test_each_person_of_a_household_says_who_they_are(story, browse):
    waiting_case(story.nantes, MARIE, at=NOW)
    other = waiting_case(story.nantes, identity("Paul", "Durandeau", phones=MARIE.phones), at=NOW)
    walk = take_call(browse.as_(story.ada)).to("symptoms")

    page = soup(walk.visitor.get(f"{walk.call}?task={other.id}&step=symptoms"))

    assert page.select_one("#answers input[name=step]")["value"] == "opening"
    assert not page.select_one("#dates")


def test_what_a_contact_answers_decides_their_quarantine(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)

    walk = take_call(browse.as_(story.abel), {**CONTACT, "vaccination": "complete"}).to("tests")

    assert "quarantine_not_required" in walk.steps
    assert find_contact(task.contact_id).quarantine_measure == "not_required"
    said = walk.page.select_one(".say").text
    assert "aujourd’hui, un test PCR ou antigénique" in said
    assert "jeudi 12 mars, un autotest" in said
    assert "samedi 14 mars, un autotest" in said


def test_the_last_contact_told_closes_the_case(story, browse):
    mother = waiting_case(story.nantes, MARIE, at=NOW)
    task = waiting_contact(story, get_case(mother.case_id), LUC)
    ada, abel = browse.as_(story.ada), browse.as_(story.abel)
    first = take_call(ada).to("closing")

    page = ada.get(f"{first.call}/tasks/{mother.id}/end").text
    ada.follow(f"{first.call}/tasks/{mother.id}/end", {"outcome": "completed"})
    stays_open = get_case(mother.case_id).status
    second = take_call(abel, CONTACT).to("closing")
    abel.follow(f"{second.call}/tasks/{task.id}/end", {"outcome": "completed"})

    assert "1 contact sera appelé" in page
    assert stays_open is CaseStatus.OPEN
    assert (get_case(mother.case_id).status, get_case(mother.case_id).outcome) == (
        CaseStatus.CLOSED,
        CaseOutcome.COMPLETED,
    )


@pytest.mark.parametrize("answer", ["absent", "language"])
def test_who_answers_instead_hears_no_health_word(story, browse, answer):
    waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)

    walk = take_call(browse.as_(story.abel), {**CONTACT, "person_on_line": answer})
    words = walk.page.select_one(".say").text
    walk.send()
    words += walk.page.select_one(".say").text

    assert not any(word in words.lower() for word in ("test", "covid", "positi", "contact", "isole"))


SEPARATED = {
    "contact-first_names": "Luc",
    "contact-birth_name": "Petit",
    "contact-phones": "06 39 98 00 02",
    "contact-last_contact_on": "2026-03-09",
    "contact-lives_with_case": "no",
    "contact-protection": "separation",
}
"""Their own sheet, corrected: a pane of glass stood between them."""


def test_a_contact_at_negligible_risk_is_not_told_to_stay_at_home(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)
    walk = take_call(abel, CONTACT | {"works": "yes", "is_caregiver": "no"}).to("quarantine")
    assert "jusqu’au" in walk.page.select_one(".say").text

    sheet = f"{walk.call}/tasks/{task.id}/contacts/{task.contact_id}"
    abel.fragment(sheet, SEPARATED)
    again = abel.fragment(f"{walk.call}/tasks/{task.id}/look-again", walk.form())

    assert again.headers["HX-Retarget"] == "#step", "the order that was on the screen is gone from it"
    assert "je vous demande de rester" not in again.text
    walk.page = soup(abel.get(f"{walk.call}?task={task.id}&step=negligible_risk"))
    assert "risque que vous ayez été contaminé est très faible" in walk.page.select_one(".say").text
    assert "Négligeable" in walk.page.select_one("#measure").text
    assert "non demandée" in walk.page.select_one("#dates").text
    rest = walk.to("closing").steps
    assert {"quarantine", "tests", "work_leave", "sick_note"}.isdisjoint(
        rest[rest.index("negligible_risk") :]
    )
    told = find_contact(task.contact_id)
    assert (told.quarantine_measure, told.quarantine_last_day) == ("not_required", None)
    note = abel.fragment(f"{walk.call}/tasks/{task.id}/sick-note", method="get").text
    assert "risque négligeable" in note


def test_what_the_contact_says_makes_the_risk_count_again(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)
    walk = take_call(abel, CONTACT | {"lives_with_case": "yes"}).to("immunity")

    abel.fragment(f"{walk.call}/tasks/{task.id}/contacts/{task.contact_id}", SEPARATED)

    walk.to("quarantine")
    assert "rester chez vous" in walk.page.select_one(".say").text


def test_a_correction_beside_the_step_says_its_words_anew_and_leaves_what_is_typed(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)
    walk = take_call(abel, CONTACT).to("quarantine")
    closer = SEPARATED | {"contact-protection": "none", "contact-face_to_face": "under_1_m"}

    abel.fragment(f"{walk.call}/tasks/{task.id}/contacts/{task.contact_id}", closer)
    again = abel.fragment(f"{walk.call}/tasks/{task.id}/look-again", walk.form())

    assert "HX-Retarget" not in again.headers
    assert "lundi 16 mars" in again.text
    assert 'id="answers"' not in again.text


def test_where_no_rule_says_anything_the_step_leads_to_a_doctor(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    abel = browse.as_(story.abel)
    walk = take_call(abel, CONTACT).to("quarantine")
    find_contact(task.contact_id).first_told_on = date(2021, 6, 1)  # this programme had no rules then
    database.flush()

    page = soup(abel.get(f"{walk.call}?task={task.id}&step=quarantine_unknown"))

    assert "je demande l’avis d’un médecin-conseil" in page.select_one(".say").text
    assert page.select_one("#panel-escalation").has_attr("open")
    asking = page.select_one(f"#escalation-{task.id}")["hx-get"]
    panel = soup(abel.fragment(asking, method="get"))
    assert panel.select_one("option[selected]")["value"] == "medical_question"
    assert "Aucune règle" in panel.select_one("textarea").text


def test_a_child_without_a_birth_date_is_asked_for_through_a_parent(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), replace(LUC, birth_date=None))
    child = find_contact(task.contact_id)
    identities.seal(child, Described(first_names="Luc", phones=LUC.phones, is_child=True))

    walk = take_call(browse.as_(story.ada), CONTACT | {"representative_confirmed": "yes"}).to("identity")

    assert "representative" in walk.steps
    assert "Si le dossier n’a pas de date de naissance" in walk.page.text
