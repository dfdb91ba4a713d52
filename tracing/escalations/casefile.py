"""The case file that an adviser or a referent reads before answering: one person only."""

from collections.abc import Sequence
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
from tracing.escalations.models import Escalation
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.queue import queries as queue
from tracing.queue.models import CallTask
from tracing.scripts import transcript
from tracing.scripts.services import get_script
from tracing.scripts.transcript import Line
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
    """The tracers in the timeline."""

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
    return CaseFile(
        task=task,
        reference=case.reference,
        identity=people.find_joint_identity(task.person_id),
        case=case if is_case else None,
        contact=None if is_case or task.contact_id is None else session.get(Contact, task.contact_id),
        contradiction=_contradiction(case) if is_case else "",
        contacts_named=_count_contacts(case.id) if is_case else 0,
        lines=_answers(task),
        timeline=past,
        names=staff.member_names(call.tracer_id for call in past),
    )


def _contradiction(case: Case) -> str:
    found = cases.contrary_results(case.id)
    if not found:
        return ""
    said = case_words.contradiction(one.sampled_on for one in found)
    return f"{said} {case_words.which_decides(case.programme)}"


def _answers(task: CallTask) -> Sequence[Line]:
    """Return the answers, of earlier versions of the script as well: a doctor reads all that was said."""
    if task.script_version is None:
        return []
    read = partial(get_script, SCRIPT_OF[task.kind])
    found = transcript.by_version(read(task.script_version), calls.given([task.id])[task.id], read)
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
