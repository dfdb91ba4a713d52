"""Queries of escalations: the waiting ones, those of a task, unread answers, questions whose holder is gone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from tracing.calls.models import Call
from tracing.escalations.errors import NoSuchEscalation
from tracing.escalations.models import AdviserSpecialties, Audience, Escalation, EscalationState, Reason
from tracing.facts.ruling_rules import Ruling
from tracing.kernel.db import equals_any, fresh, session
from tracing.queue.models import CallTask, QueueEntry
from tracing.staff import presence
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.models import Role
from tracing.staff.rules import UnavailableReason
from tracing.vault import services as vault

LONGEST_LIST = 200


@dataclass(frozen=True, repr=False)
class Words:
    """The question, the answer and the decision; None once the day's key is destroyed."""

    question: str | None
    answer: str | None
    ruling: Ruling | None = None
    """What was decided apart from the rules, with the answer."""
    about: str | None = None
    """The first name of the contact about whom it was decided; None: about the person of the question."""


def audiences_of(agent: Agent) -> list[Audience]:
    """Return the audiences that the agent belongs to at their current site."""
    return [audience for audience in Audience if agent.holds(Role(audience.value))]


def get_escalation(escalation_id: int, *, by: Agent, lock: bool = False) -> Escalation:
    """Return a question that the agent may answer.

    Raises:
        NoSuchEscalation: it is of another site, or for another audience.
    """
    chosen = select(Escalation).where(
        Escalation.id == escalation_id,
        Escalation.site_id == by.site.id,
        Escalation.audience.in_(audiences_of(by)),
    )
    if lock:
        chosen = fresh(chosen.with_for_update())
    found = session.scalar(chosen)
    if found is None:
        raise NoSuchEscalation
    return found


def get_asked(escalation_id: int, *, by: Agent) -> Escalation:
    """Return a question that the agent asked.

    Raises:
        NoSuchEscalation: someone else asked it.
    """
    found = session.get(Escalation, escalation_id)
    if found is None or found.raised_by != by.member_id:
        raise NoSuchEscalation
    return found


def words_of(escalation: Escalation) -> Words:
    """Return the unsealed question and answer."""
    opened = vault.find_unsealed("escalations", escalation.id, escalation.cohort, escalation.sealed) or {}
    ruling = opened.get("ruling")
    return Words(
        opened.get("question"),
        opened.get("answer"),
        Ruling.read(ruling) if ruling is not None else None,
        opened.get("about"),
    )


def find_open(task_id: int, audience: Audience) -> Escalation | None:
    """Return the unsettled question to this audience about a task, locked."""
    return session.scalar(
        fresh(
            select(Escalation)
            .where(
                Escalation.task_id == task_id,
                Escalation.audience == audience,
                Escalation.state != EscalationState.SETTLED,
            )
            .with_for_update()
        )
    )


def open_for_task(task_id: int, audience: Audience | None = None) -> Sequence[Escalation]:
    """Return the unsettled questions about a task, to one audience or to all, the most urgent first."""
    chosen = select(Escalation).where(
        Escalation.task_id == task_id, Escalation.state != EscalationState.SETTLED
    )
    if audience is not None:
        chosen = chosen.where(Escalation.audience == audience)
    return session.scalars(chosen.order_by(Escalation.urgency, Escalation.id)).all()


def decided_since(task_ids: Iterable[int], since: datetime) -> dict[int, Escalation]:
    """Return for each task the question to an adviser that was settled last since a moment, by one statement."""
    settled = select(Escalation).where(
        equals_any(Escalation.task_id, sorted(set(task_ids))),
        Escalation.audience == Audience.ADVISER,
        Escalation.settled_at >= since,
    )
    return {one.task_id: one for one in session.scalars(settled.order_by(Escalation.settled_at))}


def of_task(task_id: int) -> Sequence[Escalation]:
    """Return every question about a task, newest first."""
    return session.scalars(
        select(Escalation).where(Escalation.task_id == task_id).order_by(Escalation.id.desc())
    ).all()


def waiting_for(site_id: int, *audiences: Audience) -> Sequence[Escalation]:
    """Return the unsettled questions for audiences of a site, by urgency, then by age."""
    return session.scalars(
        select(Escalation)
        .where(
            Escalation.site_id == site_id,
            Escalation.audience.in_(audiences),
            Escalation.state != EscalationState.SETTLED,
        )
        .order_by(Escalation.urgency, Escalation.id)
        .limit(LONGEST_LIST)
    ).all()


def ids_waiting(site_id: int, audiences: Iterable[Audience]) -> Sequence[tuple[int, int]]:
    """Return id and urgency of the questions that nobody has taken: what a page that stays open looks for."""
    chosen = select(Escalation.id, Escalation.urgency).where(
        Escalation.site_id == site_id,
        Escalation.audience.in_(list(audiences)),
        Escalation.state == EscalationState.WAITING,
    )
    return [
        (row.id, row.urgency) for row in session.execute(chosen.order_by(Escalation.id).limit(LONGEST_LIST))
    ]


def count_waiting(site_id: int, audiences: Iterable[Audience]) -> int:
    """Return how many questions nobody has taken."""
    chosen = select(func.count()).where(
        Escalation.site_id == site_id,
        Escalation.audience.in_(list(audiences)),
        Escalation.state == EscalationState.WAITING,
    )
    return session.scalar(chosen) or 0


def households_on_line(household_ids: Iterable[int | None]) -> dict[int, int]:
    """Return who speaks with each of these households now, by household."""
    wanted = {one for one in household_ids if one is not None}
    if not wanted:
        return {}
    chosen = select(Call.household_id, Call.tracer_id).where(
        equals_any(Call.household_id, wanted), Call.ended_at.is_(None)
    )
    return {row.household_id: row.tracer_id for row in session.execute(chosen)}


def find_wanted(member_id: int) -> Escalation | None:
    """Return the question that a member meant to take after their call, while nobody has taken it.

    Whether they still mean to is `rules.is_next_of`.
    """
    return session.scalar(
        select(Escalation).where(
            Escalation.wanted_by == member_id, Escalation.state == EscalationState.WAITING
        )
    )


def specialties_of(member_ids: Iterable[int]) -> dict[int, frozenset[Reason]]:
    """Return the reasons about which members like to be asked first; without those who chose none."""
    chosen = select(AdviserSpecialties).where(AdviserSpecialties.member_id.in_(set(member_ids)))
    known = {reason.value for reason in Reason}
    return {
        row.member_id: frozenset(Reason(code) for code in row.reasons if code in known)
        for row in session.scalars(chosen)
    }


def settled_since(site_id: int, audiences: Iterable[Audience], since: datetime) -> Sequence[Escalation]:
    """Return the questions settled at a site since `since`, newest first."""
    return session.scalars(
        select(Escalation)
        .where(
            Escalation.site_id == site_id,
            Escalation.audience.in_(list(audiences)),
            Escalation.state == EscalationState.SETTLED,
            Escalation.settled_at >= since,
        )
        .order_by(Escalation.settled_at.desc())
        .limit(LONGEST_LIST)
    ).all()


def find_call(escalation_id: int, member_id: int) -> Call | None:
    """Return the call that a member holds now for a question."""
    is_held = (QueueEntry.id == Call.entry_id) & (QueueEntry.claim_number == Call.claim_number)
    return session.scalar(
        select(Call)
        .join(QueueEntry, is_held)
        .where(QueueEntry.claimant_id == member_id, Call.escalation_id == escalation_id)
    )


def find_called(member_id: int) -> int | None:
    """Return the question for which a member holds a call now."""
    return next(iter(_called_for({member_id})), None)


def gone_takers(*, at: datetime) -> dict[tuple[int, int], UnavailableReason]:
    """Return why each holder of a taken question is gone, keyed by question and holder.

    Questions about which the holder is on a call are left out.
    """
    chosen = select(
        Escalation.id, Escalation.taken_by, Escalation.taken_at, Escalation.site_id, Escalation.audience
    )
    taken = session.execute(chosen.where(Escalation.state == EscalationState.TAKEN)).all()
    called = _called_for({row.taken_by for row in taken})
    by_place: dict[tuple[int, Audience], list[tuple[int, int, datetime]]] = defaultdict(list)
    for row in taken:
        if row.id not in called:
            by_place[row.site_id, row.audience].append((row.id, row.taken_by, row.taken_at))
    found: dict[tuple[int, int], UnavailableReason] = {}
    for (site_id, audience), held in by_place.items():
        gone = presence.unavailable_members(
            {(member_id, at) for _id, member_id, _taken_at in held},
            site_id=site_id,
            role=Role(audience.value),
            at=at,
            zone=staff.workplace(staff.get_site(site_id)).time_zone,
        )
        first = min(taken_at for _id, _member_id, taken_at in held)
        left = presence.logged_out_since(
            {member_id for _id, member_id, _taken_at in held}, since=first, at=at
        )
        for escalation_id, member_id, taken_at in held:
            if (member_id, at) in gone:
                found[escalation_id, member_id] = gone[member_id, at]
            elif member_id in left and left[member_id] >= taken_at:
                found[escalation_id, member_id] = UnavailableReason.LOGGED_OUT
    return found


def _called_for(member_ids: set[int | None]) -> set[int | None]:
    """Return the questions for which these members hold a call now."""
    is_held = (QueueEntry.id == Call.entry_id) & (QueueEntry.claim_number == Call.claim_number)
    chosen = select(Call.escalation_id).join(QueueEntry, is_held)
    return set(session.scalars(chosen.where(QueueEntry.claimant_id.in_(member_ids))))


def unread_answers(member_id: int) -> Sequence[Escalation]:
    """Return the answers to a tracer's questions that they have not read, the oldest first."""
    return session.scalars(
        select(Escalation)
        .where(
            Escalation.raised_by == member_id,
            Escalation.state == EscalationState.SETTLED,
            Escalation.seen_at.is_(None),
        )
        .order_by(Escalation.settled_at)
        .limit(LONGEST_LIST)
    ).all()


MOST_ASKED = 100


def raised_by(member_id: int, site_id: int, *, since: datetime) -> Sequence[Escalation]:
    """Return the questions that a member asked at a site since `since`, the last first."""
    return session.scalars(
        select(Escalation)
        .where(
            Escalation.raised_by == member_id, Escalation.site_id == site_id, Escalation.raised_at >= since
        )
        .order_by(Escalation.id.desc())
        .limit(MOST_ASKED)
    ).all()


def result_announced(task_id: int) -> bool:
    """Return whether an adviser has told the person their result."""
    chosen = select(Escalation.id).where(Escalation.task_id == task_id, Escalation.result_announced).limit(1)
    return session.scalar(chosen) is not None


def tasks_of(found: Iterable[Escalation]) -> dict[int, CallTask]:
    """Return the tasks of questions, keyed by id."""
    ids = {one.task_id for one in found}
    return {task.id: task for task in session.scalars(select(CallTask).where(CallTask.id.in_(ids)))}


def names_of(found: Iterable[Escalation]) -> dict[int, str]:
    """Return the names of the members who asked or took these questions."""
    rows = list(found)
    ids = {one.raised_by for one in rows}
    ids |= {who for one in rows for who in (one.taken_by, one.wanted_by, one.call_by) if who is not None}
    return staff.member_names(ids)
