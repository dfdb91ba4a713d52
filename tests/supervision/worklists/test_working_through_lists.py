"""What nobody could finish on the telephone is decided by a supervisor."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.support.story import Story, agent, case, contact, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.consequences import services as consequences
from tracing.contacts import calling
from tracing.contacts import queries as contacts
from tracing.contacts.models import Contact, ContactStatus
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel.events import Event, IdentityAccess
from tracing.people import queries as people
from tracing.queue import languages
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.claims import services as claims
from tracing.queue.maintenance import due_changes
from tracing.queue.models import EntryState, TaskKind, TaskState
from tracing.vault import services as vault

HOUR = timedelta(hours=1)


def unreachable(story: Story, *, state=TaskState.UNREACHABLE):
    task = waiting_case(story.nantes, at=NOW - HOUR)
    task.attempts = 3
    queue.close_task(task, state, by=None, at=NOW)
    return task


def reference(task):
    return case_queries.get_case(task.case_id).reference


def now(task):
    """Return the task as it is after what a page did."""
    return queue_queries.get_task(task.id)


def test_an_unreachable_person_goes_back_into_the_queue_with_new_attempts(browse: Browser, story: Story):
    task = unreachable(story)
    dora = browse.as_(story.dora)
    assert reference(task) in dora.get("/lists").text

    said = dora.follow(f"/lists/tasks/{task.id}/put-back").text

    assert "Échéance : aujourd’hui 14:00" in said
    assert reference(task) not in said
    after = now(task)
    assert (after.state, after.attempts, after.due_at) == (TaskState.OPEN, 0, NOW + 4 * HOUR)
    assert queue_queries.find_entry_of(task.household_id).state is EntryState.READY


def test_giving_somebody_up_closes_their_case_and_can_be_undone(browse: Browser, story: Story):
    task = unreachable(story)
    dora = browse.as_(story.dora)

    said = dora.follow(f"/lists/tasks/{task.id}/give-up").text
    closed = case_queries.get_case(task.case_id)

    assert f"{closed.reference} : clos. Plus personne" in said
    assert closed.outcome is CaseOutcome.UNREACHABLE

    dora.follow(f"/lists/tasks/{task.id}/undo")

    after = case_queries.get_case(task.case_id)
    assert (after.status, after.outcome, after.closed_at) == (CaseStatus.OPEN, None, None)
    assert (now(task).state, now(task).attempts) == (TaskState.UNREACHABLE, 3)


def test_giving_up_cannot_be_undone_for_ever(browse: Browser, story: Story, clock):
    task = unreachable(story)
    dora = browse.as_(story.dora)
    dora.post(f"/lists/tasks/{task.id}/give-up")
    clock.move_to(NOW + timedelta(minutes=10))

    assert "/undo" not in dora.get(f"/lists?list=unreachable&ended={task.id}").text
    dora.post(f"/lists/tasks/{task.id}/undo", status=409)

    assert now(task).state is TaskState.CANCELLED


def test_giving_up_a_contact_closes_the_contact_and_not_the_case(browse: Browser, story: Story, session):
    index = case(story.nantes, at=NOW)
    named = contact(index, identity("Luc", phones=("+33639980005",)), by=story.ada, at=NOW)
    task = queue.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=named.person_id,
        phones=("+33639980005",),
        site_id=story.nantes.id,
        case_id=index.id,
        contact_id=named.id,
        due_at=NOW,
        at=NOW,
    )
    queue.close_task(task, TaskState.UNREACHABLE, by=None, at=NOW)
    dora = browse.as_(story.dora)
    assert f"contact de {index.reference}" in dora.get("/lists").text

    dora.follow(f"/lists/tasks/{task.id}/give-up")
    assert session.get(Contact, named.id).status is ContactStatus.UNREACHABLE
    assert case_queries.get_case(index.id).status is CaseStatus.OPEN

    dora.follow(f"/lists/tasks/{task.id}/undo")
    assert session.get(Contact, named.id).status is ContactStatus.NAMED


def test_a_row_is_decided_once(browse: Browser, story: Story):
    task = unreachable(story)
    dora = browse.as_(story.dora)
    dora.post(f"/lists/tasks/{task.id}/put-back")

    dora.post(f"/lists/tasks/{task.id}/put-back", status=409)
    dora.post(f"/lists/tasks/{task.id}/give-up", status=409)

    assert now(task).state is TaskState.OPEN


def test_a_number_that_was_found_makes_somebody_callable(browse: Browser, story: Story, session):
    task = waiting_case(story.nantes, identity("Marie", "Kerguelen", phones=()), at=NOW)
    dora = browse.as_(story.dora)
    path = f"/lists/tasks/{task.id}/number"

    page = dora.get(path)
    seen = session.query(IdentityAccess).one()
    dora.post(path, {"number": "pas un numéro"}, status=422)
    dora.follow(path, {"number": "06 39 98 00 77"})

    assert "KERGUELEN Marie" in page.text
    assert (seen.viewer_id, seen.why, seen.people) == (
        story.dora.id,
        "supervision",
        [f"person:{task.person_id}"],
    )
    assert people.find_identity(task.person_id).phones == ("+33639980077",)
    assert calls.take_next(agent(story.ada), at=NOW).household_id == now(task).household_id


def test_a_number_of_a_known_household_joins_it(browse: Browser, story: Story):
    mother = waiting_case(story.nantes, identity("Marie"), at=NOW)
    son = waiting_case(story.nantes, identity("Paul", phones=()), at=NOW)

    browse.as_(story.dora).follow(f"/lists/tasks/{son.id}/number", {"number": "06 39 98 00 01"})

    assert now(son).household_id == now(mother).household_id


def test_a_number_of_somebody_alike_who_wants_no_call_is_asked_about(browse: Browser, story: Story):
    barred = waiting_case(story.nantes, identity("Marie", "Kerguelen", phones=("+33639980077",)), at=NOW)
    wish = NewFact(
        subject=(SubjectType.PERSON, barred.person_id),
        kind=FactKind.NO_CALLS,
        value=True,
        source=FactSource.PERSON,
        cohort=NOW.date(),
    )
    consequences.record([wish], by=None, at=NOW)
    alike = waiting_case(story.nantes, identity("Marie", "Kerguelen", phones=()), at=NOW)
    other = waiting_case(story.nantes, identity("Paul", "Kerguelen", phones=()), at=NOW)
    dora = browse.as_(story.dora)
    found = {"number": "06 39 98 00 77"}

    dora.follow(f"/lists/tasks/{other.id}/number", found)
    refused = dora.post(f"/lists/tasks/{alike.id}/number", found, status=422)

    assert now(other).state is TaskState.OPEN
    assert "a demandé à ne plus être appelé" in refused.text
    assert now(alike).state is TaskState.NO_NUMBER
    dora.follow(f"/lists/tasks/{alike.id}/number", found | {"is_other": "y"})
    assert now(alike).state is TaskState.OPEN


def test_an_erased_identity_is_said_so_and_gets_no_number(browse: Browser, story: Story):
    long_ago = NOW - timedelta(days=400)
    task = waiting_case(story.nantes, identity("Marie", "Kerguelen", phones=()), at=long_ago)
    vault.destroy_cohort(long_ago.date(), by=None, at=NOW)
    dora = browse.as_(story.dora)
    path = f"/lists/tasks/{task.id}/number"

    assert "Identité effacée" in dora.get(path).text
    dora.post(path, {"number": "06 39 98 00 77"}, status=410)


def in_turkish(story: Story):
    """A person who speaks Turkish, which nobody calls in here; promised for three hours from now."""
    task = waiting_case(story.nantes, at=NOW - HOUR)
    languages.set_call_language(task, "tr", by=story.ada.id, at=NOW)
    return task


def test_a_call_in_another_language_is_given_to_who_speaks_it(browse: Browser, story: Story):
    task = in_turkish(story)
    dora = browse.as_(story.dora)
    assert f"/lists/tasks/{task.id}/give" in dora.get("/lists?list=language").text

    page = dora.get(f"/lists/tasks/{task.id}/give").text
    said = dora.follow(f"/lists/tasks/{task.id}/give", {"tracer": story.ada.id, "anyway": "y"}).text

    assert "turc" in page
    assert BeautifulSoup(page, "html.parser").select_one("select[name=tracer] option")["value"] == "", (
        "nobody is chosen beforehand"
    )
    assert reference(task) in page
    assert "Confié à Ada" in said
    assert calls.take_next(agent(story.ada), at=NOW).household_id == now(task).household_id
    assert languages.languages_of([task.person_id]) == {task.person_id: "tr"}


def test_nothing_moves_and_no_promise_restarts_before_somebody_is_chosen(browse: Browser, story: Story):
    task = in_turkish(story)
    due_at = task.due_at
    dora = browse.as_(story.dora)
    path = f"/lists/tasks/{task.id}/give"

    dora.get(path)
    dora.post(path, {"tracer": ""}, status=422)
    dora.post(path, {"tracer": story.cleo.id}, status=422)

    assert now(task).state is TaskState.WAITING_LANGUAGE
    assert languages.languages_of([task.person_id]) == {task.person_id: "tr"}
    dora.post(path, {"tracer": story.ada.id, "anyway": "y"})
    assert (now(task).state, now(task).due_at) == (TaskState.OPEN, due_at)


def test_nobody_who_is_not_connected_is_given_a_call_without_a_warning(browse: Browser, story: Story):
    task = in_turkish(story)
    dora = browse.as_(story.dora)
    path = f"/lists/tasks/{task.id}/give"
    assert not soup_of(dora.get(path)).select("[name=anyway]")

    warned = dora.post(path, {"tracer": story.ada.id}, status=422)

    assert "Cette personne n’est pas connectée" in warned.text
    assert soup_of(warned).select("[name=anyway]")
    assert now(task).state is TaskState.WAITING_LANGUAGE


@pytest.mark.parametrize("state", [TaskState.WAITING_INTERPRETER, TaskState.WAITING_LANGUAGE])
def test_what_is_given_and_not_taken_in_time_returns_to_its_own_list(browse: Browser, story: Story, state):
    task = waiting_case(story.nantes, at=NOW - HOUR)
    need = (
        languages.need_interpreter if state is TaskState.WAITING_INTERPRETER else languages.set_call_language
    )
    need(task, "ti", by=story.ada.id, at=NOW)
    task_id = task.id
    browse.as_(story.dora).follow(f"/lists/tasks/{task_id}/give", {"tracer": story.ada.id, "anyway": "y"})
    later = NOW + timedelta(minutes=31)

    due_changes.promote(at=later)
    languages.update_language_lists(at=later)

    assert queue_queries.get_task(task_id).state is state


def soup_of(answer):
    return BeautifulSoup(answer.text, "html.parser")


def test_a_call_whose_household_is_on_the_line_is_not_given_and_stays_listed(browse: Browser, story: Story):
    task_id = in_turkish(story).id
    waiting_case(story.nantes, identity("Paul"), at=NOW - HOUR)
    calls.take_next(agent(story.abel), at=NOW)

    browse.as_(story.dora).post(
        f"/lists/tasks/{task_id}/give", {"tracer": story.ada.id, "anyway": "y"}, status=409
    )

    assert queue_queries.get_task(task_id).state is TaskState.WAITING_LANGUAGE


def test_a_call_that_left_the_list_is_not_given_from_it(browse: Browser, story: Story):
    task = unreachable(story)

    browse.as_(story.dora).get(f"/lists/tasks/{task.id}/give", status=409)


@pytest.mark.parametrize(
    ("state", "restarts"),
    [
        (TaskState.WAITING_LANGUAGE, False),
        (TaskState.WAITING_INTERPRETER, False),
        (TaskState.WAITING_DOCTOR, False),
        (TaskState.UNREACHABLE, True),
    ],
)
def test_only_those_rung_in_vain_are_promised_a_call_anew(browse: Browser, story: Story, state, restarts):
    task = unreachable(story, state=state)
    due_at = task.due_at

    browse.as_(story.dora).follow(f"/lists/tasks/{task.id}/put-back")

    assert (now(task).due_at == due_at) is not restarts


def withdrawn(story: Story):
    task = waiting_case(story.nantes, at=NOW)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    spoken = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    calls.finish_conversation(spoken, CallOutcome.COMPLETED, at=NOW)
    calls.give_back(call, by=ada, at=NOW)
    found = case_queries.get_case(task.case_id)
    contact(found, identity("Luc", phones=("+33639980005",)), by=story.ada, at=NOW)
    cases.withdraw(found, by=None, at=NOW)
    return found, task


def test_a_withdrawn_result_stands_beside_what_was_done(browse: Browser, story: Story):
    found, _task = withdrawn(story)

    said = browse.as_(story.dora).get("/lists?list=withdrawn").text

    assert found.reference in said
    assert "1 appel abouti" in said
    assert "1 contact nommé" in said
    assert "Clore : 1 appel ne sera pas passé" in said


def test_who_of_the_contacts_was_told_counts_whatever_became_of_them_since(
    browse: Browser, story: Story, session
):
    found, _task = withdrawn(story)
    luc = contacts.contacts_of_case(found.id)[0]
    calling.update_call_task(luc, found, phones=("+33639980005",), by=story.ada.id, at=NOW)
    ada = agent(story.ada)
    waiting = queue_queries.find_task_of_contact(luc.id)
    claims.reserve_for(
        queue_queries.find_entry_of(waiting.household_id).id, ada.member_id, by=agent(story.dora), at=NOW
    )
    call = calls.take_next(ada, at=NOW)
    spoken = calls.start_conversation(call, waiting, script_version="2026.1", at=NOW)
    calls.finish_conversation(spoken, CallOutcome.COMPLETED, at=NOW)
    calls.end(call, CallOutcome.COMPLETED, by=ada, at=NOW)
    luc.status = ContactStatus.BECAME_CASE
    session.commit()

    said = browse.as_(story.dora).get("/lists?list=withdrawn").text

    assert "1 contact nommé, dont 1 déjà averti" in said


def test_a_call_that_nobody_answered_is_told_too(browse: Browser, story: Story, session):
    _found, task = withdrawn(story)
    ada = agent(story.ada)
    call = calls.take_next(ada, at=NOW)
    spoken = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    calls.finish_conversation(spoken, CallOutcome.VOICEMAIL, at=NOW)
    calls.end(call, CallOutcome.VOICEMAIL, by=ada, at=NOW)
    session.commit()

    assert "1 appel sans réponse" in browse.as_(story.dora).get("/lists?list=withdrawn").text


def test_closing_a_case_that_was_none_ends_its_calls_and_can_be_undone(
    browse: Browser, story: Story, session
):
    found, task = withdrawn(story)
    dora = browse.as_(story.dora)

    said = dora.follow(f"/lists/cases/{found.id}/close").text

    assert "ce n’était pas un cas" in said
    assert case_queries.get_case(found.id).outcome is CaseOutcome.NOT_A_CASE
    assert now(task).state is TaskState.CANCELLED
    assert calls.take_next(agent(story.ada), at=NOW) is None

    dora.follow(f"/lists/cases/{found.id}/undo")

    assert case_queries.get_case(found.id).status is CaseStatus.WITHDRAWN
    assert calls.take_next(agent(story.ada), at=NOW).household_id == task.household_id


def test_a_case_can_be_kept_although_a_result_was_withdrawn(browse: Browser, story: Story, session):
    found, _task = withdrawn(story)
    dora = browse.as_(story.dora)

    dora.follow(f"/lists/cases/{found.id}/keep")
    dora.post(f"/lists/cases/{found.id}/close", status=409)

    assert case_queries.get_case(found.id).status is CaseStatus.OPEN
    assert session.query(Event).filter_by(kind="case.kept", by_id=story.dora.id).count() == 1


def test_somebody_kept_before_their_first_call_is_called_after_all(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW - HOUR)
    queue.close_task(task, TaskState.CANCELLED, by=None, at=NOW)
    cases.withdraw(case_queries.get_case(task.case_id), by=None, at=NOW)

    browse.as_(story.dora).follow(f"/lists/cases/{task.case_id}/keep")

    assert now(task).state is TaskState.OPEN
    assert calls.take_next(agent(story.ada), at=NOW).household_id == task.household_id


def test_nobody_is_shown_to_a_supervisor_for_whom_no_number_is_looked_for(
    browse: Browser, story: Story, session
):
    task_ids = [waiting_case(story.nantes, at=NOW).id, unreachable(story).id]
    dora = browse.as_(story.dora)

    for task_id in task_ids:
        dora.get(f"/lists/tasks/{task_id}/number", status=404)

    assert session.query(IdentityAccess).count() == 0


@pytest.mark.parametrize("which", ["unreachable", "no_number", "language", "doctor", "withdrawn", "nonsense"])
def test_an_empty_list_says_so(browse: Browser, story: Story, which):
    assert 'class="empty"' in browse.as_(story.dora).get(f"/lists?list={which}").text


def test_nothing_of_another_site_can_be_decided(browse: Browser, story: Story):
    task = waiting_case(story.ajaccio, identity("Marie", phones=()), at=NOW)
    found = case_queries.get_case(task.case_id)
    cases.withdraw(found, by=None, at=NOW)
    dora = browse.as_(story.dora)

    for path in (
        f"tasks/{task.id}/put-back",
        f"tasks/{task.id}/give-up",
        f"tasks/{task.id}/give",
        f"cases/{found.id}/close",
        f"cases/{found.id}/keep",
    ):
        dora.post(f"/lists/{path}", status=404)
    dora.get(f"/lists/tasks/{task.id}/number", status=404)

    assert case_queries.get_case(found.id).status is CaseStatus.WITHDRAWN
