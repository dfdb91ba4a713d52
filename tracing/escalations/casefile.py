"""The case file that an adviser or a referent reads before answering: one person only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select

from tracing.calls import queries as calls
from tracing.calls.models import Call
from tracing.calls.rules import SCRIPT_OF
from tracing.cases import queries as cases
from tracing.cases import words as case_words
from tracing.cases.models import Case
from tracing.contacts.models import Contact, ContactStatus
from tracing.escalations import queries
from tracing.escalations.models import Audience, Escalation
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.queue import queries as queue
from tracing.queue.models import CallTask
from tracing.scripts import transcript
from tracing.scripts.answers import Given
from tracing.scripts.services import get_script
from tracing.scripts.transcript import Line
from tracing.scripts.vocabulary import NO
from tracing.sickleave import queries as sick_notes
from tracing.sickleave.models import SickNote
from tracing.staff import queries as staff


@dataclass(frozen=True, repr=False)
class CaseFile:
    """The person a question is about: dates, answers, calls made."""

    task: CallTask
    reference: str
    identity: Identity | None
    case: Case | None
    """None if the person is a contact: the case is another person's and must not be read."""
    contact: Contact | None
    contradiction: str
    """About negative PCRs after the antigen test that made the case; empty if there are none."""
    contacts_named: int
    lines: Sequence[Line]
    timeline: Sequence[Call]
    names: dict[int, str]
    """The tracers in the timeline, and who answered before."""
    notes: Sequence[SickNote]
    """The valid notes of the person, for an adviser."""
    answered: Sequence[Escalation]
    """What was decided before about the same call, the last one first, for an adviser."""
    is_well: bool
    """Whether the person said that they have no symptoms."""

    @property
    def person_id(self) -> int:
        """The person of the file."""
        return self.task.person_id


def open_case_file(escalation: Escalation) -> CaseFile:
    """Return the file of the person a question is about. The caller must record the sighting."""
    task = queue.get_task(escalation.task_id)
    case = cases.get_case(task.case_id)
    is_case = task.contact_id is None
    past = calls.timeline(task.household_id) if task.household_id is not None else []
    is_for_adviser = escalation.audience is Audience.ADVISER
    asked = queries.of_task(task.id) if is_for_adviser else []
    answered = [one for one in asked if one.decision is not None and one.id != escalation.id]
    tellers = {call.tracer_id for call in past} | {one.taken_by for one in answered if one.taken_by}
    given = calls.given([task.id]).get(task.id, {})
    symptoms = given.get("has_symptoms")
    return CaseFile(
        task=task,
        reference=case.reference,
        identity=people.find_joint_identity(task.person_id),
        case=case if is_case else None,
        contact=None if is_case or task.contact_id is None else session.get(Contact, task.contact_id),
        contradiction=_contradiction(case) if is_case else "",
        contacts_named=_count_contacts(case.id) if is_case else 0,
        lines=_answers(task, given),
        timeline=past,
        names=staff.member_names(tellers),
        notes=sick_notes.valid_notes_of_person(task.person_id) if is_for_adviser else [],
        answered=answered,
        is_well=symptoms is not None and symptoms.value == NO,
    )


def _contradiction(case: Case) -> str:
    found = cases.contrary_results(case.id)
    if not found:
        return ""
    said = case_words.contradiction(one.sampled_on for one in found)
    return f"{said} {case_words.which_decides(case.programme)}"


def _answers(task: CallTask, given: Mapping[str, Given]) -> Sequence[Line]:
    """Return the answers, of earlier versions of the script as well: a doctor reads all that was said."""
    if task.script_version is None:
        return []
    read = partial(get_script, SCRIPT_OF[task.kind])
    found = transcript.by_version(read(task.script_version), given, read)
    return [line for _version, lines in found for line in lines]


def _count_contacts(case_id: int) -> int:
    chosen = (
        select(func.count())
        .select_from(Contact)
        .where(Contact.case_id == case_id, Contact.status != ContactStatus.REMOVED)
    )
    return session.scalar(chosen) or 0


def find_live_call(escalation: Escalation) -> Call | None:
    """Return the call in progress with the household of a question, whoever makes it."""
    task = queue.get_task(escalation.task_id)
    return session.scalar(
        select(Call)
        .where(Call.household_id == task.household_id, Call.ended_at.is_(None))
        .order_by(Call.id.desc())
        .limit(1)
    )
