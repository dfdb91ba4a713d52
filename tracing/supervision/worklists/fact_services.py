"""Decisions about what was said of a person: lift a bar, take a wrong number back, correct an identity."""

from dataclasses import dataclass
from datetime import date, datetime

from tracing.calls import queries as calls
from tracing.calls.rules import SAID_IDENTITY
from tracing.consequences import services as consequences
from tracing.facts import queries as fact_queries
from tracing.facts import rules as fact_rules
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.messages import services as messages
from tracing.people import correction_services as corrections
from tracing.people import queries as people_queries
from tracing.people.correction_rules import Correction
from tracing.people.rules import Identity
from tracing.queue import services as queue
from tracing.queue.models import BARRED, BARRED_AS, CallTask, TaskState
from tracing.staff.agent import Agent
from tracing.supervision import rules
from tracing.supervision.errors import AlreadyDealtWith, NotOnThisList
from tracing.supervision.worklists import queries as lists
from tracing.supervision.worklists import services
from tracing.vault.errors import IdentityDestroyed


@dataclass(frozen=True, repr=False)
class Compared:
    """Who the file says a person is, and what somebody said on the telephone."""

    task: CallTask
    identity: Identity | None
    """None once destroyed."""
    said: str | None
    """None once destroyed."""


def lift(task_id: int, words: str, *, by: Agent, at: datetime) -> CallTask:
    """Take back, as a mistake and with the reason, that a person is dead or asked never to be called.

    Raises:
        AlreadyDealtWith: it has left the list.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if task.state not in BARRED:
        raise AlreadyDealtWith
    kind = next(kind for kind, state in BARRED_AS.items() if state is task.state)
    _retract(task, kind, words=words, by=by, at=at)
    session.refresh(task)
    if task.state in BARRED and not people_queries.barred([task.person_id]):
        # said dead by the release before, which kept no fact
        messages.allow_again(task.person_id, by=by.member_id, at=at)
        if people_queries.has_number(task.person_id):
            queue.reopen_task(task, due_at=at + rules.REOPENED_DUE_IN, by=by.member_id, at=at)
        else:
            queue.close_task(task, TaskState.NO_NUMBER, by=by.member_id, at=at)
    return task


def wrong_numbers(task: CallTask) -> list[str]:
    """Return the numbers of the person of a call that were said wrong, in the order of their file."""
    identity = people_queries.find_joint_identity(task.person_id)
    wrong = people_queries.wrong_numbers(task.person_id)
    if identity is None or not wrong:
        return []
    hashes = people_queries.number_hashes(task.person_id, identity.phones)
    return [number for number in identity.phones if hashes[number] in wrong]


def is_good_after_all(task_id: int, place: int, *, by: Agent, at: datetime) -> CallTask:
    """Take back that a number is wrong, by its place among the wrong ones: the call follows.

    Raises:
        NotOnThisList: there is no such number, or it was taken back already.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if task.state not in services.SHOWS_IDENTITY:
        raise AlreadyDealtWith
    wrong = wrong_numbers(task)
    if not 0 <= place < len(wrong):
        raise NotOnThisList
    number = people_queries.number_hashes(task.person_id, [wrong[place]])[wrong[place]]
    _retract(task, FactKind.WRONG_NUMBER, number=number, by=by, at=at)
    session.refresh(task)
    return task


def compared(task_id: int, *, by: Agent, at: datetime) -> Compared:
    """Return both identities of a call that ended without one confirmed, and log that they were seen.

    Raises:
        NotOnThisList: the call is not on that list.
    """
    task = lists.get_listed(task_id, site_id=by.site.id).task
    if task.state is not TaskState.IDENTITY_FAILED:
        raise NotOnThisList
    task, identity = services.show_identity(task_id, by=by, at=at)
    return Compared(task, identity, calls.answers(task.id).get(SAID_IDENTITY))


def correct_identity(
    task_id: int,
    *,
    birth_name: str,
    first_names: str,
    birth_date: date | None,
    is_other: bool = False,
    by: Agent,
    at: datetime,
) -> CallTask:
    """Correct who a person is, also in the line of whoever named them, and return their call to the queue, due as before.

    What depends on their age follows. `is_other`: whoever is like them and may not be called is somebody else.

    Raises:
        MayBeBarred: it may be somebody who died, or asked never to be called.
        AlreadyDealtWith: the call has left the list.
        IdentityDestroyed: nothing can be corrected in a destroyed identity.
    """
    task = lists.get_listed(task_id, site_id=by.site.id, lock=True).task
    if task.state is not TaskState.IDENTITY_FAILED:
        raise AlreadyDealtWith
    if people_queries.find_identity(task.person_id) is None:
        raise IdentityDestroyed
    typed = Correction(birth_name=birth_name, first_names=first_names, birth_date=birth_date)
    said = corrections.facts_of(
        task.person_id,
        corrections.changes_in(task.person_id, typed),
        source=FactSource.SUPERVISOR,
        sent_by=corrections.who_sent(task.contact_id),
        is_other=is_other,
    )
    found = services.put_back(task_id, by=by, at=at)
    consequences.record(said, by=by.member_id, at=at)
    return found


def _retract(
    task: CallTask,
    kind: FactKind,
    *,
    number: bytes | None = None,
    words: str = "",
    by: Agent,
    at: datetime,
) -> None:
    today = clock.local_day(at, by.site.time_zone)
    mistakes = [
        fact_rules.retraction(
            said, (SubjectType.PERSON, record), source=FactSource.SUPERVISOR, cohort=today, words=words
        )
        for record in people_queries.records_of_same_person(task.person_id)
        for said in fact_rules.standing(fact_queries.facts_of(SubjectType.PERSON, record))
        if said.kind is kind and said.number_hash == number
    ]
    consequences.record(mistakes, by=by.member_id, at=at)
