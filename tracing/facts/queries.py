"""Read facts: always those of given subjects."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import TextualSelect, and_, or_, select

from tracing.facts.models import Fact
from tracing.facts.rules import OF_IDENTITY, FactKind, Said, SubjectType, in_force
from tracing.kernel.db import equals_any, session
from tracing.vault import services as vault


def facts_of(subject_type: SubjectType, subject_id: int) -> list[Said]:
    """Return every fact about one subject, in the order they came."""
    return facts_by_subject(subject_type, [subject_id]).get(subject_id, [])


def facts_by_subject(
    subject_type: SubjectType, subject_ids: Iterable[int], *, kinds: Collection[FactKind] | None = None
) -> dict[int, list[Said]]:
    """Return the facts about several subjects, keyed by subject; those without any are absent."""
    wanted = sorted(set(subject_ids))
    if not wanted:
        return {}
    session.flush()
    chosen = select(Fact).where(Fact.subject_type == subject_type, equals_any(Fact.subject_id, wanted))
    if kinds is not None:
        chosen = chosen.where(Fact.kind.in_(kinds))
    found: dict[int, list[Said]] = defaultdict(list)
    for row in session.scalars(chosen.order_by(Fact.id)):
        found[row.subject_id].append(row.said)
    return dict(found)


def facts_within(people_ids: TextualSelect, kind: FactKind) -> list[Said]:
    """Return the facts of one kind about the people whom a statement finds, in one statement, in the order they came."""
    session.flush()
    found = people_ids.subquery("wanted")
    chosen = (
        select(Fact)
        .join(found, found.c.id == Fact.subject_id)
        .where(Fact.subject_type == SubjectType.PERSON, Fact.kind == kind)
    )
    return [row.said for row in session.scalars(chosen.order_by(Fact.id))]


def rows_of(subject_type: SubjectType, subject_id: int) -> list[Fact]:
    """Return the facts about one subject as rows, with the day of collection and who recorded them."""
    session.flush()
    return list(
        session.scalars(
            select(Fact)
            .where(Fact.subject_type == subject_type, Fact.subject_id == subject_id)
            .order_by(Fact.id)
        )
    )


def rows_about(subjects: Collection[tuple[SubjectType, int]]) -> list[Fact]:
    """Return the facts about several subjects of several types as rows, in the order they came, in one statement."""
    session.flush()
    by_type: dict[SubjectType, list[int]] = defaultdict(list)
    for subject_type, subject_id in subjects:
        by_type[subject_type].append(subject_id)
    about = or_(
        *(
            and_(Fact.subject_type == subject_type, equals_any(Fact.subject_id, ids))
            for subject_type, ids in by_type.items()
        )
    )
    return list(session.scalars(select(Fact).where(about).order_by(Fact.id)))


def identities_said(person_ids: Collection[int]) -> dict[int, list[tuple[Said, Mapping[str, str]]]]:
    """Return what was said of who some people are, by record, in the order it came, without what was destroyed."""
    session.flush()
    chosen = (
        select(Fact)
        .where(
            Fact.subject_type == SubjectType.PERSON,
            equals_any(Fact.subject_id, sorted(person_ids)),
            Fact.kind.in_(OF_IDENTITY),
        )
        .order_by(Fact.id)
    )
    found: dict[int, list[tuple[Said, Mapping[str, str]]]] = defaultdict(list)
    for row in session.scalars(chosen):
        opened = vault.find_unsealed("facts", row.id, row.cohort, row.sealed)
        if row.retracts_id is not None or opened is not None:
            found[row.subject_id].append((row.said, (opened or {}).get("identity", {})))
    return dict(found)


def in_force_of(subject_type: SubjectType, subject_id: int) -> dict[FactKind, Said]:
    """Return the facts about one subject that count."""
    return in_force(facts_of(subject_type, subject_id))


def people_with(kinds: Collection[FactKind], person_ids: Iterable[int]) -> frozenset[int]:
    """Return the records, of these, for which a fact of one of these kinds stands as true."""
    found = facts_by_subject(SubjectType.PERSON, person_ids, kinds=kinds)
    return frozenset(
        person_id
        for person_id, facts in found.items()
        if any(one.value is True for one in in_force(facts).values())
    )
