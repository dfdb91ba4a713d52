"""What was learnt on the telephone reaches everything that depends on it, and the day after."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, P0, soup, take_call
from tests.support.statements import statements_sent
from tests.support.story import agent, case, contact, identity, member, waiting_case
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.models import Call, Conversation
from tracing.cases import services as case_services
from tracing.cases.models import CaseOutcome, CaseStatus
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.consequences.jobs import follow_ended_calls
from tracing.consequences.queries import case_now
from tracing.contacts.identities import person_of
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import contacts_of_case, find_contact
from tracing.contacts.rules import Described
from tracing.facts import queries as facts
from tracing.facts import services as fact_services
from tracing.facts.models import Fact
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel.db import session as database
from tracing.messages import queries as messages
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.households import bulk_enqueue
from tracing.queue.households.bulk_enqueue import Arrival, HouseholdAssignments
from tracing.queue.models import TaskKind, TaskState
from tracing.queue.rules import CallAgain
from tracing.sickleave.models import NoteKind, NoteState, SickNote
from tracing.sickleave.rules import CancelReason, NoteMend
from tracing.staff.models import Role

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def said_dead(person_id, *, at=NOW, by=None):
    consequences.record(
        [
            NewFact(
                subject=(SubjectType.PERSON, person_id),
                kind=FactKind.DEATH,
                value=True,
                source=FactSource.RELATIVE,
                cohort=at.date(),
            )
        ],
        by=by,
        at=at,
    )


def say(subject, kind, value, *, source=FactSource.PERSON, at=NOW):
    consequences.record(
        [NewFact(subject=subject, kind=kind, value=value, source=source, cohort=at.date())], by=None, at=at
    )


def first_call(story, of, phones=("+33639980001",)):
    return queue_services.enqueue(
        kind=TaskKind.CASE_FIRST,
        person_id=of.person_id,
        phones=phones,
        site_id=of.site_id,
        case_id=of.id,
        due_at=NOW + DAY,
        at=NOW,
    )


# -- the dead, whoever names them


def test_somebody_said_dead_is_not_called_when_another_case_names_them(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada))
    walk.visitor.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "deceased", "certain": "y"})

    other = case(story.nantes, identity("Paul", "Deniau", phones=("+33639980009",)), at=NOW)
    named = contact(other, LUC, by=story.ada, at=NOW)
    named.person_id = task.person_id
    again = queue_services.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=task.person_id,
        phones=MARIE.phones,
        site_id=other.site_id,
        case_id=other.id,
        contact_id=named.id,
        due_at=NOW + DAY,
        at=NOW,
    )

    assert queue.get_task(task.id).state is TaskState.DECEASED
    assert again.state is TaskState.DECEASED


@pytest.mark.parametrize(
    ("named", "is_them"),
    [
        (Described(first_names="Marie", phones=MARIE.phones), True),
        (Described(first_names="Marie", birth_name="Durandeau", phones=MARIE.phones), True),
        (Described(first_names="Paule", birth_name="Durandeau", phones=MARIE.phones), False),
        (Described(first_names="Marie", birth_name="Deniau", phones=MARIE.phones), False),
        (Described(first_names="Marie", phones=LUC.phones), False),
    ],
)
def test_somebody_said_dead_is_known_without_a_birth_date_by_given_name_and_number(story, named, is_them):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    said_dead(task.person_id)

    found = person_of(named, is_invented=False, cohort=NOW.date(), at=NOW)

    assert (found.id == task.person_id) == is_them


def test_somebody_said_dead_is_not_called_when_a_lot_brings_a_result(story):
    of = case(story.nantes, MARIE, at=NOW)
    said_dead(of.person_id)
    arrival = Arrival(
        kind=TaskKind.CASE_FIRST,
        person_id=of.person_id,
        has_number=True,
        site_id=of.site_id,
        case_id=of.id,
        due_at=NOW + DAY,
        is_known=True,
    )

    bulk_enqueue.enqueue_all([arrival], HouseholdAssignments(), at=NOW)

    (task,) = queue.tasks_of_person(of.person_id)
    assert task.state is TaskState.DECEASED
    assert messages.is_stopped(of.person_id)


def test_a_death_said_by_mistake_lets_every_call_wait_again(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    said_dead(task.person_id)
    assert queue.get_task(task.id).state is TaskState.DECEASED

    browse.as_(story.dora).follow(f"/lists/tasks/{task.id}/lift", {"reason": "Il a rappelé lui-même"})

    assert queue.get_task(task.id).state is TaskState.OPEN
    assert not messages.is_stopped(task.person_id)


def test_putting_back_a_call_does_not_ring_the_dead(story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    queue_services.close_task(task, TaskState.UNREACHABLE, by=None, at=NOW)
    said_dead(task.person_id)
    queue_services.reopen_task(queue.get_task(task.id), due_at=NOW, by=None, at=NOW)

    assert queue.get_task(task.id).state is TaskState.DECEASED


def test_what_was_said_cannot_be_changed_by_the_application(story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    said_dead(task.person_id)

    with pytest.raises(Exception, match="permission denied"), database.begin_nested():
        database.execute(Fact.__table__.update().values(value=False))
    with pytest.raises(Exception, match="permission denied"), database.begin_nested():
        database.execute(Fact.__table__.delete())


# -- days


def test_not_known_leaves_the_laboratorys_day(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    get_case(task.case_id).onset_on = date(2026, 3, 7)

    take_call(browse.as_(story.ada), P0 | {"onset_on": "unknown"}).to("sampling")

    assert get_case(task.case_id).onset_on == date(2026, 3, 7)


def test_a_first_day_far_from_the_sampling_is_asked_again(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada), P0 | {"onset_on": "2026-02-15"}).to("symptoms")

    walk.send()
    action = str(walk.page.select_one("#answers")["action"])
    answer = walk.visitor.post(action, walk.form(), status=422)
    walk.page = soup(answer)

    assert walk.step == "symptoms"
    assert "plus de 14 jours du prélèvement" in walk.page.text
    assert get_case(task.case_id).onset_on is None


def test_the_day_of_sampling_that_the_person_gives_counts(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    says = P0 | {
        "has_symptoms": "no",
        "sampling_confirmed": "no",
        "sampling_corrected_on": "2026-03-04",
    }
    walk = take_call(browse.as_(story.ada), says).to("immunity")
    by_hers = get_case(task.case_id).isolation_last_day

    walk.says["sampling_confirmed"] = "yes"
    page = walk.visitor.get(f"{walk.call}?task={task.id}&step=sampling")
    walk.page = soup(page)
    walk.send(walk.form() | {"drop": "sampling_confirmed=yes"})

    assert get_case(task.case_id).isolation_last_day == by_hers + timedelta(days=5)
    assert get_case(task.case_id).sampled_on is None


@pytest.mark.parametrize("who", ["case", "contact"])
def test_the_day_that_was_read_is_no_correction_of_itself(story, browse, who):
    if who == "case":
        waiting_case(story.nantes, MARIE, at=NOW)
        known = NOW.date() - DAY
        says = P0 | {"has_symptoms": "no", "sampling_confirmed": "no", "sampling_corrected_on": str(known)}
        walk = take_call(browse.as_(story.ada), says).to("sampling")
    else:
        task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
        known = find_contact(task.contact_id).last_contact_on
        says = CONTACT | {"last_contact_confirmed": "no", "last_contact_on": str(known)}
        walk = take_call(browse.as_(story.abel), says).to("last_contact")

    walk.send()
    action = str(walk.page.select_one("#answers")["action"])
    walk.page = soup(walk.visitor.post(action, walk.form(), status=422))

    assert "C’est le jour déjà connu" in walk.page.text


def test_the_last_contact_that_the_contact_gives_counts(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    says = CONTACT | {"last_contact_confirmed": "no", "last_contact_on": "2026-03-05"}

    take_call(browse.as_(story.abel), says).to("immunity")

    assert find_contact(task.contact_id).last_contact_on == date(2026, 3, 5)


# -- the window


def on_the_line(story, browse, *, met=date(2026, 3, 7)):
    """Marie on the telephone, ill since the 8th; Luc, met on the 7th, waits for a call."""
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("immunity")
    waiting = waiting_contact(story, get_case(task.case_id), LUC)
    named = find_contact(waiting.contact_id)
    named.last_contact_on = met
    database.flush()
    return task, waiting, walk


def onset(walk, task, on):
    """Go back and give another first day of symptoms."""
    walk.says["onset_on"] = on
    walk.page = soup(walk.visitor.get(f"{walk.call}?task={task.id}&step=symptoms"))
    return walk.send()


def test_a_contact_outside_the_moved_window_leaves_and_comes_back(story, browse):
    task, waiting, walk = on_the_line(story, browse)

    page = onset(walk, task, "2026-03-10")

    assert queue.get_task(waiting.id).state is TaskState.CANCELLED
    assert "1 contact est hors de la période" in page.text
    panel = walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/contacts", method="get").text
    assert "Hors période de contagion" in panel

    onset(walk, task, "2026-03-09")

    assert queue.get_task(waiting.id).state is TaskState.OPEN


def test_a_contact_outside_is_kept_with_a_reason(story, browse):
    task, waiting, walk = on_the_line(story, browse)
    onset(walk, task, "2026-03-10")
    path = f"{walk.call}/tasks/{task.id}/contacts/{waiting.contact_id}/keep"

    walk.visitor.fragment(path, {"why": "unsure_day"})
    assert queue.get_task(waiting.id).state is TaskState.OPEN

    walk.visitor.fragment(path, {})
    assert queue.get_task(waiting.id).state is TaskState.CANCELLED


def test_a_contact_who_was_told_and_is_outside_by_now_is_shown_so_and_can_be_kept(story, browse):
    task, waiting, walk = on_the_line(story, browse)
    told = queue.get_task(waiting.id)
    queue_services.close_task(told, TaskState.DONE, by=None, at=NOW)
    named = find_contact(waiting.contact_id)
    consequences.remember_told(told, at=NOW)
    named.status = ContactStatus.INFORMED
    database.flush()

    onset(walk, task, "2026-03-10")

    panel = walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/contacts", method="get").text
    assert "Hors période de contagion : avertie" in panel
    walk.visitor.fragment(
        f"{walk.call}/tasks/{task.id}/contacts/{waiting.contact_id}/keep", {"why": "unsure_day"}
    )
    assert not find_contact(waiting.contact_id).is_outside


def test_days_that_the_window_gains_are_asked_about_again(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("closing")
    assert "Tout est complet" in walk.page.text

    onset(walk, task, "2026-03-05")
    walk.page = soup(walk.visitor.get(f"{walk.call}?task={task.id}&step=closing"))

    assert "Où en est la liste" in walk.page.text


# -- people who were told, and notes


def note_of(task, *, last, by):
    note = SickNote(
        number=f"440-26-{task.id:06}-1",
        site_id=task.site_id,
        person_id=task.person_id,
        task_id=task.id,
        call_id=database.scalar(select(Conversation.call_id).where(Conversation.task_id == task.id)),
        kind=NoteKind.CASE,
        first_day=date(2026, 3, 9),
        last_day=last,
        rule="x",
        state=NoteState.ISSUED,
        issued_at=NOW,
        issued_by=by.id,
        cohort=NOW.date(),
    )
    database.add(note)
    database.flush()
    call = database.get_one(Call, note.call_id)
    worked = (("works", "yes"), ("can_telework", "no"), ("last_work_on", "2026-03-08"))
    for question, value in worked:
        calls.save_answer(call, task, question, value, by=agent(by), at=NOW)
    return note


def completed(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("closing")
    walk.visitor.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})
    assert queue.get_task(task.id).state is TaskState.DONE
    return task


def test_whoever_was_told_another_day_is_called_again_and_no_more_once_it_holds(story, browse):
    task = completed(story, browse)
    told = get_case(task.case_id).told_last_day
    subject = (SubjectType.CASE, task.case_id)

    say(subject, FactKind.ONSET, "2026-03-05", source=FactSource.DOCTOR, at=NOW + DAY)

    again = queue.get_task(task.id)
    assert (again.state, again.again) == (TaskState.OPEN, CallAgain.DATES)
    assert get_case(task.case_id).status is CaseStatus.OPEN
    assert get_case(task.case_id).isolation_last_day < told

    (said,) = [one for one in facts.facts_of(*subject) if one.source is FactSource.DOCTOR]
    fact_services.retract(
        said,
        subject,
        cohort=NOW.date(),
        source=FactSource.DOCTOR,
        by=story.ben.id,
        at=NOW + DAY,
    )

    assert queue.get_task(task.id).state is TaskState.DONE
    assert get_case(task.case_id).status is CaseStatus.CLOSED
    assert get_case(task.case_id).isolation_last_day == told


def test_the_next_caller_reads_what_was_said_and_that_it_changed(story, browse):
    task = completed(story, browse)
    say((SubjectType.CASE, task.case_id), FactKind.ONSET, "2026-03-05", source=FactSource.DOCTOR)

    walk = take_call(browse.as_(story.abel))

    assert "isolement" not in walk.page.select_one(".call-again").text, "nobody has said who they are"
    assert "cette date a changé" not in walk.page.text
    walk.to("symptoms")
    assert "cette date a changé" in walk.page.select_one(".call-again").text


def test_a_note_that_no_longer_fits_is_marked_and_its_mark_goes(story, browse):
    task = completed(story, browse)
    last = get_case(task.case_id).isolation_last_day
    note = note_of(task, last=last, by=story.ada)
    subject = (SubjectType.CASE, task.case_id)

    say(subject, FactKind.ONSET, "2026-03-09", source=FactSource.DOCTOR)
    assert (note.mend, note.mend_to) == (NoteMend.LONGER, last + DAY)

    say(subject, FactKind.ONSET, "2026-03-08", source=FactSource.DOCTOR, at=NOW + DAY)
    assert (note.mend, note.mend_to) == (None, None)


def test_reading_a_case_costs_no_statement_more_for_every_note(story, browse):
    task = completed(story, browse)
    note_of(task, last=date(2026, 3, 15), by=story.ada)

    def sent_for(people):
        named = [contact(get_case(task.case_id), one, by=story.ada, at=NOW) for one in people]
        for row in named:
            of_contact = queue_services.enqueue(
                kind=TaskKind.CONTACT_FIRST,
                person_id=row.person_id,
                phones=LUC.phones,
                site_id=task.site_id,
                case_id=task.case_id,
                contact_id=row.id,
                due_at=NOW + DAY,
                at=NOW,
            )
            held = SickNote(
                number=f"440-26-{of_contact.id:06}-1",
                site_id=task.site_id,
                person_id=row.person_id,
                task_id=of_contact.id,
                call_id=database.scalar(select(Conversation.call_id).where(Conversation.task_id == task.id)),
                kind=NoteKind.CONTACT,
                first_day=date(2026, 3, 9),
                last_day=date(2026, 3, 15),
                rule="x",
                state=NoteState.ISSUED,
                issued_at=NOW,
                issued_by=story.ada.id,
                cohort=NOW.date(),
            )
            database.add(held)
        database.flush()
        listed = contacts_of_case(task.case_id)
        with statements_sent(database()) as sent:
            case_now(get_case(task.case_id), listed, on=NOW.date())
        return len(sent)

    assert sent_for([LUC]) == sent_for([LUC, LUC, LUC])


def test_following_twice_changes_nothing(story, browse):
    task = completed(story, browse)
    say((SubjectType.CASE, task.case_id), FactKind.ONSET, "2026-03-05", source=FactSource.DOCTOR)

    assert consequences.follow_case(task.case_id, by=None, at=NOW) == ()


def test_a_rule_that_ends_later_moves_no_day_that_was_told(story):
    told_at = datetime(2023, 1, 20, 10, tzinfo=UTC)
    of = case(story.nantes, MARIE, at=told_at)
    of.programme = "covid19"
    of.first_sampled_at = told_at - DAY
    task = first_call(story, of)
    consequences.follow_case(of.id, by=None, at=told_at)
    queue_services.close_task(task, TaskState.DONE, by=None, at=told_at)
    consequences.remember_told(task, at=told_at)
    told = of.isolation_last_day
    assert told is not None

    found = consequences.follow_case(of.id, by=None, at=datetime(2023, 2, 5, 10, tzinfo=UTC))

    assert found == ()
    assert of.isolation_last_day == told


def test_what_was_only_said_and_taken_back_leaves_nothing(story):
    of = case(story.nantes, MARIE, at=NOW)
    subject = (SubjectType.CASE, of.id)
    say(subject, FactKind.ONSET, "2026-03-08")
    assert of.onset_on == date(2026, 3, 8)

    (said,) = facts.facts_of(*subject)
    fact_services.retract(
        said, subject, cohort=NOW.date(), source=FactSource.TRACER, by=story.ada.id, at=NOW + DAY
    )

    assert of.onset_on is None


# -- what changes while somebody is on the telephone


def test_a_window_that_moves_during_the_contacts_call_stops_it_when_it_ends(story, browse):
    of = case(story.nantes, MARIE, at=NOW)
    waiting = waiting_contact(story, of, LUC)
    find_contact(waiting.contact_id).last_contact_on = date(2026, 3, 7)
    database.flush()
    walk = take_call(browse.as_(story.abel), CONTACT)

    say((SubjectType.CASE, of.id), FactKind.ONSET, "2026-03-10")
    assert queue.get_task(waiting.id).state is TaskState.OPEN, "he is on the telephone"

    walk.visitor.follow(f"{walk.call}/give-back", {"reason": "shift_ends"})
    assert queue.get_task(waiting.id).state is TaskState.CANCELLED


def test_a_death_told_elsewhere_during_a_call_in_vain_stops_the_next_one(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada))

    said_dead(task.person_id)
    walk.visitor.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "no_answer"})

    assert queue.get_task(task.id).state is TaskState.DECEASED


def test_what_changed_during_a_call_follows_when_its_claim_expires(story, browse, clock):
    of = case(story.nantes, MARIE, at=NOW)
    waiting = waiting_contact(story, of, LUC)
    find_contact(waiting.contact_id).last_contact_on = date(2026, 3, 7)
    database.flush()
    take_call(browse.as_(story.abel), CONTACT)
    say((SubjectType.CASE, of.id), FactKind.ONSET, "2026-03-10")

    assert follow_ended_calls(NOW) == 0
    assert queue.get_task(waiting.id).state is TaskState.OPEN, "he is on the telephone"

    sweep_claims(clock.move_to(NOW + 9 * MINUTE))
    assert follow_ended_calls(clock.move_to(NOW + 10 * MINUTE)) == 1
    assert queue.get_task(waiting.id).state is TaskState.CANCELLED
    assert follow_ended_calls(clock.move_to(NOW + 11 * MINUTE)) == 0


def test_a_death_told_elsewhere_during_a_call_follows_when_a_supervisor_takes_it_back(story, browse, clock):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    take_call(browse.as_(story.ada))
    said_dead(task.person_id)
    assert queue.get_task(task.id).state is TaskState.OPEN

    entry = queue.find_claim(story.ada.id)
    browse.as_(story.dora).follow(f"/board/{entry.id}/take-back", {"claim": str(entry.claim_number)})
    follow_ended_calls(clock.move_to(NOW + MINUTE))

    assert queue.get_task(task.id).state is TaskState.DECEASED


# -- a result withdrawn after the case was closed


def note_now(note_id):
    return database.get_one(SickNote, note_id)


def withdrawn_after_all(story, browse):
    """Marie, told and closed, with a note and a contact who was told; then her result is withdrawn."""
    task = completed(story, browse)
    note = note_of(task, last=get_case(task.case_id).isolation_last_day, by=story.ada)
    named = contact(get_case(task.case_id), LUC, by=story.ada, at=NOW)
    told = queue_services.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=named.person_id,
        phones=LUC.phones,
        site_id=task.site_id,
        case_id=task.case_id,
        contact_id=named.id,
        due_at=NOW + DAY,
        at=NOW,
    )
    queue_services.close_task(told, TaskState.DONE, by=None, at=NOW)
    named.status, named.told_at = ContactStatus.INFORMED, NOW
    database.flush()
    case_services.withdraw(get_case(task.case_id), by=None, at=NOW + DAY)
    return task, told, note.id


def test_a_result_withdrawn_of_a_closed_case_reaches_everybody_who_was_told(story, browse, clock):
    task, told, note_id = withdrawn_after_all(story, browse)
    clock.move_to(NOW + DAY)
    dora = browse.as_(story.dora)
    listed = dora.get("/lists?list=withdrawn").text
    assert get_case(task.case_id).reference in listed
    assert "était clos" in listed
    assert "2 personnes seront rappelées" in listed

    dora.follow(f"/lists/cases/{task.case_id}/close")

    for one in (task, told):
        assert (queue.get_task(one.id).state, queue.get_task(one.id).again) == (
            TaskState.OPEN,
            CallAgain.WITHDRAWN,
        )
    assert note_now(note_id).mend is NoteMend.NOT_DUE
    assert get_case(task.case_id).outcome is CaseOutcome.NOT_A_CASE
    assert consequences.follow_case(task.case_id, by=None, at=NOW + DAY) == ()
    consequences.remember_told(queue.get_task(told.id), at=NOW + 2 * DAY)
    queue_services.close_task(queue.get_task(told.id), TaskState.DONE, by=None, at=NOW + 2 * DAY)
    assert consequences.follow_case(task.case_id, by=None, at=NOW + 2 * DAY) == (), "told once"


def test_whoever_rings_says_that_the_result_was_withdrawn_and_nothing_else(story, browse, clock):
    task, told, _note = withdrawn_after_all(story, browse)
    clock.move_to(NOW + DAY)
    browse.as_(story.dora).follow(f"/lists/cases/{task.case_id}/close")
    for one, who, says, line, words in (
        (task, story.ada, P0, "le laboratoire a annulé votre résultat", "le laboratoire a annulé"),
        (told, story.abel, CONTACT, "a été annulé", "son résultat ne compte plus"),
    ):
        walk = take_call(browse.as_(who), says)
        assert "a été annulé" not in walk.page.text, "nobody has said who they are"
        assert "a annulé" not in walk.page.text

        walk.to("no_case")
        assert line in walk.page.select_one(".call-again").text

        said = walk.page.select_one("#say").text
        assert words in said
        assert "Dupont" not in said
        assert {"result_known", "red_flags", "announcement"}.isdisjoint(walk.steps)
        walk.send()
        walk.visitor.follow(f"{walk.call}/tasks/{one.id}/end", {"outcome": "completed"})
        consequences.follow_case(task.case_id, by=None, at=NOW + DAY)
        assert queue.get_task(one.id).state is TaskState.DONE, "told once"


def test_closing_as_no_case_is_undone_and_keeping_leaves_everything(story, browse, clock):
    task, told, note_id = withdrawn_after_all(story, browse)
    clock.move_to(NOW + DAY)
    dora = browse.as_(story.dora)
    dora.follow(f"/lists/cases/{task.case_id}/close")
    dora.follow(f"/lists/cases/{task.case_id}/undo")
    assert note_now(note_id).mend is None
    assert {queue.get_task(one.id).state for one in (task, told)} == {TaskState.DONE}

    dora.follow(f"/lists/cases/{task.case_id}/keep")

    found = get_case(task.case_id)
    assert (found.status, found.outcome, found.closed_at) == (CaseStatus.CLOSED, CaseOutcome.COMPLETED, NOW)
    assert {queue.get_task(one.id).state for one in (task, told)} == {TaskState.DONE}


# -- notes to mend


def test_a_note_is_left_as_it_is_until_another_change(story, browse):
    task = completed(story, browse)
    last = get_case(task.case_id).isolation_last_day
    note = note_of(task, last=last, by=story.ada)
    note_id, number = note.id, note.number
    subject = (SubjectType.CASE, task.case_id)
    say(subject, FactKind.ONSET, "2026-03-09", source=FactSource.DOCTOR)
    ben = browse.as_(story.ben)
    listed = ben.get("/sick-notes/to-mend").text
    assert number in listed
    assert "trop court" in listed

    ben.follow(f"/sick-notes/{note_id}/leave", {"keep-why": "doctor_agrees"})

    assert number not in ben.get("/sick-notes/to-mend").text
    consequences.follow_case(task.case_id, by=None, at=NOW + DAY)
    assert note_now(note_id).mend is None
    say(subject, FactKind.ONSET, "2026-03-06", source=FactSource.DOCTOR, at=NOW + DAY)
    assert note_now(note_id).mend is NoteMend.SHORTER


def test_a_note_is_cancelled_after_the_call_by_who_may_and_only_at_its_site(story, browse):
    task = completed(story, browse)
    note = note_of(task, last=get_case(task.case_id).isolation_last_day, by=story.ada)
    note_id, number = note.id, note.number
    say((SubjectType.CASE, task.case_id), FactKind.ONSET, "2026-03-05", source=FactSource.DOCTOR)
    browse.as_(story.ada).post(f"/sick-notes/{note_id}/cancel", {"cancel-why": "not_due"}, status=403)
    dora = browse.as_(story.dora)
    dora.post(f"/sick-notes/{note_id}/cancel", {"cancel-why": ""}, status=422)
    assert note_now(note_id).state is NoteState.ISSUED

    dora.follow(f"/sick-notes/{note_id}/cancel", {"cancel-why": "wrong_days"})
    dora.follow(f"/sick-notes/{note_id}/cancel", {"cancel-why": "wrong_days"})

    note = note_now(note_id)
    assert (note.state, note.cancelled_because) == (NoteState.CANCELLED, CancelReason.WRONG_DAYS)
    assert number not in dora.get("/sick-notes/to-mend").text


def test_a_site_sees_no_note_of_another(story, browse):
    task = completed(story, browse)
    note = note_of(task, last=get_case(task.case_id).isolation_last_day, by=story.ada)
    note_id, number = note.id, note.number
    say((SubjectType.CASE, task.case_id), FactKind.ONSET, "2026-03-05", source=FactSource.DOCTOR)
    other = browse.as_(member("anna", "Anna", (Role.SUPERVISOR, story.ajaccio), at=NOW))

    assert number not in other.get("/sick-notes/to-mend").text
    other.post(f"/sick-notes/{note_id}/leave", {"keep-why": "days_past"}, status=404)


# -- what is over


def test_an_isolation_that_is_over_is_not_ordered(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    get_case(task.case_id).first_sampled_at = NOW - 14 * DAY
    says = P0 | {"onset_on": "2026-02-24"}

    walk = take_call(browse.as_(story.ada), says).to("closing")

    assert "isolation_over" in walk.steps
    assert not {"isolation", "isolation_at_home"} & set(walk.steps)


def test_a_quarantine_that_is_over_is_not_ordered(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    find_contact(task.contact_id).last_contact_on = NOW.date() - 20 * DAY
    database.flush()

    walk = take_call(browse.as_(story.abel), CONTACT).to("closing")

    assert "quarantine_over" in walk.steps
    assert "quarantine" not in walk.steps
