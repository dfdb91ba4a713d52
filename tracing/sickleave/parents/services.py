"""Who asks for a note for a child: an adult of the same call, or a parent who is known from nowhere else."""

from dataclasses import dataclass
from datetime import date, datetime

from tracing.calls import queries as calls
from tracing.calls import services as call_services
from tracing.calls.models import Call
from tracing.contacts import identities
from tracing.contacts.rules import Described
from tracing.facts.rules import FactSource
from tracing.kernel import clock
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.programmes.rules import age_on
from tracing.queue.models import CallTask
from tracing.sickleave import patient, queries
from tracing.sickleave.models import NoteKind
from tracing.sickleave.patient import BearerDetails
from tracing.sickleave.rules import WORKING_AGE
from tracing.staff.agent import Agent

ADULT = 18
"""Years from which somebody who has said who they are can be the parent (art. 388, Civil Code)."""
TYPED = "parent_note.person"
"""The answer, of one call, that holds which person was registered as the parent."""


@dataclass(frozen=True, repr=False)
class Parent:
    """A parent who may ask; both None: their names are typed in the form."""

    person_id: int | None = None
    identity: Identity | None = None
    is_typed: bool = False
    """Their names were typed in the form in this call, so they may have been mistyped."""


SOMEBODY_ELSE = Parent()


def concerns_child(task: CallTask, *, today: date) -> bool:
    """Return whether a call is about a child, for whom a parent may have a note, or has one."""
    identity = people.find_joint_identity(task.person_id)
    born = identity.birth_date if identity else None
    if born is not None:
        return age_on(born, today) < WORKING_AGE
    notes = queries.notes_of_task(task.id)
    return bool(notes) and notes[-1].kind is NoteKind.PARENT


def parents_on_line(call: Call, task: CallTask, *, today: date) -> list[Parent]:
    """Return the adults who have said in this call who they are, and whoever was typed as the parent in it."""
    records = people.records_of_same_person(task.person_id)
    spoken = [
        one.person_id
        for one in calls.conversations(call.id)
        if one.identity_confirmed_at is not None and one.person_id not in records
    ]
    is_of_this_call = any(
        row.question == TYPED and row.call_id == call.id for row in calls.answer_rows(task.id)
    )
    typed = [int(calls.answers(task.id)[TYPED])] if is_of_this_call else []
    known = people.joint_identities([*spoken, *typed])
    adults = [
        one
        for one in spoken
        if (who := known.get(one)) is not None and who.birth_date and age_on(who.birth_date, today) >= ADULT
    ]
    return [
        Parent(one, known[one], is_typed=one not in adults)
        for one in dict.fromkeys([*adults, *typed])
        if one in known
    ]


def chosen(call: Call, task: CallTask, wanted: str | None, *, today: date) -> tuple[Parent, list[Parent]]:
    """Return the parent who asks, and all who could: the one that is wanted, else the first who is known.

    `wanted` is a person of this call; anything else means somebody whose names are typed.
    """
    found = parents_on_line(call, task, today=today)
    if wanted is None:
        return (found[0] if found else SOMEBODY_ELSE), found
    return next((one for one in found if str(one.person_id) == wanted), SOMEBODY_ELSE), found


def register(
    call: Call, task: CallTask, parent: Parent, names: str, details: BearerDetails, *, by: Agent, at: datetime
) -> Parent:
    """Store what the parent said of themselves; whoever was typed becomes a person, or is recognised as one.

    Call `calls.services.lock_for_write` first. A second time changes nothing.
    """
    person_id = parent.person_id
    if person_id is None:
        described = Described(first_names=names, birth_name=details.birth_name, birth_date=details.birth_date)
        child = people.get_person(task.person_id)
        today = clock.local_day(at, by.site.time_zone)
        known = identities.person_of(described, is_invented=child.is_invented, cohort=today, at=at)
        person_id = known.id
        call_services.save_answer(call, task, TYPED, person_id, by=by, at=at)
    patient.complete_person(call, person_id, details, sent_by=FactSource.CASE, by=by, at=at)
    return Parent(person_id, people.find_joint_identity(person_id))
