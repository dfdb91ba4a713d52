"""What does not go together is shown before a call is closed, as one list that leads to where it can be mended."""

from datetime import date

import pytest

from tests.conftest import NOW
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import P0, soup, take_call
from tests.support.story import case, contact, waiting_case
from tracing.cases.queries import get_case
from tracing.desk import queries
from tracing.desk.ending.words import CONTRADICTION_WORDS
from tracing.desk.rules import BeforeClosing, Contradiction, contradictions

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("answers", "more", "found"),
    [
        ({"lives_alone": "no"}, {}, ["nobody_of_household"]),
        ({"lives_alone": "no"}, {"listed": 2, "of_household": 1}, []),
        ({"lives_alone": "yes"}, {"listed": 1, "of_household": 1}, ["household_of_one"]),
        ({"contacts_listed": "complete"}, {}, ["nobody_listed"]),
        ({"contacts_listed": "none"}, {"listed": 1}, ["somebody_listed"]),
        ({"contacts_listed": "to_be_completed"}, {}, []),
        ({"wants_note": "yes"}, {}, ["note_not_issued"]),
        ({"wants_note": "yes"}, {"has_note": True}, []),
        ({"can_telework": "yes"}, {"has_note": True}, ["note_not_wanted"]),
        ({"apart_since": "2026-03-05", "last_work_on": "2026-03-08"}, {}, ["apart_but_worked"]),
        ({"last_work_on": "unknown", "apart_since": "2026-03-05"}, {}, []),
        ({"test_on": "2026-03-01"}, {"last_contact": date(2026, 3, 5)}, ["test_before_meeting"]),
        ({"test_on": "2026-03-01", "lives_with_case": "yes"}, {"last_contact": date(2026, 3, 5)}, []),
        ({"onset_on": "2026-03-11"}, {}, ["day_to_come"]),
        ({"onset_on": "2026-03-10"}, {}, []),
    ],
)
def test_what_contradicts_itself(answers, more, found):
    known = BeforeClosing(answers=answers, today=TODAY, **more)

    assert [what.value for what, _question in contradictions(known)] == found


def test_every_contradiction_has_its_words():
    assert set(CONTRADICTION_WORDS) == set(Contradiction)


def listed(page):
    found = soup(page).select_one(".still-open")
    return [] if found is None else [one.text for one in found.select("li")]


def test_the_page_of_the_end_lists_what_to_check_and_leads_there(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    ada = browse.as_(story.ada)
    walk = take_call(ada, P0 | {"lives_alone": "no"}).to("closing")
    end = f"{walk.call}/tasks/{task.id}/end"

    page = ada.get(end)

    assert "À vérifier avant de clore" in page.text
    (said,) = listed(page)
    assert "aucune n’est dans la liste" in said
    assert "step=household" in soup(page).select_one(".still-open a")["href"]
    contact(get_case(task.case_id), LUC, by=story.ada, at=NOW)
    assert listed(ada.get(end)) == [
        "Aucun contact n’est dit, et la liste en compte. Où en est la liste\u202f?"
    ]


def test_nothing_of_what_was_said_is_listed_before_identity_is_confirmed(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    ada = browse.as_(story.ada)
    walk = take_call(ada, P0).to("identity")

    assert "À vérifier" not in ada.get(f"{walk.call}/tasks/{task.id}/end").text


def test_a_day_that_nobody_knows_is_before_no_test(story):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    about = queries.about(task)
    said = {"test_on": "2026-03-01"}
    assert about.contact is not None
    assert contradictions(queries.before_closing(about, said, today=TODAY))

    about.contact.is_day_unknown = True

    assert not contradictions(queries.before_closing(about, said, today=TODAY))
