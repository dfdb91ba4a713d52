"""A question that is being typed survives a session that ends; it is gone once it was asked."""

from sqlalchemy import func, select

from tests.desk.walking import soup
from tracing.calls.models import Draft
from tracing.escalations.models import Reason

HALF = {"escalation-reason": Reason.MEDICAL_QUESTION.value, "escalation-question": "Elle prend du"}


def test_a_question_that_was_begun_stands_in_its_form_again(browse, story, line):
    browse.as_(story.ada).fragment(f"{line.panel}/draft", HALF, status=204)

    page = soup(browse.as_(story.ada).get(line.panel))

    assert page.select_one("[name=escalation-question]").text.strip() == "Elle prend du"
    assert page.select_one("[name=escalation-reason] [selected]")["value"] == HALF["escalation-reason"]
    assert "rien n’en est encore envoyé" in page.text


def test_a_question_that_was_asked_is_not_offered_again(browse, story, line, session):
    ada = browse.as_(story.ada)
    ada.fragment(f"{line.panel}/draft", HALF, status=204)

    ada.fragment(line.panel, HALF)

    assert session.scalar(select(func.count()).select_from(Draft)) == 0
    assert not soup(ada.get(line.panel)).select_one("[name=escalation-question]").text.strip()


def test_nobody_else_keeps_or_sees_it(browse, story, line):
    browse.as_(story.abel).fragment(f"{line.panel}/draft", HALF, status=404)
