"""A line is corrected, taken out and put back: the call of the contact follows, and there is never a second one."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.contacts.conftest import LUC, named, on_the_phone
from tests.support.pages import check_fragment
from tests.support.story import agent, case, contact, identity
from tests.support.sweep import end_claims
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases import queries as cases
from tracing.consequences import services as consequences
from tracing.contacts import marks, queries, services
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel import db
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.programmes.vocabulary import RiskLevel
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import CallTask, EntryState, TaskState
from tracing.queue.rules import CallAgain

NEGLIGIBLE = LUC | {"contact-face_to_face": "beyond_2_m"}


@pytest.fixture
def luc(browse, story, phone):
    browse.as_(story.ada).fragment(phone.path, LUC)
    return named(phone)[0]


def task_of(contact):
    return queue.find_task_of_contact(contact.id)


def tasks(session, contact):
    return session.scalar(select(func.count()).select_from(CallTask).where(CallTask.contact_id == contact.id))


def test_a_removed_contact_is_not_called_and_can_be_put_back(browse, story, phone, luc, session):
    ada = browse.as_(story.ada)

    answer = ada.fragment(f"{phone.path}/{luc.id}/remove")
    check_fragment(answer.text)
    assert "Rétablir" in answer.text
    assert task_of(luc).state is TaskState.CANCELLED
    assert queue.find_entry_of(task_of(luc).household_id).state is EntryState.IDLE

    ada.fragment(f"{phone.path}/{luc.id}/restore")
    assert task_of(luc).state is TaskState.OPEN
    assert queue.find_entry_of(task_of(luc).household_id).state is EntryState.READY
    assert tasks(session, luc) == 1


def test_a_corrected_language_sends_the_call_to_somebody_else(browse, story, phone, luc):
    ada = browse.as_(story.ada)

    def language():
        return queue.find_entry_of(task_of(luc).household_id).language

    ada.fragment(f"{phone.path}/{luc.id}", LUC | {"contact-language": "ar"})
    assert language() == "ar"
    assert "arabe" in ada.get(phone.path).text
    ada.fragment(f"{phone.path}/{luc.id}", LUC)
    assert language() == "fr"


def test_a_second_click_changes_nothing_more(browse, story, phone, luc, session):
    ada = browse.as_(story.ada)
    for _ in range(2):
        ada.fragment(f"{phone.path}/{luc.id}/remove")
    for _ in range(2):
        ada.fragment(f"{phone.path}/{luc.id}/restore")

    kinds = session.scalars(
        select(Event.kind).where(Event.subject_type == "contact").order_by(Event.id)
    ).all()
    assert kinds == ["contact.named", "contact.removed", "contact.restored"]


def test_a_meeting_that_turns_out_negligible_needs_no_call_and_may_again(browse, story, phone, luc, session):
    ada = browse.as_(story.ada)

    ada.fragment(f"{phone.path}/{luc.id}", NEGLIGIBLE)
    assert luc.risk is RiskLevel.NEGLIGIBLE
    assert task_of(luc).state is TaskState.CANCELLED

    ada.fragment(f"{phone.path}/{luc.id}", LUC)
    assert task_of(luc).state is TaskState.OPEN
    assert tasks(session, luc) == 1


def test_a_contact_who_was_told_is_rung_when_the_circumstances_alone_are_corrected(browse, story, phone, luc):
    ada = browse.as_(story.ada)
    consequences.decide_first(SubjectType.CONTACT, luc.id, by=None, at=NOW)
    queue_services.close_task(task_of(luc), TaskState.DONE, by=None, at=NOW)
    consequences.remember_told(task_of(luc), at=NOW)

    ada.fragment(f"{phone.path}/{luc.id}", NEGLIGIBLE)
    assert (task_of(luc).state, task_of(luc).again) == (TaskState.OPEN, CallAgain.NOT_CONCERNED)

    ada.fragment(f"{phone.path}/{luc.id}", LUC)
    assert (task_of(luc).state, task_of(luc).again) == (TaskState.DONE, None)


def test_a_new_number_takes_the_contact_to_its_household(browse, story, phone, luc, session):
    alone = task_of(luc).household_id

    browse.as_(story.ada).fragment(f"{phone.path}/{luc.id}", LUC | {"contact-phones": "0639980004"})

    assert people.find_identity(luc.person_id).phones == ("+33639980004",)
    assert task_of(luc).household_id == alone
    assert queue.find_entry_of(alone).state is EntryState.READY
    assert tasks(session, luc) == 1


def test_a_number_found_later_ends_the_list_of_those_without(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC | {"contact-phones": ""})
    [luc] = named(phone)
    assert task_of(luc).state is TaskState.NO_NUMBER

    ada.fragment(f"{phone.path}/{luc.id}", LUC)
    assert (task_of(luc).state, task_of(luc).due_at) == (TaskState.OPEN, NOW + timedelta(hours=24))

    ada.fragment(f"{phone.path}/{luc.id}", LUC | {"contact-phones": ""})
    assert task_of(luc).state is TaskState.NO_NUMBER
    assert tasks(session, luc) == 1


def test_somebody_nobody_could_reach_is_tried_again_under_a_new_number_only(browse, story, phone, luc):
    queue_services.close_task(task_of(luc), TaskState.UNREACHABLE, by=None, at=NOW)
    marks.mark_unreachable(luc, by=story.abel.id, at=NOW)
    ada = browse.as_(story.ada)

    ada.fragment(f"{phone.path}/{luc.id}", LUC | {"contact-last_contact_on": "2026-03-09"})
    assert task_of(luc).state is TaskState.UNREACHABLE

    ada.fragment(f"{phone.path}/{luc.id}", LUC | {"contact-phones": "0639980004"})
    assert task_of(luc).state is TaskState.OPEN


def test_the_form_opens_with_what_was_said(browse, story, phone, luc):
    shown = browse.as_(story.ada).fragment(f"{phone.path}?edit={luc.id}", method="get")

    check_fragment(shown.text)
    for value in ('value="Luc"', 'value="Martin"', 'value="06 39 98 00 02"', 'value="2026-03-08"'):
        assert value in shown.text
    assert "Enregistrer" in shown.text


def test_somebody_removed_and_named_again_is_not_put_back_beside_themselves(browse, story, phone, luc):
    ada = browse.as_(story.ada)
    ada.fragment(f"{phone.path}/{luc.id}/remove")
    ada.fragment(phone.path, LUC)
    contact_id = luc.id

    answer = ada.fragment(f"{phone.path}/{contact_id}/restore", status=409)

    assert "déjà dans la liste" in answer.text


def test_a_line_of_another_case_does_not_exist_here(browse, story, phone, luc):
    other = browse.as_(story.ada)

    other.fragment(f"{phone.path}/{luc.id + 1000}/remove", status=404)


@pytest.fixture
def own_call(story, phone, luc):
    """Abel calls Luc, who said who he is."""
    queue_services.close_task(queue.get_task(phone.task.id), TaskState.DONE, by=story.ada.id, at=NOW)
    calls.end(call_queries.get_call(phone.call.id), CallOutcome.COMPLETED, by=agent(story.ada), at=NOW)
    return on_the_phone(story.abel, task_of(luc))


def decide(luc, story, **answers):
    given = {"vaccination": "none", "lives_with_case": False, "age": 40, "infected_recently": False}
    return services.decide(
        luc, **(given | answers), zone=agent(story.abel).site.time_zone, by=story.abel.id, at=NOW
    )


def test_a_contact_s_quarantine_follows_their_answers(story, luc):
    assert decide(luc, story).end == date(2026, 3, 15)
    assert luc.quarantine_rule == "exercise-2022@2022.2/C-4n"
    assert (luc.quarantine_measure, luc.quarantine_last_day) == ("required", date(2026, 3, 15))

    decide(luc, story, vaccination="complete")
    assert (luc.quarantine_measure, luc.quarantine_end) == ("not_required", None)

    decide(luc, story, infected_recently=True)
    assert (luc.risk, luc.quarantine_rule) == (RiskLevel.NEGLIGIBLE, "exercise-2022@2022.2/C-X")

    decide(luc, story, infected_recently=None)
    assert luc.risk is RiskLevel.AT_RISK, "an answer taken back no longer counts"


def test_who_lives_with_the_case_stays_at_risk_even_if_they_do_not_know_it(story, luc):
    luc.circumstances = {"lives_with_case": True}

    decide(luc, story, lives_with_case=False)

    assert luc.risk is RiskLevel.AT_RISK


def test_in_their_own_call_a_contact_corrects_the_meeting_and_the_dates_follow(browse, story, luc, own_call):
    decide(luc, story)
    abel = browse.as_(story.abel)

    sheet = abel.fragment(own_call.path, method="get")
    check_fragment(sheet.text)
    assert "Dire le nom" not in sheet.text
    abel.fragment(
        f"{own_call.path}/{luc.id}",
        LUC | {"contact-last_contact_on": "2026-03-09", "contact-may_disclose": "yes"},
    )

    kept = queries.find_contact(luc.id)
    assert (kept.last_contact_on, kept.quarantine_end) == (date(2026, 3, 9), date(2026, 3, 16))
    assert kept.may_disclose is False, "whether the name may be told is the case's to say"


def test_in_their_own_call_a_meeting_found_negligible_does_not_end_the_call(browse, story, luc, own_call):
    browse.as_(story.abel).fragment(f"{own_call.path}/{luc.id}", NEGLIGIBLE)

    assert luc.risk is RiskLevel.NEGLIGIBLE
    assert task_of(luc).state is TaskState.OPEN
    assert queue.find_claim(story.abel.id) is not None


def test_in_their_own_call_a_contact_sees_nobody_else(browse, story, luc, own_call, session):
    case = cases.get_case(luc.case_id)
    zoe = contact(case, identity("Zoé", "Petit", phones=("+33639980005",)), by=story.ada, at=NOW)

    sheet = browse.as_(story.abel).fragment(own_call.path, method="get")
    assert "PETIT" not in sheet.text
    browse.as_(story.abel).fragment(f"{own_call.path}/{zoe.id}", LUC, status=404)


def test_the_list_works_without_script(browse, story, phone):
    ada = browse.as_(story.ada)

    assert "Revenir à l’appel" in ada.get(phone.path).text
    ada.get(f"{phone.path}?add=1")
    ada.post(phone.path, LUC | {"contact-phones": "12"}, status=422)
    listed = ada.follow(phone.path, LUC)
    assert "MARTIN Luc" in listed.text
    [luc] = named(phone)
    assert "Rétablir" in ada.follow(f"{phone.path}/{luc.id}/remove").text
    assert "Retiré de la liste" not in ada.follow(f"{phone.path}/{luc.id}/restore").text
    end_claims(at=NOW + timedelta(minutes=6))
    db.session.commit()
    ada.post(phone.path, LUC, status=409)


def test_no_event_holds_an_identity(browse, story, phone, luc, session):
    browse.as_(story.ada).fragment(f"{phone.path}/{luc.id}", NEGLIGIBLE)

    details = str([(event.kind, event.detail) for event in session.scalars(select(Event))])

    for secret in ("Luc", "Martin", "639980002"):
        assert secret not in details


@pytest.mark.parametrize(
    ("kind", "state"), [(FactKind.DEATH, TaskState.DECEASED), (FactKind.NO_CALLS, TaskState.NO_CALLS)]
)
@pytest.mark.parametrize("more", [{}, {"contact-birth_date": "1980-05-17"}])
def test_a_corrected_contact_who_turns_out_to_be_somebody_never_to_be_called_is_not(
    browse, story, phone, luc, kind, state, more
):
    barred = case(story.nantes, identity("Zoé", "Blin", phones=("+33639980088",)), at=NOW).person_id
    said = NewFact(
        subject=(SubjectType.PERSON, barred),
        kind=kind,
        value=True,
        source=FactSource.PERSON,
        cohort=NOW.date(),
    )
    consequences.record([said], by=None, at=NOW)
    theirs = {"contact-first_names": "Zoé", "contact-birth_name": "Blin", "contact-phones": "06 39 98 00 88"}

    browse.as_(story.ada).fragment(f"{phone.path}/{luc.id}", LUC | theirs | more)

    assert task_of(luc).person_id == barred
    assert task_of(luc).state is state
