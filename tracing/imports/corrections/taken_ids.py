"""Decide lines whose result id was taken in before: what was taken in beside them, and what a person says of both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import func, select

from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.imports.corrections import queries
from tracing.imports.corrections.services import CORRECTABLE, Corrected, tell
from tracing.imports.errors import NoLongerToCorrect
from tracing.imports.format.columns import RawLine
from tracing.imports.format.faults import Problem
from tracing.imports.format.line import parse
from tracing.imports.format.own_fields import person_in
from tracing.imports.format.reading import Reading
from tracing.imports.loading import services, updates
from tracing.imports.loading.context import LoadContext
from tracing.imports.lots import events as lot_events
from tracing.imports.lots import queries as lot_queries
from tracing.imports.lots import services as lots
from tracing.imports.models import ImportLine, ImportLot
from tracing.imports.rules import TAKEN_IN, Outcome, Said
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.people import services as people_services
from tracing.people.merging import Likeness, Part, compare
from tracing.people.models import KeyKind
from tracing.people.names import normal_form
from tracing.people.rules import (
    Identity,
    given_birth_key,
    nir_counts,
    nirs_contradict,
    possible_duplicate,
    same_person,
)
from tracing.programmes.rules import age_on
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.queue.rules import AGED_FROM, Factor
from tracing.staff.scope import Scope

BY_ID = (Problem.ID_TAKEN.value, Problem.CONTRADICTION.value)


class WhatItIs(StrEnum):
    """What a person says of a line whose result id was taken in before."""

    SAME = "same"
    """The same person: the line corrects them."""
    ANOTHER = "another"
    """Another patient: the line is decided without its id."""
    WITHDRAWS = "withdraws"
    """The same lot says both, and the result is withdrawn."""
    REUSED = "reused"
    """The laboratory uses its ids again: its lines go by their fingerprints from now on."""


@dataclass(frozen=True, repr=False)
class TakenIn:
    """What was taken in before under the id of a line."""

    case: Case
    line: ImportLine
    identity: Identity | None
    """None: destroyed, or outside the scope of who asks."""
    likeness: dict[Part, Likeness]


def offers(line: ImportLine) -> tuple[WhatItIs, ...]:
    """Return what can be said of a line: nothing while its own fields must be corrected first."""
    if not queries.is_to_correct(line):
        return ()
    if line.reasons == [Problem.ID_TAKEN.value]:
        return WhatItIs.SAME, WhatItIs.ANOTHER, WhatItIs.REUSED
    if line.reasons == [Problem.CONTRADICTION.value]:
        return WhatItIs.WITHDRAWS, WhatItIs.REUSED
    return ()


def taken_in(line: ImportLine, scope: Scope) -> list[TakenIn]:
    """Return what was taken in under the id of a line that waits for it, a case each, the latest first."""
    if line.source_result_id is None or not set(BY_ID) & set(line.reasons):
        return []
    rows = session.scalars(
        select(ImportLine)
        .where(
            ImportLine.source_code == line.source_code,
            ImportLine.source_result_id == line.source_result_id,
            ImportLine.case_id.is_not(None),
            ImportLine.outcome.in_(TAKEN_IN),
            ImportLine.is_current,
            ImportLine.id != line.id,
        )
        .order_by(ImportLine.id.desc())
    )
    newest: dict[int, ImportLine] = {}
    for row in rows:
        newest.setdefault(row.case_id or 0, row)
    fields = lot_queries.fields_of(line)
    named = person_in(fields) if fields else None
    return [_beside(one, named, scope) for one in newest.values()]


def _beside(one: ImportLine, named: Identity | None, scope: Scope) -> TakenIn:
    case = cases.get_case(one.case_id or 0)
    owner = session.get_one(ImportLot, one.lot_id).owner_site_id
    known = people.find_joint_identity(case.person_id) if scope.covers(owner) else None
    likeness = compare(known, named) if known is not None and named is not None else {}
    return TakenIn(case, one, known, likeness)


def shown(found: Iterable[TakenIn]) -> list[str]:
    """Return the records that the access log must name when this is shown."""
    return people.records_shown(one.case.person_id for one in found if one.identity is not None)


def decide(
    lot: ImportLot,
    row: int,
    what: WhatItIs,
    case_id: int | None,
    *,
    reading: Reading,
    taking: LoadContext,
    by: int,
    at: datetime,
) -> Outcome:
    """Load a line as a person has said what it is, in the transaction of the caller, who holds the lock for lots.

    Raises:
        NoLongerToCorrect: somebody was faster, or it is not a line of which this can be said.
    """
    lots.get_locked(lot.id, *CORRECTABLE)
    line = queries.get_line(lot.id, row, lock=True)
    values = queries.values_of(line)
    if what not in offers(line) or values is None:
        raise NoLongerToCorrect
    known = {one.case_id for one in _current(line)}
    if what in (WhatItIs.SAME, WhatItIs.WITHDRAWS) and case_id not in known:
        raise NoLongerToCorrect
    parsed = parse(RawLine(row, values), reading)
    if what is WhatItIs.SAME and case_id is not None and parsed.identity is not None:
        _correct_person(case_id, parsed.identity, line, taking=taking, by=by, at=at)
    said = Said(None if what is WhatItIs.ANOTHER else case_id, withdraws=what is WhatItIs.WITHDRAWS)
    revisions = {row: (line.revision + 1, line.id)}
    lot_events.record_line("line.compared", line, lot.owner_site_id, by=by, at=at, said=what.value)
    services.load_lines([parsed], taking, at=at, revisions=revisions, said={row: said})
    found = Corrected()
    tell(lot, revisions, found, by=by, at=at)
    return found.taken.get(row, Outcome.QUARANTINED)


def _current(line: ImportLine) -> Sequence[ImportLine]:
    return session.scalars(
        select(ImportLine).where(
            ImportLine.source_code == line.source_code,
            ImportLine.source_result_id == line.source_result_id,
            ImportLine.case_id.is_not(None),
        )
    ).all()


def _correct_person(
    case_id: int, newer: Identity, line: ImportLine, *, taking: LoadContext, by: int, at: datetime
) -> None:
    """Let a person be named as a line of theirs names them now; what changes is recorded without who they are."""
    case = cases.get_case(case_id)
    open_calls = (CallTask.case_id == case_id) & (CallTask.state == TaskState.OPEN)
    tasks = queue_queries.lock_tasks(open_calls)  # households before people, as every call does
    records = people.records_of_same_person(case.person_id)
    locked = {person.id: (person, known) for person, known in people.locked(sorted(records))}
    if case.person_id not in locked:
        return  # destroyed: nothing is left to correct
    theirs = locked[case.person_id][1]
    wrong = [
        (person, _named_as(known, newer))
        for person, known in locked.values()
        if person.id == records[0] or _core(known) == _core(theirs)
    ]
    changed = sorted({part for person, to in wrong for part in _changed(locked[person.id][1], to)})
    people_services.revise_all(wrong, cohort=date.min)
    events.record(
        "person.corrected",
        by=by,
        at=at,
        subject=("person", case.person_id),
        site_id=case.site_id,
        changed=changed,
        lot=line.lot_id,
        row=line.row_number,
    )
    if newer.birth_date is not None:
        aged = age_on(newer.birth_date, taking.cohort) >= AGED_FROM
        for task in tasks:
            if task.kind is TaskKind.CASE_FIRST:
                factors = Factor(task.factors) & ~Factor.AGED
                queue.set_factors(task, factors | Factor.AGED if aged else factors, at=at)
    _ask_about_namesakes(case.person_id, records, at=at)


def _named_as(known: Identity, newer: Identity) -> Identity:
    """Return a known identity with the name, the birth date, the sex and the NIR of a newer record."""
    named = replace(
        known,
        birth_name=newer.birth_name,
        first_names=newer.first_names,
        birth_date=newer.birth_date,
        sex=newer.sex or known.sex,
    )
    keeps = newer.nir is None or (nir_counts(named) and not nirs_contradict(named, newer))
    return named if keeps else replace(named, nir=newer.nir)


def _core(identity: Identity) -> tuple[str, str, date | None]:
    return normal_form(identity.birth_name), normal_form(identity.first_names), identity.birth_date


def _changed(known: Identity, newer: Identity) -> list[str]:
    return [
        part
        for part in ("birth_name", "first_names", "birth_date", "sex", "nir")
        if getattr(known, part) != getattr(newer, part)
    ]


def _ask_about_namesakes(person_id: int, records: Sequence[int], *, at: datetime) -> None:
    """Let a person compare somebody who turns out to be somebody known, now that the name is right."""
    identity = people.find_identity(person_id)
    if identity is None or identity.birth_date is None:
        return
    is_invented = people.get_person(person_id).is_invented
    namesakes = people.find_by_key(KeyKind.GIVEN_BIRTH, given_birth_key(identity), is_invented=is_invented)
    known = people.identities(one.id for one in namesakes if one.id not in records)
    alike = [
        other
        for other, theirs in known.items()
        if same_person(identity, theirs) or possible_duplicate(identity, theirs)
    ]
    updates.add_possible_duplicates([(person_id, other) for other in sorted(alike)], at=at)


def waiting_for_ids(source_code: str, *, after_id: int, limit: int) -> Sequence[ImportLine]:
    """Return the lines of a source that wait because of their ids, oldest first."""
    return session.scalars(
        select(ImportLine)
        .join(ImportLot, ImportLot.id == ImportLine.lot_id)
        .where(
            queries.WAITS,
            ImportLine.source_code == source_code,
            ImportLine.reasons[0].astext.in_(BY_ID),
            ImportLine.id > after_id,
            ImportLot.state.in_(CORRECTABLE),
        )
        .order_by(ImportLine.id)
        .limit(limit)
    ).all()


def count_waiting_for_ids(source_code: str) -> int:
    """Return how many lines of a source wait because of their ids."""
    counted = select(func.count()).select_from(ImportLine)
    return (
        session.scalar(
            counted.where(
                queries.WAITS,
                ImportLine.source_code == source_code,
                ImportLine.reasons[0].astext.in_(BY_ID),
            )
        )
        or 0
    )


def decide_again(
    lot: ImportLot, rows: Iterable[int], *, reading: Reading, taking: LoadContext, by: int, at: datetime
) -> None:
    """Load lines of a lot again that wait for their ids, now that those are no longer trusted."""
    lots.get_locked(lot.id, *CORRECTABLE)
    waiting = queries.to_correct(lot.id, rows, lock=True)
    parsed, revisions = [], {}
    for row, line in waiting.items():
        values = queries.values_of(line)
        if values is not None:
            parsed.append(parse(RawLine(row, values), reading))
            revisions[row] = (line.revision + 1, line.id)
    if parsed:
        services.load_lines(parsed, taking, at=at, revisions=revisions)
        tell(lot, revisions, Corrected(), by=by, at=at)
