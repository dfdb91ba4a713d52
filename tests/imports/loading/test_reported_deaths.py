"""A laboratory reports a death with the result: nobody rings, a supervisor decides; another line does not lift it."""

from dataclasses import replace

from sqlalchemy import select

from tests.imports.parsing.test_hl7 import PID, message
from tests.support.lots import arrival, enveloped, take_back
from tracing.cases.models import Case
from tracing.imports.jobs import load
from tracing.imports.models import ImportLot
from tracing.messages import queries as messages
from tracing.people.models import Person
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState

DEAD = PID + "|" * 16 + "20210306|Y"


def sent(number, pid=PID, source="HL7"):
    content = enveloped(message(number, pid=pid).encode())
    return load(replace(arrival(f"{number}.hl7", content), source_code=source))


def states(session):
    session.expire_all()
    return list(session.scalars(select(CallTask.state).order_by(CallTask.id)))


def waiting(session):
    session.expire_all()
    return list(session.scalars(select(QueueEntry.state)))


def test_the_case_exists_and_waits_for_a_supervisor_who_may_put_it_back_and_end_it(
    session, clock, story, browse
):
    report = sent(1, DEAD)

    assert (report["created"], report["warnings"]) == (1, {"DECEASED": 1})
    assert states(session) == [TaskState.DECEASED]
    assert EntryState.READY not in waiting(session)
    assert sent(2)["repeat"] == 1, "another result without the mark"
    assert sent(1, DEAD)["duplicate"] == 1
    assert states(session) == [TaskState.DECEASED]

    task, case = session.scalars(select(CallTask)).one(), session.scalars(select(Case)).one()
    case.site_id = task.site_id = story.nantes.id
    session.flush()
    dora = browse.as_(story.dora, site=story.nantes)
    page = dora.get("/lists?list=deceased")
    assert "signalé par le laboratoire" in page.text
    ended = dora.follow(f"/lists/tasks/{task.id}/give-up")
    assert "clos" in ended.text
    dora.post(f"/lists/tasks/{task.id}/undo")
    assert states(session) == [TaskState.DECEASED]
    dora.post(f"/lists/tasks/{task.id}/lift", {"reason": "Homonyme"})
    assert states(session) == [TaskState.OPEN]
    assert not messages.is_stopped(task.person_id)
    assert sent(1, DEAD)["duplicate"] == 1
    assert states(session) == [TaskState.OPEN], "the same line again says nothing new"


def test_a_death_reported_later_stops_the_call_and_undoing_that_lot_brings_it_back(session, clock, story):
    sent(1)
    assert states(session) == [TaskState.OPEN]

    assert sent(2, DEAD)["repeat"] == 1
    assert states(session) == [TaskState.DECEASED]
    last = session.scalars(select(ImportLot.id).order_by(ImportLot.id.desc()).limit(1)).one()
    take_back(last, by=story.ivan.id)

    assert states(session) == [TaskState.OPEN]
    assert EntryState.READY in waiting(session) or EntryState.SCHEDULED in waiting(session)


def test_the_same_result_that_now_reports_the_death_stops_the_call(session, clock):
    sent(1)

    assert sent(1, DEAD)["duplicate"] == 1

    assert states(session) == [TaskState.DECEASED]


def test_undoing_the_lot_that_brought_the_person_leaves_nothing(session, clock, story):
    sent(1, DEAD)

    take_back(session.scalars(select(ImportLot.id)).one(), by=story.ivan.id)

    assert session.scalars(select(Person)).all() == []
