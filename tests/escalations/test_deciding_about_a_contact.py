"""Asked in the case's call, a doctor decides about one of its contacts: the fact is the contact's, and their call follows."""

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.escalations.conftest import Line, ring
from tests.support.story import agent, contact, identity
from tracing.cases import queries as cases
from tracing.contacts import calling as contact_calls
from tracing.contacts.models import Contact, ContactStatus
from tracing.escalations import queries, services
from tracing.escalations.errors import RulingDoesNotFit
from tracing.escalations.models import Audience, Decision, EscalationState, Reason
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.kernel.db import session
from tracing.kernel.events import IdentityAccess
from tracing.programmes.vocabulary import RiskLevel
from tracing.queue import queries as queue
from tracing.queue.models import TaskState

LUC = identity("Luc", "Martin", phones=("+33639980002",))


@pytest.fixture
def talk(story) -> Line:
    """Ada on the telephone with Marie, who has named Luc."""
    return ring(story, story.ada)


@pytest.fixture
def luc(story, talk) -> Contact:
    """Luc, at risk: his call waits."""
    case = cases.get_case(talk.task.case_id)
    named = contact(case, LUC, by=story.ada, at=NOW)
    contact_calls.update_call_task(named, case, phones=LUC.phones, by=story.ada.id, at=NOW)
    return named


def answered(browse, story, question, **fields) -> None:
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{question.id}/take")
    ben.follow(
        f"/escalations/{question.id}",
        {"ruling": "negligible", "ground": "protected", "decision": "go_on"} | fields,
    )


def test_the_contacts_risk_is_decided_and_their_call_stops(browse, story, talk, luc):
    question = talk.ask(reason=Reason.RISK_DISPUTED, question="Le collègue portait un masque.")
    assert queue.find_task_of_contact(luc.id).state is TaskState.OPEN

    answered(browse, story, question, about=str(luc.id))

    [said] = facts.facts_of(SubjectType.CONTACT, luc.id)[-1:]
    assert (said.kind, said.source) == (FactKind.RISK, FactSource.DOCTOR)
    assert session.get_one(Contact, luc.id).doctor_risk is RiskLevel.NEGLIGIBLE
    assert queue.find_task_of_contact(luc.id).state is TaskState.CANCELLED
    # the case itself is as it was
    assert not [
        one for one in facts.facts_of(SubjectType.CASE, talk.task.case_id) if one.kind is FactKind.RISK
    ]
    assert queries.words_of(queries.of_task(talk.task.id)[0]).about == "Luc"
    panel = browse.as_(story.ada).get(talk.panel).text
    assert "pour le contact Luc" in panel


def test_a_risk_needs_a_contact_and_the_answer_is_not_lost(browse, story, talk, luc):
    question = talk.ask(reason=Reason.RISK_DISPUTED, question="Le collègue portait un masque.")
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{question.id}/take")

    page = ben.post(
        f"/escalations/{question.id}",
        {"ruling": "negligible", "ground": "protected", "decision": "go_on", "answer": "Masque FFP2"},
        status=422,
    )

    assert "Choisissez le contact" in page.text
    assert "Masque FFP2" in page.text
    assert queries.of_task(talk.task.id)[0].state is EscalationState.TAKEN


def test_a_decision_that_is_none_is_refused_and_the_answer_is_not_lost(browse, story, talk, luc):
    question = talk.ask(reason=Reason.RISK_DISPUTED, question="Le collègue portait un masque.")
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{question.id}/take")

    sent = {
        "ruling": "of_another_release",
        "ground": "protected",
        "decision": "go_on",
        "answer": "Masque FFP2",
    }
    page = ben.post(f"/escalations/{question.id}", sent, status=422)

    assert "Masque FFP2" in page.text


def test_a_contact_of_another_case_cannot_be_meant(story, talk, luc):
    other = session.scalar(select(Contact.id).where(Contact.id != luc.id)) or luc.id + 1
    question = talk.ask(reason=Reason.RISK_DISPUTED, question="Autre")
    ben = agent(story.ben)
    services.take(question.id, by=ben, at=NOW)

    with pytest.raises(RulingDoesNotFit):
        services.settle(question.id, answer="Non.", decision=Decision.GO_ON, about=other, by=ben, at=NOW)


def test_whoever_was_removed_meanwhile_is_not_decided_about(browse, story, talk, luc):
    question = talk.ask(reason=Reason.RISK_DISPUTED, question="Autre")
    luc.status, luc.removed_at = ContactStatus.REMOVED, NOW
    session.flush()
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{question.id}/take")

    assert "Son contact" not in ben.get(f"/escalations/{question.id}").text


def test_closed_with_the_person_says_nothing_to_the_contact(browse, story, talk, luc):
    question = talk.ask(reason=Reason.RISK_DISPUTED, question="Autre")

    answered(browse, story, question, about=str(luc.id), decision="closed")

    assert session.get_one(Contact, luc.id).told_at is None


@pytest.mark.parametrize(("audience", "is_shown"), [(Audience.ADVISER, True), (Audience.REFERENT, False)])
def test_a_contact_is_recorded_as_read_by_whoever_is_shown_the_name(
    browse, story, talk, luc, audience, is_shown
):
    is_medical = audience is Audience.ADVISER
    question = talk.ask(Reason.RISK_DISPUTED if is_medical else Reason.PROCEDURE, "Autre", audience)
    reader = browse.as_(story.ben) if is_medical else browse.as_(story.rose, site=story.nantes)

    page = reader.follow(f"/escalations/{question.id}/take")

    read = {
        one
        for row in session.scalars(select(IdentityAccess).where(IdentityAccess.why == "escalation"))
        for one in row.people
    }
    assert f"person:{talk.task.person_id}" in read
    assert ("Son contact Luc" in page.text, f"person:{luc.person_id}" in read) == (is_shown, is_shown)


@pytest.mark.parametrize("kind", ["negligible", "no_measure"])
def test_a_decision_about_the_only_contact_is_not_one_about_the_person_once_that_contact_has_left(
    browse, story, talk, luc, kind
):
    question = talk.ask(reason=Reason.RISK_DISPUTED, question="Le collègue portait un masque.")
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{question.id}/take")
    left = session.get_one(Contact, luc.id)
    left.status, left.removed_at = ContactStatus.REMOVED, NOW
    session.flush()

    sent = {"ruling": kind, "about": str(luc.id), "ground": "protected", "decision": "go_on"}
    page = ben.post(f"/escalations/{question.id}", sent | {"answer": "Masque FFP2"}, status=422).text

    assert "a quitté la liste entre-temps" in page
    assert "Masque FFP2" in page
    assert "pas un choix valide" not in page
    assert queries.of_task(talk.task.id)[0].state is EscalationState.TAKEN
    assert not [one for one in facts.facts_of(SubjectType.CASE, talk.task.case_id) if "ruling" in one.kind]


def test_what_was_decided_about_a_question_that_another_took_is_shown_with_all_that_was_chosen(
    browse, story, talk, luc
):
    question = talk.ask(reason=Reason.RISK_DISPUTED, question="Le collègue portait un masque.")
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{question.id}/take")
    queries.of_task(talk.task.id)[0].taken_by = story.rose.id
    session.flush()

    sent = {"ruling": "until", "ruling_last": "2026-03-20", "ground": "protected", "decision": "go_on"}
    page = ben.post(f"/escalations/{question.id}", sent | {"answer": "Masque FFP2"}, status=409).text

    for said in ("Rose", "Masque FFP2", "20/03/2026", "Revenir à la liste"):
        assert said in page
    assert "Rose" in ben.post(f"/escalations/{question.id}/put-back", status=409).text
    assert "Rose" in ben.post(f"/escalations/{question.id}/call", status=409).text
