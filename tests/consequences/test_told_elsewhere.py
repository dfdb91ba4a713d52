"""A person named twice, or spoken to as a contact and now a case: the caller knows what they were told, never by whom."""

from tests.conftest import NOW
from tests.consequences.test_following import DAY
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, P0, soup, take_call
from tests.support.story import case, identity, waiting_case
from tracing.cases.queries import get_case
from tracing.contacts.queries import find_contact
from tracing.kernel.db import session as database

PAUL = identity("Paul", "Deniau", phones=("+33639980009",))


def head(walk):
    page = soup(walk.visitor.get(f"{walk.call}?step=announcement"))
    return " ".join(one.text for one in page.select(".call-again"))


def named_twice(story):
    """Luc, named by Marie and by Paul, under one record."""
    first = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    again = waiting_contact(story, case(story.nantes, PAUL, at=NOW), LUC)
    other = find_contact(again.contact_id)
    other.person_id = again.person_id = first.person_id
    other.last_contact_on = NOW.date() - 3 * DAY
    database.flush()
    return first, other


def test_a_contact_named_by_two_cases_is_known_as_such_without_a_name(story, browse):
    named_twice(story)
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")

    said = head(walk)

    assert "Nommée aussi par un autre dossier" in said
    assert "durandeau" not in said.lower()
    assert "deniau" not in said.lower()


def test_what_they_were_told_about_the_other_meeting_is_said(story, browse):
    _first, other = named_twice(story)
    other.told_at, other.first_told_on = NOW - DAY, NOW.date() - DAY
    other.told_last_day = NOW.date() + 4 * DAY
    database.flush()
    walk = take_call(browse.as_(story.abel), CONTACT).to("announcement")

    assert "jusqu’au samedi 14 mars" in head(walk)


def test_nothing_is_said_before_they_have_said_who_they_are(story, browse):
    named_twice(story)

    assert "autre dossier" not in str(take_call(browse.as_(story.abel), CONTACT).page)


def test_a_case_spoken_to_as_a_contact_is_known_as_such(story, browse):
    of_luc = waiting_contact(story, case(story.nantes, PAUL, at=NOW), LUC)
    contact = find_contact(of_luc.contact_id)
    contact.told_at, contact.told_last_day = NOW - DAY, NOW.date() + 5 * DAY
    task = waiting_case(story.nantes, MARIE, at=NOW)
    get_case(task.case_id).from_contact_id = contact.id
    database.flush()
    walk = take_call(browse.as_(story.ada), P0)

    said = head(walk.to("data_notice"))

    assert "Déjà appelée comme personne contact, lundi 9 mars" in said
    assert "dimanche 15 mars" in said
