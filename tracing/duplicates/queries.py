"""Read possible duplicates inside a scope: the next open pair, decided pairs, and the data behind each record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.contacts.models import Contact, ContactStatus
from tracing.duplicates.errors import NoSuchPair
from tracing.kernel.db import fresh, session
from tracing.kernel.paging import PAGE_SIZE, Page
from tracing.people import queries as people
from tracing.people.merging import Record
from tracing.people.models import PairState, Person, PossibleDuplicate
from tracing.people.rules import Identity
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.staff.scope import Scope

MOST_COUNTED = 100
"""The number in the navigation stops here, so that no page has to count further."""


@dataclass(frozen=True)
class Episode:
    """A case of one record, and the progress of its work."""

    reference: str
    programme: str
    sampled_at: datetime
    status: CaseStatus
    outcome: CaseOutcome | None
    contacts: int
    """Number of contacts they named, without removed ones."""
    call: TaskState | None
    """State of their first call; None if none was requested."""
    is_covered: bool
    """Whether the call of another record informs them."""


@dataclass(frozen=True)
class Meeting:
    """A mention of this person as a contact; by whom is not shown."""

    last_contact_on: date
    named_at: datetime
    status: ContactStatus


@dataclass(frozen=True, repr=False)
class Side:
    """One of the two people of a pair, with the cases and meetings of all their records."""

    person_id: int
    identity: Identity | None
    """The joint identity of all their records; None once destroyed."""
    spellings: tuple[Identity, ...]
    """The identities in the records merged into the leading one."""
    since: datetime
    episodes: tuple[Episode, ...]
    meetings: tuple[Meeting, ...]


@dataclass(frozen=True)
class Decided:
    """A decided pair, without the names."""

    pair: PossibleDuplicate
    references: tuple[str, ...]


def _inside(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a pair's newer person has a case inside a scope: the site that loaded them compares."""
    # OFFSET keeps the subquery apart: else PostgreSQL joins pairs and cases, and reads all cases for one page of pairs
    held = select(Case.id).where(Case.person_id == PossibleDuplicate.person_id, scope.holds(Case.site_id))
    return held.correlate(PossibleDuplicate).offset(0).exists()


def _inside_or_named(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a pair's newer person has a case inside a scope, or was named by one."""
    named = (
        select(Contact.id)
        .join(Case, Case.id == Contact.case_id)
        .where(Contact.person_id == PossibleDuplicate.person_id, scope.holds(Case.site_id))
    )
    return or_(_inside(scope), named.correlate(PossibleDuplicate).offset(0).exists())


def _open(scope: Scope) -> Select[PossibleDuplicate]:
    """Select the open pairs: both identities can be read, and no other answer made them one person."""
    one, other = aliased(Person), aliased(Person)
    return (
        select(PossibleDuplicate)
        .join(one, one.id == PossibleDuplicate.person_id)
        .join(other, other.id == PossibleDuplicate.other_id)
        .where(
            PossibleDuplicate.state == PairState.OPEN,
            _inside(scope),
            func.coalesce(one.same_as, one.id) != func.coalesce(other.same_as, other.id),
            one.sealed.is_not(None),
            other.sealed.is_not(None),
        )
    )


def next_pair(scope: Scope) -> PossibleDuplicate | None:
    """Return the next pair to decide; postponed ones come last, in the order in which they were postponed."""
    chosen = _open(scope).order_by(PossibleDuplicate.postponed_at.asc().nulls_first(), PossibleDuplicate.id)
    return session.scalar(chosen.limit(1))


def open_count(scope: Scope) -> int:
    """Count the pairs to be decided, up to `MOST_COUNTED`."""
    chosen = _open(scope).with_only_columns(PossibleDuplicate.id).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(chosen)) or 0


def get_pair(pair_id: int, scope: Scope, *, lock: bool = False) -> PossibleDuplicate:
    """Return a pair inside a scope."""
    chosen = select(PossibleDuplicate).where(PossibleDuplicate.id == pair_id, _inside_or_named(scope))
    if lock:
        chosen = fresh(chosen.with_for_update(of=PossibleDuplicate))
    pair = session.scalar(chosen)
    if pair is None:
        raise NoSuchPair
    return pair


def decided(scope: Scope, *, before_id: int | None = None) -> Page[Decided]:
    """Return a page of the decided pairs inside a scope, latest first."""
    order = tuple_(PossibleDuplicate.decided_at, PossibleDuplicate.id)
    chosen = select(PossibleDuplicate).where(
        PossibleDuplicate.state != PairState.OPEN, _inside_or_named(scope)
    )
    if before_id is not None:
        after = select(PossibleDuplicate.decided_at, PossibleDuplicate.id)
        chosen = chosen.where(order < after.where(PossibleDuplicate.id == before_id).scalar_subquery())
    found = session.scalars(
        chosen.order_by(PossibleDuplicate.decided_at.desc(), PossibleDuplicate.id.desc()).limit(PAGE_SIZE + 1)
    ).all()
    page = found[:PAGE_SIZE]
    references = _references(page)
    return Page(
        [Decided(pair, references[pair.id]) for pair in page],
        page[-1].id if len(found) > PAGE_SIZE else None,
    )


def references_of(pair: PossibleDuplicate) -> tuple[str, ...]:
    """Return the reference of each record's newest case, to name a pair without a person's name."""
    return _references([pair])[pair.id]


def _references(pairs: Sequence[PossibleDuplicate]) -> dict[int, tuple[str, ...]]:
    ids = {person_id for pair in pairs for person_id in (pair.person_id, pair.other_id)}
    rows = session.execute(
        select(Case.person_id, Case.reference).where(Case.person_id.in_(ids)).order_by(Case.id)
    )
    newest: dict[int, str] = {row.person_id: row.reference for row in rows}
    return {
        pair.id: tuple(newest[one] for one in (pair.person_id, pair.other_id) if one in newest)
        for pair in pairs
    }


def side_of(person_id: int) -> Side:
    """Return one of the two people of a pair."""
    records = people.records_of_same_person(person_id)
    own = people.identities(records)
    since = session.execute(select(func.min(Person.created_at)).where(Person.id.in_(records))).scalar_one()
    return Side(
        person_id=person_id,
        identity=people.find_joint_identity(person_id),
        spellings=tuple(own[one] for one in records[1:] if one in own),
        since=since,
        episodes=_episodes(records),
        meetings=_meetings(records),
    )


def _episodes(person_ids: Sequence[int]) -> tuple[Episode, ...]:
    cases = session.scalars(
        select(Case).where(Case.person_id.in_(person_ids)).order_by(Case.first_sampled_at.desc(), Case.id)
    ).all()
    contacts = _contacts_of(case.id for case in cases)
    calls = _first_calls(case.id for case in cases)
    return tuple(
        Episode(
            reference=case.reference,
            programme=case.programme,
            sampled_at=case.first_sampled_at,
            status=case.status,
            outcome=case.outcome,
            contacts=contacts.get(case.id, 0),
            call=calls[case.id].state if case.id in calls else None,
            is_covered=case.id in calls and calls[case.id].covered_by is not None,
        )
        for case in cases
    )


def _contacts_of(case_ids: Iterable[int]) -> Mapping[int, int]:
    return _counted(
        select(Contact.case_id, func.count())
        .where(Contact.case_id.in_(set(case_ids)), Contact.status != ContactStatus.REMOVED)
        .group_by(Contact.case_id)
    )


def _first_calls(case_ids: Iterable[int]) -> Mapping[int, CallTask]:
    tasks = session.scalars(
        select(CallTask)
        .where(CallTask.case_id.in_(set(case_ids)), CallTask.kind == TaskKind.CASE_FIRST)
        .order_by(CallTask.id)
    )
    return {task.case_id: task for task in tasks}


def _meetings(person_ids: Sequence[int]) -> tuple[Meeting, ...]:
    rows = session.execute(
        select(Contact.last_contact_on, Contact.named_at, Contact.status)
        .where(Contact.person_id.in_(person_ids), Contact.status != ContactStatus.REMOVED)
        .order_by(Contact.id.desc())
        .limit(10)
    )
    return tuple(Meeting(*row) for row in rows)


def records_of(person_ids: Iterable[int]) -> list[Record]:
    """Return what determines which of these records would lead, if they were one person."""
    ids = set(person_ids)
    rows = session.execute(select(Person.id, Person.sealed, Person.created_at).where(Person.id.in_(ids)))
    opened = select(Case.person_id, func.count()).where(Case.person_id.in_(ids)).group_by(Case.person_id)
    named = (
        select(Contact.person_id, func.count())
        .where(Contact.person_id.in_(ids), Contact.status != ContactStatus.REMOVED)
        .group_by(Contact.person_id)
    )
    cases, contacts = _counted(opened), _counted(named)
    return [
        Record(
            person_id=row.id,
            is_readable=row.sealed is not None,
            cases=cases.get(row.id, 0),
            contacts=contacts.get(row.id, 0),
            since=row.created_at,
        )
        for row in rows
    ]


def _counted(chosen: Select[int, int]) -> Mapping[int, int]:
    return {row[0]: row[1] for row in session.execute(chosen)}


def answers_about(person_ids: Iterable[int], state: PairState) -> list[tuple[int, int]]:
    """Return the pairs among some people whose answer is `state`."""
    ids = set(person_ids)
    rows = session.execute(
        select(PossibleDuplicate.person_id, PossibleDuplicate.other_id).where(
            PossibleDuplicate.state == state,
            or_(PossibleDuplicate.person_id.in_(ids), PossibleDuplicate.other_id.in_(ids)),
        )
    )
    return [(row[0], row[1]) for row in rows if row[0] in ids and row[1] in ids]


def sites_of(pair: PossibleDuplicate) -> list[int]:
    """Return the sites at which the two people of a pair have cases: their auditors see the decision."""
    people_of = (pair.person_id, pair.other_id)
    chosen = select(Case.site_id).where(Case.person_id.in_(people_of)).distinct()
    return list(session.scalars(chosen.order_by(Case.site_id)))
