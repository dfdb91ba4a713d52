"""A known contact who turns positive becomes a case: linked, called once and as a case, their history kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.contacts.conftest import LUC, named, on_the_phone
from tests.support.lots import PARIS, arrival, lot_of
from tests.support.statements import statements_sent
from tests.support.story import agent, case, contact, identity, waiting_case
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.contacts import calling
from tracing.contacts.case_closing import close_when_done
from tracing.contacts.contact_to_case import turn_back, turn_into_cases
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.rules import becomes, nearest
from tracing.desk import services as desk
from tracing.imports.jobs import load
from tracing.kernel.events import Event
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import CallTask, EntryState, TaskKind, TaskState
from tracing.supervision.worklists import services as supervision

DAY = timedelta(days=1)
MET = date(2026, 3, 9)
ZOE = identity("Zoé", "Martin", born=date(1990, 2, 3), phones=("+33639980002",))
ZOE_LINE = {
    "ID_RESULTAT": "PDL-Z",
    "NOM_NAISSANCE": "MARTIN",
    "PRENOMS": "ZOÉ",
    "DATE_NAISSANCE": "03/02/1990",
    "DATE_EXTRACTION": "10/03/2026 07:45",
    "DATE_PRELEVEMENT": "09/03/2026 08:30",
    "TEL_MOBILE": "06 39 98 00 02",
}


@pytest.mark.parametrize(
    ("status", "days_after", "turns"),
    [
        (ContactStatus.NAMED, 0, True),
        (ContactStatus.INFORMED, 3, True),
        (ContactStatus.REFUSED, 3, True),
        (ContactStatus.UNREACHABLE, 3, True),
        (ContactStatus.REMOVED, 3, False),
        (ContactStatus.BECAME_CASE, 3, False),
        (ContactStatus.NAMED, SAME_EPISODE_DAYS, True),
        (ContactStatus.NAMED, SAME_EPISODE_DAYS + 1, False),
        (ContactStatus.NAMED, -2, True),
        (ContactStatus.NAMED, -SAME_EPISODE_DAYS - 1, False),
    ],
)
def test_a_contact_met_within_one_episode_becomes_the_case(status, days_after, turns):
    assert becomes(status, MET, {7: MET + days_after * DAY}) == (7 if turns else None)


def test_of_two_cases_of_one_person_the_contact_becomes_the_nearer_one():
    assert becomes(ContactStatus.NAMED, MET, {7: MET + 50 * DAY, 8: MET + 2 * DAY, 9: MET - 3 * DAY}) == 8


@pytest.mark.parametrize(
    ("meetings", "chosen"),
    [
        ([(MET, 1)], 1),
        ([(MET - 5 * DAY, 1), (MET - 1 * DAY, 2)], 2),
        ([(MET - 2 * DAY, 1), (MET + 2 * DAY, 2)], 1),
        ([(MET + 2 * DAY, 1), (MET - 2 * DAY, 2)], 2),
        ([(MET, 2), (MET, 1)], 1),
    ],
)
def test_a_case_comes_from_the_meeting_nearest_to_the_sampling_before_rather_than_after(meetings, chosen):
    assert nearest(meetings, MET) == chosen


@pytest.fixture
def source(story):
    """Marie's case at Nantes, which named Zoé; Marie herself was called."""
    task = waiting_case(story.nantes, at=NOW)
    queue.close_task(task, TaskState.DONE, by=story.ada.id, at=NOW)
    return queue_queries.get_task(task.id)


@pytest.fixture
def zoe(story, session, source):
    """Zoé, Marie's contact, who waits for her call since an hour ago."""
    return waiting_contact(session, source.case_id, ZOE, by=story.ada, at=NOW - timedelta(hours=1))


def waiting_contact(session, case_id, who, *, by, at) -> Contact:
    of = session.get_one(Case, case_id)
    one = contact(of, who, by=by, at=at)
    calling.update_call_task(one, of, phones=who.phones, by=by.id, at=at)
    return one


def tasks_of(session, person_id):
    return {
        task.kind: task
        for task in session.scalars(
            select(CallTask)
            .where(CallTask.person_id == person_id)
            .order_by(CallTask.id)
            .execution_options(populate_existing=True)
        )
    }


def case_of(session, person_id) -> Case:
    return session.scalars(
        select(Case).where(Case.person_id == person_id).execution_options(populate_existing=True)
    ).one()


def take_in(*lines):
    return load(arrival("pdl.csv.p7m", lot_of(lines)))


def kinds_about(session, contact_id):
    return list(
        session.scalars(
            select(Event.kind)
            .where(Event.subject_type == "contact", Event.subject_id == contact_id)
            .order_by(Event.id)
        )
    )


def test_a_positive_contact_is_called_once_and_as_a_case_by_the_earlier_of_both_times(
    story, session, source, zoe
):
    waited = queue_queries.find_task_of_contact(zoe.id)
    waited.due_at = NOW + timedelta(hours=1)
    session.flush()

    report = take_in(ZOE_LINE)
    session.expire_all()

    opened, tasks = case_of(session, zoe.person_id), tasks_of(session, zoe.person_id)
    assert (report["created"], report["new_episodes"]) == (1, 0)
    assert (zoe.status, zoe.became_case_id) == (ContactStatus.BECAME_CASE, opened.id)
    assert opened.from_contact_id == zoe.id
    assert tasks[TaskKind.CONTACT_FIRST].state is TaskState.CANCELLED
    assert tasks[TaskKind.CASE_FIRST].state is TaskState.OPEN
    assert tasks[TaskKind.CASE_FIRST].due_at == NOW + timedelta(hours=1)
    entry = queue_queries.find_entry_of(tasks[TaskKind.CASE_FIRST].household_id)
    assert (entry.state, entry.due_at) == (EntryState.READY, NOW + timedelta(hours=1))
    assert kinds_about(session, zoe.id) == ["contact.became_case"]


def test_the_four_hours_of_a_case_stand_when_they_end_first(story, session, zoe):
    take_in(ZOE_LINE)

    assert tasks_of(session, zoe.person_id)[TaskKind.CASE_FIRST].due_at == NOW + timedelta(hours=4)


def test_a_contact_of_two_cases_is_linked_with_both_and_comes_from_the_nearer_meeting(story, session, zoe):
    other = case(
        story.nantes, identity("Jean", "Roy", born=date(1970, 1, 1), phones=("+33639980007",)), at=NOW
    )
    earlier = contact(other, identity("x"), by=story.ada, at=NOW)
    earlier.person_id, earlier.last_contact_on = zoe.person_id, MET - 6 * DAY
    session.flush()

    take_in(ZOE_LINE)
    session.expire_all()

    opened = case_of(session, zoe.person_id)
    assert zoe.became_case_id == earlier.became_case_id == opened.id
    assert opened.from_contact_id == zoe.id


def test_nobody_else_is_touched(story, session, source, zoe):
    luc = identity("Luc", "Martin", born=date(1990, 2, 3), phones=("+33639980003",))
    bystander = waiting_contact(session, source.case_id, luc, by=story.ada, at=NOW)

    take_in(ZOE_LINE, {"ID_RESULTAT": "PDL-9", "DATE_EXTRACTION": "", "NOM_NAISSANCE": "AUTRE"})
    session.expire_all()

    assert (bystander.status, bystander.became_case_id) == (ContactStatus.NAMED, None)
    assert queue_queries.find_task_of_contact(bystander.id).state is TaskState.OPEN


def test_a_repeated_result_changes_nothing_more(story, session, zoe):
    take_in(ZOE_LINE)
    report = take_in(ZOE_LINE | {"ID_RESULTAT": "PDL-Z2", "DATE_PRELEVEMENT": "10/03/2026 07:00"})

    assert report["repeat"] == 1
    assert kinds_about(session, zoe.id) == ["contact.became_case"]


def test_a_contact_met_long_before_stays_one(story, session, zoe):
    zoe.last_contact_on = MET - (SAME_EPISODE_DAYS + 1) * DAY
    session.flush()

    take_in(ZOE_LINE)
    session.expire_all()

    assert zoe.status is ContactStatus.NAMED
    assert queue_queries.find_task_of_contact(zoe.id).state is TaskState.OPEN


def test_the_source_case_does_not_wait_for_somebody_who_is_a_case_themselves(story, session, source, zoe):
    close_when_done(source.case_id, by=story.ada.id, at=NOW)
    assert session.get_one(Case, source.case_id).status is CaseStatus.OPEN

    take_in(ZOE_LINE)
    session.expire_all()

    closed = session.get_one(Case, source.case_id)
    assert (closed.status, closed.outcome) == (CaseStatus.CLOSED, CaseOutcome.COMPLETED)


def test_whoever_is_on_the_line_keeps_their_call_and_finds_the_case_in_it(story, session, source, zoe):
    by = agent(story.ada)
    call = calls.take_next(by, at=NOW)
    waited = queue_queries.find_task_of_contact(zoe.id)

    take_in(ZOE_LINE)
    session.expire_all()

    here = {task.kind: task for task, _talk in desk.open_conversations(call, by=by, at=NOW)}
    assert zoe.status is ContactStatus.BECAME_CASE
    assert here[TaskKind.CONTACT_FIRST].id == waited.id
    assert here[TaskKind.CONTACT_FIRST].state is TaskState.OPEN
    assert here[TaskKind.CASE_FIRST].case_id == zoe.became_case_id
    assert session.get_one(Case, source.case_id).status is CaseStatus.CLOSED

    calls.end(call, CallOutcome.GIVEN_BACK, by=by, at=NOW)
    session.expire_all()

    assert waited.state is TaskState.CANCELLED
    assert here[TaskKind.CASE_FIRST].state is TaskState.OPEN
    assert queue_queries.find_entry_of(waited.household_id).state is EntryState.READY


def test_a_call_that_waited_for_a_doctor_is_open_again_if_the_case_was_none(story, session, source, zoe):
    """The answer asks that they be called again while their call gives way: that is what it is restored to."""
    by = agent(story.ada)
    call = calls.take_next(by, at=NOW)
    take_in(ZOE_LINE)
    session.expire_all()
    waited = queue_queries.find_task_of_contact(zoe.id)
    queue.close_task(waited, TaskState.WAITING_DOCTOR, by=by.member_id, at=NOW)
    calls.end(call, CallOutcome.NEEDS_DOCTOR, by=by, at=NOW)

    queue.reopen_task(waited, due_at=NOW, by=None, at=NOW)
    assert waited.state is TaskState.CANCELLED
    turn_back([zoe.became_case_id], by=None, at=NOW)
    session.expire_all()

    assert waited.state is TaskState.OPEN


def test_a_contact_told_in_the_very_call_was_told_and_is_still_a_case(story, session, zoe):
    by = agent(story.ada)
    call = calls.take_next(by, at=NOW)
    take_in(ZOE_LINE)
    session.expire_all()
    waited = queue_queries.find_task_of_contact(zoe.id)

    queue.close_task(waited, TaskState.DONE, by=by.member_id, at=NOW)
    calls.end(call, CallOutcome.COMPLETED, by=by, at=NOW)
    session.expire_all()

    assert (waited.state, zoe.status) == (TaskState.DONE, ContactStatus.BECAME_CASE)


def test_one_statement_tells_that_nobody_is_a_contact(story, session):
    opened = [case(story.nantes, identity(f"P{n}", phones=()), at=NOW) for n in range(20)]

    with statements_sent(session) as sent:
        turned = turn_into_cases([(one.id, one.person_id) for one in opened], at=NOW, zone=PARIS)

    assert turned == {}
    assert len(sent) == 1


def test_a_case_that_was_none_gives_the_contact_back_with_their_call(story, session, source, zoe):
    take_in(ZOE_LINE)
    take_in(ZOE_LINE | {"RESULTAT": "N"})
    session.expire_all()
    opened = case_of(session, zoe.person_id)

    supervision.close_as_no_case(opened.id, by=agent(story.dora), at=NOW)
    session.expire_all()

    assert (zoe.status, zoe.became_case_id) == (ContactStatus.NAMED, None)
    assert case_of(session, zoe.person_id).from_contact_id is None
    assert queue_queries.find_task_of_contact(zoe.id).state is TaskState.OPEN
    assert session.get_one(Case, source.case_id).status is CaseStatus.OPEN
    assert kinds_about(session, zoe.id)[-1] == "contact.turned_back"

    supervision.undo_close_as_no_case(opened.id, by=agent(story.dora), at=NOW)
    session.expire_all()

    assert (zoe.status, zoe.became_case_id) == (ContactStatus.BECAME_CASE, opened.id)
    assert queue_queries.find_task_of_contact(zoe.id).state is TaskState.CANCELLED


def test_giving_back_a_contact_who_had_been_told_calls_nobody(story, session, zoe):
    task = queue_queries.find_task_of_contact(zoe.id)
    queue.close_task(task, TaskState.DONE, by=story.ada.id, at=NOW)
    zoe.status = ContactStatus.INFORMED
    session.flush()
    take_in(ZOE_LINE)

    turn_back([case_of(session, zoe.person_id).id], by=None, at=NOW)
    session.expire_all()

    assert zoe.status is ContactStatus.INFORMED
    assert queue_queries.find_task_of_contact(zoe.id).state is TaskState.DONE


def test_a_contact_nobody_reached_goes_back_to_the_list_of_those_and_can_turn_again(story, session, zoe):
    task = queue_queries.find_task_of_contact(zoe.id)
    queue.close_task(task, TaskState.UNREACHABLE, by=story.ada.id, at=NOW)
    take_in(ZOE_LINE)
    session.expire_all()
    opened = case_of(session, zoe.person_id)
    assert task.state is TaskState.CANCELLED

    for _turn in range(2):
        turn_back([opened.id], by=None, at=NOW)
        session.expire_all()
        assert (zoe.status, task.state) == (ContactStatus.NAMED, TaskState.UNREACHABLE)

        turn_into_cases([(opened.id, zoe.person_id)], at=NOW, zone=PARIS)
        session.expire_all()
        assert (zoe.status, task.state) == (ContactStatus.BECAME_CASE, TaskState.CANCELLED)


def test_a_call_given_up_before_the_contact_was_a_case_stays_given_up(story, session, zoe):
    task = queue_queries.find_task_of_contact(zoe.id)
    queue.close_task(task, TaskState.CANCELLED, by=story.ada.id, at=NOW)
    zoe.status = ContactStatus.UNREACHABLE
    session.flush()
    take_in(ZOE_LINE)

    turn_back([case_of(session, zoe.person_id).id], by=None, at=NOW)
    session.expire_all()

    assert (zoe.status, task.state) == (ContactStatus.UNREACHABLE, TaskState.CANCELLED)


MARIE_NAMES_ZOE = LUC | {
    "contact-first_names": "Zoé",
    "contact-birth_name": "Martin",
    "contact-birth_date": "1990-02-03",
    "contact-phones": "06 39 98 00 02",
}


def test_naming_somebody_who_is_a_case_already_asks_for_no_call_and_tells_nothing_of_it(
    story, session, browse
):
    take_in(ZOE_LINE)
    known = session.scalars(select(Case)).one()
    queue.close_task(tasks_of(session, known.person_id)[TaskKind.CASE_FIRST], TaskState.DONE, by=None, at=NOW)
    phone = on_the_phone(story.ada, waiting_case(story.nantes, at=NOW))
    session.commit()

    page = browse.as_(story.ada).fragment(phone.path, MARIE_NAMES_ZOE)

    (line,) = named(phone)
    assert (line.status, line.became_case_id) == (ContactStatus.BECAME_CASE, known.id)
    assert line.person_id == known.person_id
    assert queue_queries.find_task_of_contact(line.id) is None
    assert "Suivie par la plateforme" in page.text
    assert known.reference not in page.text
    assert "positi" not in page.text.casefold()
    assert case_of(session, known.person_id).from_contact_id is None


def test_whoever_turns_out_to_be_somebody_else_is_called_again(story, session, browse):
    take_in(ZOE_LINE)
    known = session.scalars(select(Case)).one()
    queue.close_task(tasks_of(session, known.person_id)[TaskKind.CASE_FIRST], TaskState.DONE, by=None, at=NOW)
    phone = on_the_phone(story.ada, waiting_case(story.nantes, at=NOW))
    session.commit()
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, MARIE_NAMES_ZOE)
    (line,) = named(phone)

    ada.fragment(f"{phone.path}/{line.id}", MARIE_NAMES_ZOE | {"contact-first_names": "Léa"})
    session.expire_all()

    (line,) = named(phone)
    assert (line.status, line.became_case_id) == (ContactStatus.NAMED, None)
    assert line.person_id != known.person_id
    assert queue_queries.find_task_of_contact(line.id).state is TaskState.OPEN


def test_a_case_of_long_ago_does_not_keep_a_contact_from_being_called(story, session, browse):
    ago = datetime(2025, 12, 1, 9, tzinfo=UTC)
    case(story.nantes, ZOE, sampled_at=ago, at=ago)
    phone = on_the_phone(story.ada, waiting_case(story.nantes, at=NOW))
    session.commit()

    browse.as_(story.ada).fragment(phone.path, MARIE_NAMES_ZOE)

    (line,) = named(phone)
    assert line.status is ContactStatus.NAMED
    assert queue_queries.find_task_of_contact(line.id).state is TaskState.OPEN
