"""A disease other than Covid-19 is called by the same screens, which say that a doctor must validate its rules."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.desk.walking import take_call
from tests.support.story import waiting_case
from tracing.cases import queries as cases
from tracing.programmes import get_pack

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
