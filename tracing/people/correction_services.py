"""Correct who a person is: as facts with whose word they are, in each of their records; and keep the records so."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tracing.facts import queries as fact_queries
from tracing.facts.rules import (
    KINDS,
    OF_IDENTITY,
    FactKind,
    FactSource,
    NewFact,
    SubjectType,
    in_force,
    retraction,
    standing,
)
from tracing.kernel.db import fresh, session
from tracing.people import queries, services
from tracing.people.correction_rules import Correction, as_said, changed, stated
from tracing.people.errors import MayBeBarred
from tracing.people.models import KeyKind, Person, PossibleDuplicate
from tracing.people.rules import Identity, given_birth_keys, possible_duplicate, same_person


def facts_of(
    person_id: int,
    correction: Correction,
    *,
    source: FactSource,
    sent_by: FactSource,
    call_id: int | None = None,
    is_other: bool = False,
) -> list[NewFact]:
    """Return the facts by which somebody is corrected, to be recorded; none if everything is as it was.

    Before the first of a kind stands what was known until now, as the word of `sent_by`. They are sealed under the day
    of each record: a correction is no collection. `is_other`: whoever is like them and may not be called is somebody
    else.

    Raises:
        MayBeBarred: it may be somebody who died, or asked never to be called.
    """
    found: list[NewFact] = []
    records = locked_records(person_id)
    said = fact_queries.identities_said([one.id for one, _identity in records])
    for person, identity in records:
        corrected = correction.of(identity)
        counting = in_force([one for one, _values in said.get(person.id, ())])
        # who knows better may say the same: it stays if the weaker word is taken back
        confirms = {
            kind
            for kind in correction.kinds & counting.keys()
            if KINDS[kind].authority[counting[kind].source] < KINDS[kind].authority[source]
        }
        kinds = [kind for kind in OF_IDENTITY if kind in {*changed(identity, corrected), *confirms}]
        if kinds:
            refuse_if_barred(person, corrected, is_other=is_other)
        for kind in kinds:
            subject = (SubjectType.PERSON, person.id)
            words = [(corrected, source, call_id)]
            if all(one.kind is not kind for one, _values in said.get(person.id, ())):
                words.insert(0, (identity, sent_by, None))
            found += [
                NewFact(
                    subject=subject,
                    kind=kind,
                    value=True,
                    source=whose,
                    cohort=person.cohort,
                    call_id=call,
                    identity=stated(who, kind),
                )
                for who, whose, call in words
            ]
    return found


def who_sent(contact_id: int | None) -> FactSource:
    """Return whose word it is who somebody is until they are corrected: of a contact, that of the case who named them."""
    return FactSource.LABORATORY if contact_id is None else FactSource.CASE


def changes_in(person_id: int, form: Correction) -> Correction:
    """Return what a form that shows everything known corrects: what was left as it was says nothing."""
    known = queries.find_joint_identity(person_id)
    return form if known is None else form.only(changed(known, form.of(known)))


def facts_that_take_back(person_id: int, *, call_id: int | None, source: FactSource) -> list[NewFact]:
    """Return the facts that take the corrections of one call back; without one, every correction."""
    records = {one.id: one for one, _identity in locked_records(person_id)}
    said = fact_queries.identities_said(list(records))
    found = []
    for record, theirs in said.items():
        stands = standing([one for one, _values in theirs])
        first = {one.kind: one.fact_id for one in sorted(stands, key=lambda one: one.fact_id, reverse=True)}
        found += [
            retraction(one, (SubjectType.PERSON, record), source=source, cohort=records[record].cohort)
            for one in stands
            if one.fact_id != first[one.kind] and (call_id is None or one.call_id == call_id)
        ]
    return found


def corrected_in(person_id: int, call_id: int) -> list[FactKind]:
    """Return what was corrected of a person in a call and stands."""
    kinds = corrected_by_call(person_id).get(call_id, ())
    return [kind for kind in OF_IDENTITY if kind in kinds]


def corrected_by_call(person_id: int) -> Mapping[int, set[FactKind]]:
    """Return what was corrected of a person and stands, by call."""
    said = fact_queries.identities_said(queries.records_of_same_person(person_id))
    kinds: dict[int, set[FactKind]] = {}
    for theirs in said.values():
        for one in standing([fact for fact, _values in theirs]):
            if one.call_id is not None:
                kinds.setdefault(one.call_id, set()).add(one.kind)
    return kinds


def follow(person_id: int, *, at: datetime) -> dict[int, tuple[Identity, Identity]]:
    """Bring the records of a person in line with what counts of what was said of them.

    Returns, by record, who they were and are, for those that changed; a second time there are none.
    """
    records = queries.records_of_same_person(person_id)
    said = fact_queries.identities_said(records)
    if not said:
        return {}
    found = {}
    for person, identity in locked_records(person_id):
        now = as_said(identity, said.get(person.id, ()))
        if now == identity and now.stood == identity.stood:
            continue
        services.revise(person, now)
        if now == identity:
            continue
        found[person.id] = (identity, now)
        _compare(person, now, at=at)
    return found


def _compare(person: Person, identity: Identity, *, at: datetime) -> None:
    """Have a human compare a corrected person with everybody whom they are like now."""
    if identity.birth_date is None:
        return
    own = queries.records_of_same_person(person.id)
    namesakes = _namesakes(identity, is_invented=person.is_invented)
    alike = [
        {
            "person_id": max(person.id, one),
            "other_id": min(person.id, one),
            "reason": RESEMBLES,
            "found_at": at,
        }
        for one, theirs in sorted(namesakes.items())
        if one not in own and (same_person(identity, theirs) or possible_duplicate(identity, theirs))
    ]
    if alike:
        session.execute(insert(PossibleDuplicate).on_conflict_do_nothing(), alike)


RESEMBLES = "resembles"
"""Why two records are compared, as where a lot brings the second."""


def _namesakes(identity: Identity, *, is_invented: bool) -> dict[int, Identity]:
    found = [
        person.id
        for key in given_birth_keys(identity)
        for person in queries.find_by_key(KeyKind.GIVEN_BIRTH, key, is_invented=is_invented)
    ]
    return queries.identities(found)


def refuse_if_barred(person: Person, identity: Identity, *, is_other: bool) -> None:
    """Refuse an identity that may be that of somebody who must not be called, under another record.

    Raises:
        MayBeBarred
    """
    if is_other:
        return
    alike = set(queries.barred_alike(identity, is_invented=person.is_invented))
    if identity.birth_date is not None:
        namesakes = _namesakes(identity, is_invented=person.is_invented)
        alike |= queries.barred(one for one, theirs in namesakes.items() if same_person(identity, theirs))
    if alike - set(queries.records_of_same_person(person.id)):
        raise MayBeBarred


def locked_records(person_id: int) -> Sequence[tuple[Person, Identity]]:
    """Lock the records of a person, in the order of their ids; returns those whose identity was not destroyed."""
    records = queries.records_of_same_person(person_id)
    locked = select(Person).where(Person.id.in_(records)).order_by(Person.id).with_for_update()
    people = session.scalars(fresh(locked)).all()
    known = queries.identities(records)
    return [(one, known[one.id]) for one in people if one.id in known]
