"""Decide a possible duplicate (same person, different, postponed), and take a decision back.

The answers are stored in the pairs. Merge pointers, covered calls and joined households are all derived from them, so
that taking an answer back leaves no trace of it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert

from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Call
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.consequences import services as consequences
from tracing.contacts import contact_to_case
from tracing.contacts.case_closing import close_when_done
from tracing.duplicates import queries as pair_queries
from tracing.duplicates import rules as pair_rules
from tracing.duplicates.errors import REFUSALS, AlreadyDecided, NotAlike, NotDecided, OnTheLine, SaidSame
from tracing.duplicates.rules import FirstCall
from tracing.facts.rules import SubjectType
from tracing.kernel import clock, events
from tracing.kernel.db import fresh, session
from tracing.people import merging
from tracing.people import queries as people
from tracing.people.merging import Question, Verdict
from tracing.people.models import PairState, Person, PossibleDuplicate
from tracing.people.rules import Identity, may_be_one, nirs_contradict
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.households import services as households
from tracing.queue.households import superseding
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskKind, TaskState
from tracing.sickleave import queries as notes
from tracing.staff.agent import Agent
from tracing.staff.scope import scope_of

NAMED_ALIKE = "named_alike"
"""Why two contacts are compared: two people who are ill named them alike, with the same number."""
ONE_AT_A_TIME = 0x70616972
"""Number of the advisory lock under which people are merged and separated, one pair at a time."""


def merge(pair_id: int, *, is_sure: bool = False, by: Agent, at: datetime) -> PossibleDuplicate:
    """Merge two records into one person. No row is moved: the records point to the leading one.

    Raises:
        AlreadyDecided: another person decided first.
        NirsDiffer: each has a NIR of their own and the two differ; confirm with `is_sure`.
        OnTheLine: two tracers are on the telephone with them now.
        TwoWorlds, Erased, SaidDifferent: the merge is not possible.
    """
    pair = _open_pair(pair_id, PairState.SAME, by=by)
    if pair.state is PairState.SAME:
        return pair
    ours, theirs = people.records_of_same_person(pair.person_id), people.records_of_same_person(pair.other_id)
    met = _lock({*ours, *theirs})
    verdict = merging.judge(_question(ours, theirs, met, is_sure=is_sure))
    if verdict in REFUSALS:
        raise REFUSALS[verdict]
    _answer(pair, PairState.SAME, by=by, at=at)
    if verdict is Verdict.MERGE:
        _follow({*ours, *theirs}, zone=by.site.time_zone, by=by.member_id, at=at)
    lead = people.leading_records([pair.person_id])[pair.person_id]
    _record("pair.same", pair, by=by, at=at, lead=lead)
    return pair


def same_in_call(call: Call, task_ids: tuple[int, int], *, by: Agent, at: datetime) -> None:
    """Merge two contacts of a household who are one, as they say on the telephone: one conversation, one measure.

    Call `calls.services.lock_for_write` first. A second time changes nothing; the decision can be taken back.

    Raises:
        NoSuchCall: one of them is not called in this call.
        NotAlike: they are not both contacts with the same given name and number, or are told apart.
        OnTheLine, TwoWorlds, Erased, SaidDifferent: the merge is not possible.
    """
    entry = queue_queries.get_entry(call.entry_id)
    tasks = [task for one in task_ids if (task := session.get(CallTask, one)) is not None]
    if len(tasks) < len(task_ids) or any(task.household_id != entry.household_id for task in tasks):
        raise NoSuchCall
    newer, known = sorted((task.person_id for task in tasks), reverse=True)
    if known in people.records_of_same_person(newer):
        return
    identities = people.joint_identities([known, newer])
    if (
        any(task.contact_id is None for task in tasks)
        or len(identities) < len(tasks)
        or not may_be_one(identities[known], identities[newer])
    ):
        raise NotAlike
    session.execute(
        insert(PossibleDuplicate)
        .values(person_id=newer, other_id=known, reason=NAMED_ALIKE, state=PairState.OPEN, found_at=at)
        .on_conflict_do_nothing()
    )
    pair = session.scalars(
        select(PossibleDuplicate.id).where(
            PossibleDuplicate.person_id.in_([known, newer]), PossibleDuplicate.other_id.in_([known, newer])
        )
    ).first()
    if pair is None:
        raise NotAlike
    merge(pair, by=by, at=at)


def keep_apart(pair_id: int, *, by: Agent, at: datetime) -> PossibleDuplicate:
    """Decide that two records are two people; the pair is not asked about again.

    Raises:
        AlreadyDecided: another person decided first.
        SaidSame: other answers made one person of them.
    """
    pair = _open_pair(pair_id, PairState.DIFFERENT, by=by)
    if pair.state is PairState.DIFFERENT:
        return pair
    if pair.other_id in people.records_of_same_person(pair.person_id):
        raise SaidSame
    _answer(pair, PairState.DIFFERENT, by=by, at=at)
    _record("pair.different", pair, by=by, at=at)
    return pair


def postpone(pair_id: int, *, by: Agent, at: datetime) -> PossibleDuplicate:
    """Postpone a pair behind all others.

    Raises:
        AlreadyDecided: another person decided meanwhile.
    """
    pair = _open_pair(pair_id, PairState.OPEN, by=by)
    pair.postponed_at = at
    session.flush()
    _record("pair.postponed", pair, by=by, at=at)
    return pair


def take_back(pair_id: int, *, by: Agent, at: datetime) -> PossibleDuplicate:
    """Take a decision back: the pair is open again, and everything derived from the decision is reverted.

    Raises:
        NotDecided: there is no decision to take back.
        OnTheLine: a tracer is on the telephone with the person now.
    """
    _one_at_a_time()
    pair = pair_queries.get_pair(pair_id, scope_of(by), lock=True)
    before = pair.state
    if before is PairState.OPEN:
        raise NotDecided
    joined = {*people.records_of_same_person(pair.person_id), *people.records_of_same_person(pair.other_id)}
    if before is PairState.SAME and any(entry.claimant_id is not None for entry in _lock(joined).values()):
        raise OnTheLine
    pair.state, pair.decided_by, pair.decided_at, pair.postponed_at = PairState.OPEN, None, None, None
    session.flush()
    if before is PairState.SAME:
        _follow(joined, zone=by.site.time_zone, by=by.member_id, at=at)
    _record("pair.taken_back", pair, by=by, at=at, was=before.value)
    return pair


def _open_pair(pair_id: int, wanted: PairState, *, by: Agent) -> PossibleDuplicate:
    """Return an open pair; or a decided one, if the same member repeats the same decision (a second click)."""
    _one_at_a_time()
    pair = pair_queries.get_pair(pair_id, scope_of(by), lock=True)
    if pair.state is not PairState.OPEN and (pair.state, pair.decided_by) != (wanted, by.member_id):
        raise AlreadyDecided
    return pair


def _one_at_a_time() -> None:
    session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))


def _answer(pair: PossibleDuplicate, state: PairState, *, by: Agent, at: datetime) -> None:
    pair.state, pair.decided_by, pair.decided_at = state, by.member_id, at
    session.flush()


def _record(kind: str, pair: PossibleDuplicate, *, by: Agent, at: datetime, **detail: object) -> None:
    # undoing a lot may have deleted the last case of both: then the event belongs to the deciding member's site
    for site_id in pair_queries.sites_of(pair) or [by.site.id]:
        events.record(
            kind,
            by=by.member_id,
            at=at,
            subject=("pair", pair.id),
            site_id=site_id,
            people=[pair.person_id, pair.other_id],
            **detail,
        )


def _lock(person_ids: Iterable[int]) -> dict[int, QueueEntry]:
    """Lock the households of some people, then the people, as every call does; returns the entries by household."""
    ids = sorted(person_ids)
    chosen = select(Person.household_id).where(Person.id.in_(ids), Person.household_id.is_not(None))
    homes = sorted({home for home in session.scalars(chosen) if home is not None})
    entries = {home: queue_queries.find_entry_of(home, lock=True) for home in homes}
    session.scalars(
        fresh(select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update())
    ).all()
    return {home: entry for home, entry in entries.items() if entry is not None}


def _question(
    ours: Sequence[int], theirs: Sequence[int], entries: dict[int, QueueEntry], *, is_sure: bool
) -> Question:
    first, second = people.find_joint_identity(ours[0]), people.find_joint_identity(theirs[0])
    here, there = set(ours), set(theirs)
    refused = pair_queries.answers_about(here | there, PairState.DIFFERENT)
    return Question(
        already_same=ours[0] == theirs[0],
        same_world=people.get_person(ours[0]).is_invented == people.get_person(theirs[0]).is_invented,
        is_readable=first is not None and second is not None,
        said_different=any((one in here) != (other in here) for one, other in refused),
        callers=(_caller(ours, entries), _caller(theirs, entries)),
        nirs_contradict=_contradict(first, second),
        is_sure=is_sure,
    )


def _contradict(one: Identity | None, other: Identity | None) -> bool:
    return one is not None and other is not None and nirs_contradict(one, other)


def _caller(person_ids: Sequence[int], entries: dict[int, QueueEntry]) -> int | None:
    """Return the tracer who is on the telephone with one of these records now, or None."""
    homes = {people.get_person(person_id).household_id for person_id in person_ids}
    claimants = (entries[home].claimant_id for home in homes if home is not None and home in entries)
    return next((claimant for claimant in claimants if claimant is not None), None)


def _follow(person_ids: Collection[int], *, zone: ZoneInfo, by: int, at: datetime) -> None:
    """Derive pointers, calls and households of some people from the answers about them."""
    answers = pair_queries.answers_about(person_ids, PairState.SAME)
    families = merging.families(person_ids, answers)
    for family in families:
        _point(family)
    turned = contact_to_case.follow_records(person_ids, zone=zone, by=by, at=at)
    for family in families:
        _settle_calls(family, zone=zone, by=by, at=at)
    consequences.follow({(SubjectType.CONTACT, contact_id) for contact_id in turned}, by=by, at=at)
    homes = {people.get_person(person_id).household_id for person_id in person_ids}
    for home in sorted(home for home in homes if home is not None):
        households.settle(home, at=at)
    for person_id in sorted(person_ids):
        _find_a_home(person_id, at=at)


def _point(family: Collection[int]) -> None:
    lead = merging.leading(pair_queries.records_of(family))
    for person_id in family:
        people.get_person(person_id).same_as = None if person_id == lead else lead
    session.flush()


def _find_a_home(person_id: int, *, at: datetime) -> None:
    """Give a household to a person who had no number until now and is to be called."""
    person = people.get_person(person_id)
    session.refresh(person)
    if person.household_id is None and any(
        task.person_id == person_id and task.state is TaskState.OPEN
        for task in queue_queries.tasks_of_person(person_id)
    ):
        households.settle_person(person_id, at=at)


def _settle_calls(family: Collection[int], *, zone: ZoneInfo, by: int, at: datetime) -> None:
    """Have one person called only once about one episode, in whichever household they can be reached."""
    tasks = session.scalars(
        select(CallTask).where(CallTask.person_id.in_(family)).order_by(CallTask.id)
    ).all()
    tellers = pair_rules.covered(_first_calls(family, zone=zone))
    for task in tasks:
        if task.covered_by is not None and tellers.get(task.id) != task.covered_by:
            superseding.reopen_superseded(task, by=by, at=at)
    for task in tasks:
        teller = tellers.get(task.id)
        if teller is not None and task.covered_by is None:
            superseding.supersede_task(task, queue_queries.get_task(teller), by=by, at=at)
            close_when_done(task.case_id, by=by, at=at)
    one = next(iter(family))
    # what binds one record binds them all, and what bound another record only no longer does
    consequences.follow({(SubjectType.PERSON, person_id) for person_id in family}, by=by, at=at)
    # of two who are one, notes may cover the same days: they are listed, and listed no more once separated
    consequences.follow(
        {(SubjectType.CASE, queue_queries.get_task(task).case_id) for task in notes.tasks_with_notes(family)},
        by=by,
        at=at,
    )
    _follow_numbers(tasks, has_number=people.has_number(one), by=by, at=at)


def _first_calls(family: Collection[int], *, zone: ZoneInfo) -> list[FirstCall]:
    rows = session.execute(
        select(CallTask, Case.programme, Case.first_sampled_at, QueueEntry.state)
        .join(Case, Case.id == CallTask.case_id)
        .outerjoin(QueueEntry, QueueEntry.household_id == CallTask.household_id)
        .where(
            CallTask.person_id.in_(family),
            CallTask.kind == TaskKind.CASE_FIRST,
            # the call of a withdrawn case informs nobody
            Case.status != CaseStatus.WITHDRAWN,
            or_(Case.outcome.is_(None), Case.outcome != CaseOutcome.NOT_A_CASE),
        )
    )
    return [
        FirstCall(
            task_id=task.id,
            programme=programme,
            sampled_on=clock.local_day(sampled_at, zone),
            state=task.state,
            is_begun=task.script_version is not None,
            is_on_line=state is EntryState.CLAIMED and task.state is TaskState.OPEN,
            is_covered=task.covered_by is not None,
        )
        for task, programme, sampled_at, state in rows
    ]


def _follow_numbers(tasks: Sequence[CallTask], *, has_number: bool, by: int, at: datetime) -> None:
    """Reopen tasks if another record has a number; close open ones if the only number was the other record's."""
    for task in tasks:
        if has_number and task.state is TaskState.NO_NUMBER and _stands(task):
            queue.reopen_task(task, due_at=task.due_at, by=by, at=at)
        elif not has_number and task.state is TaskState.OPEN:
            queue.close_task(task, TaskState.NO_NUMBER, by=by, at=at)


def _stands(task: CallTask) -> bool:
    return session.get_one(Case, task.case_id).status is CaseStatus.OPEN
