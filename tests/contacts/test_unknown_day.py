"""A contact of whom nobody knows the last day: a given name and a number are enough, and the day is an answer."""

from datetime import date

import pytest

from tests.conftest import NOW
from tests.desk.walking import Walk, soup, take_call
from tests.support.story import Story, waiting_case
from tests.support.web import Browser
from tracing.cases import queries as cases
from tracing.contacts import queries as contacts
from tracing.contacts.models import Contact
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, SubjectType

NADIA = {"contact-first_names": "Nadia", "contact-phones": "06 39 98 01 01", "contact-may_disclose": "no"}
YESTERDAY = date(2026, 3, 9)


def at_the_list(story: Story, browse: Browser) -> tuple[Walk, str, int]:
    """Return a tracer at the list of contacts, the address of the list, and the case."""
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("contacts")
    return walk, f"{walk.call}/tasks/{task.id}/contacts", task.case_id


def the_contact(case_id: int) -> Contact:
    """Return the only contact of a case."""
    (contact,) = contacts.contacts_of_case(case_id)
    return contact


def said(contact: Contact) -> object:
    """Return the day that somebody said, as a fact."""
    return facts.in_force_of(SubjectType.CONTACT, contact.id).get(FactKind.LAST_CONTACT)


def test_a_given_name_and_a_number_are_enough_and_the_latest_day_counts(story, browse):
    walk, address, case_id = at_the_list(story, browse)

    shown = walk.visitor.fragment(address, NADIA)

    contact = the_contact(case_id)
    assert "jour inconnu" in shown.text
    assert (contact.is_day_unknown, contact.last_contact_on) == (True, NOW.date())
    assert said(contact) is None


def test_a_contact_without_a_day_is_outside_no_contagious_period(story, browse):
    walk, address, case_id = at_the_list(story, browse)
    walk.visitor.fragment(address, NADIA)
    later = {
        "step": "symptoms",
        "asked": ["has_symptoms"],
        "answer-has_symptoms": "no",
        "drop": "has_symptoms=no",
    }

    walk.visitor.fragment(address.replace("/contacts", "/answers"), later)

    assert cases.get_case(case_id).onset_on is None
    assert not the_contact(case_id).is_outside


def test_a_day_remembered_later_counts_and_one_that_was_a_mistake_is_taken_back(story, browse):
    walk, address, case_id = at_the_list(story, browse)
    walk.visitor.fragment(address, NADIA)
    line = f"{address}/{the_contact(case_id).id}"

    walk.visitor.fragment(line, NADIA | {"contact-last_contact_on": YESTERDAY.isoformat()})
    known = the_contact(case_id)
    assert (known.is_day_unknown, known.last_contact_on) == (False, YESTERDAY)
    assert said(known) is not None

    walk.visitor.fragment(line, NADIA | {"contact-recent_day": ""})
    assert the_contact(case_id).is_day_unknown
    assert said(the_contact(case_id)) is None


def test_without_script_one_of_the_last_days_is_chosen_by_name(story, browse):
    walk, address, case_id = at_the_list(story, browse)

    walk.visitor.fragment(address, NADIA | {"contact-recent_day": YESTERDAY.isoformat()})

    assert the_contact(case_id).last_contact_on == YESTERDAY


@pytest.mark.parametrize(
    ("typed", "chosen", "counts"),
    [
        ("2026-03-09", "2026-03-08", "2026-03-08"),
        ("2026-03-09", "", None),
        ("2026-03-07", "2026-03-09", "2026-03-07"),
        ("2026-03-09", None, "2026-03-09"),
        ("", None, None),
    ],
)
def test_without_script_the_day_that_was_changed_counts(story, browse, typed, chosen, counts):
    """Both fields are sent; the day that the page showed says which one was changed."""
    walk, address, case_id = at_the_list(story, browse)
    walk.visitor.fragment(address, NADIA | {"contact-last_contact_on": YESTERDAY.isoformat()})
    line = the_contact(case_id)
    shown = soup(walk.visitor.get(f"{address}?edit={line.id}"))
    sent = {"contact-day_before": shown.select_one("[name=contact-day_before]")["value"]}
    if chosen is not None:
        sent["contact-recent_day"] = chosen

    walk.visitor.follow(f"{address}/{line.id}", NADIA | sent | {"contact-last_contact_on": typed})

    day = contacts.known_day(the_contact(case_id))
    assert day == (date.fromisoformat(counts) if counts else None)


def test_a_contact_is_told_no_day_that_nobody_has_said(story, browse):
    walk, address, _case_id = at_the_list(story, browse)
    walk.visitor.fragment(address, NADIA)
    walk.to("closing")
    walk.visitor.follow(address.replace("/contacts", "/end"), {"outcome": "completed"})

    page = take_call(browse.as_(story.abel), CONTACT_ANSWERS).to("announcement")

    assert "remonte au" not in page.page.select_one(".say").text
    assert "jour inconnu" in page.page.select_one("#dates").text


CONTACT_ANSWERS = {"person_on_line": "person", "identity_confirmed": "yes", "has_time": "yes"}
