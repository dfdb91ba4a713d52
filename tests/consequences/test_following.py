"""What was learnt on the telephone reaches everything that depends on it, and the day after."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, P0, soup, take_call
from tests.support.story import case, contact, identity, waiting_case
from tracing.calls.models import Conversation
from tracing.cases.models import CaseStatus
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.contacts.queries import find_contact
from tracing.facts import queries as facts
from tracing.facts import services as fact_services
from tracing.facts.models import Fact
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.facts.services import NewFact
from tracing.kernel.db import session as database
from tracing.messages import queries as messages
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.households import bulk_enqueue
from tracing.queue.households.bulk_enqueue import Arrival, HouseholdAssignments
from tracing.queue.models import TaskKind, TaskState
from tracing.queue.rules import CallAgain
from tracing.sickleave.models import NoteKind, NoteState, SickNote
from tracing.sickleave.rules import NoteMend

DAY = timedelta(days=1)


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
    walk.visitor.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "deceased"})

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
    walk.send()

    assert get_case(task.case_id).isolation_last_day == by_hers + timedelta(days=5)
    assert get_case(task.case_id).sampled_on is None


def test_the_last_contact_that_the_contact_gives_counts(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)
    says = CONTACT | {"last_contact_confirmed": "no", "last_contact_on": "2026-03-05"}

    take_call(browse.as_(story.abel), says).to("immunity")

    assert find_contact(task.contact_id).last_contact_on == date(2026, 3, 5)


# -- the window


def on_the_line(story, browse, *, met=date(2026, 3, 7)):
    """Marie on the telephone, ill since the 8th; Luc, met on the 7th, waits for a call."""
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("sampling")
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
        words="",
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


def test_following_twice_changes_nothing(story, browse):
    task = completed(story, browse)
    say((SubjectType.CASE, task.case_id), FactKind.ONSET, "2026-03-05", source=FactSource.DOCTOR)

    assert consequences.follow_case(task.case_id, by=None, at=NOW) == ()
