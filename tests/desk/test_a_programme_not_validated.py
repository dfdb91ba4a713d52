"""A disease other than Covid-19 is called by the same screens, which say that a doctor must validate its rules."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, take_call
from tests.support.story import case, waiting_case
from tracing.calls.models import Answer
from tracing.cases import queries as cases
from tracing.programmes import get_pack
from tracing.queue import languages
from tracing.staff import services as staff
from tracing.staff.queries import get_member

NOT_HELD = ("infected_recently", "wants_note", "insurance_scheme")
"""Questions whose answers the measles programme does not hold."""
WARNING = "doivent être validées par un médecin"


@pytest.mark.parametrize(("programme", "rule", "days"), [("measles", "I-1", 5), ("meningococcal", "I-1", 1)])
def test_a_case_is_called_by_the_rules_of_its_disease(story, browse, programme, rule, days):
    story.nantes.programme = programme
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)
    assert WARNING in ada.get("/desk").text

    walk = take_call(ada).to("closing")

    case = cases.get_case(task.case_id)
    assert case.isolation_rule == f"{programme}@{get_pack(programme).version}/{rule}"
    assert case.isolation_end == case.onset_on + timedelta(days=days)
    page = walk.page.get_text()
    assert WARNING in page
    assert get_pack(programme).label in page
    assert "Covid" not in page
    ended = ada.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})
    assert WARNING in ended.text


def test_covid_19_needs_no_such_warning(story, browse):
    assert WARNING not in browse.as_(story.ada).get("/desk").text


OF_COVID = re.compile(
    r"covid|masque|autotest|dose de rappel|pcr|antigéni|\bmask|self-test|booster", re.IGNORECASE
)


def words_to_the_end(walk):
    said = ""
    while walk.step != "closing":
        said += " " + walk.page.select_one("#say").text
        walk.send()
    return said


@pytest.mark.parametrize("in_english", [False, True])
def test_a_call_about_measles_has_no_word_of_covid_and_says_what_may_still_prevent_it(
    story, session, browse, in_english
):
    story.nantes.programme = "measles"
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    if in_english:
        staff.set_languages(get_member(story.ada.id), ["en"], by=None, at=NOW)
        languages.set_call_language(task, "en", by=story.ada.id, at=NOW)

    said = words_to_the_end(take_call(browse.as_(story.ada), CONTACT))

    assert OF_COVID.findall(said) == []
    assert ("one month" if in_english else "un mois") in said
    assert ("three months" if in_english else "trois mois") not in said
    assert "/public/data/programme-r" in said
    assert not session.scalars(select(Answer.question).where(Answer.question.in_(NOT_HELD))).all()
    assert ("MMR vaccine, until" if in_english else "vaccin ROR, jusqu’au") in said


@pytest.mark.parametrize("programme", ["measles", "meningococcal"])
def test_what_is_said_to_a_case_of_another_disease_has_no_word_of_covid(story, browse, programme):
    story.nantes.programme = programme
    waiting_case(story.nantes, at=NOW)

    assert OF_COVID.findall(words_to_the_end(take_call(browse.as_(story.ada)))) == []
