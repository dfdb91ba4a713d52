"""Count who else named a place, and read the places of a case and of a week."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, LargeBinary, and_, cast, func, literal, select
from sqlalchemy import case as when
from sqlalchemy.orm import aliased

from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.kernel.db import equals_any, session
from tracing.kernel.redaction import redacted
from tracing.people.models import Person
from tracing.places.models import NamedPlace
from tracing.programmes.rules import Clusters
from tracing.vault import services as vault


@redacted
class Hashes(NamedTuple):
    """A place as keyed hashes; town and postcode are None where nobody said them."""

    name: bytes
    town: bytes | None
    postcode: bytes | None


def words_of(place: NamedPlace) -> str | None:
    """Return the words of a place; None once its day was destroyed."""
    opened = vault.find_unsealed("named_places", place.id, place.cohort, place.sealed)
    return None if opened is None else str(opened["words"])


def of_case(case_id: int) -> Sequence[NamedPlace]:
    """Return the places that a case named, in the order of naming."""
    return session.scalars(
        select(NamedPlace).where(NamedPlace.case_id == case_id).order_by(NamedPlace.id)
    ).all()


def others_naming(hashes: Hashes, case: Case, *, since: datetime) -> int:
    """Return how many other people, who are cases of the programme, named a place since a moment."""
    found = session.scalar(
        _people_naming(NamedPlace).where(
            NamedPlace.name_hash == hashes.name,
            NamedPlace.named_at >= since,
            _is_there(
                NamedPlace,
                town=cast(hashes.town, LargeBinary),
                postcode=cast(hashes.postcode, LargeBinary),
                site_id=literal(case.site_id),
            ),
            *_is_another(NamedPlace, case),
        )
    )
    return found or 0


def shared(case: Case, rule: Clusters, *, at: datetime) -> dict[int, int]:
    """Return the places of a case that so many other people named lately, with how many, by place."""
    since = rule.since(at)
    mine, theirs = aliased(NamedPlace, name="mine"), aliased(NamedPlace, name="theirs")
    chosen = (
        select(mine.id, func.count(_leading().distinct()))
        .join(theirs, and_(theirs.name_hash == mine.name_hash, theirs.named_at >= since))
        .join(Case, Case.id == theirs.case_id)
        .join(Person, Person.id == Case.person_id)
        .where(
            mine.case_id == case.id,
            _is_there(theirs, town=mine.town_hash, postcode=mine.postcode_hash, site_id=mine.site_id),
            _counts(),
            *_is_another(theirs, case),
        )
        .group_by(mine.id)
        .having(func.count(_leading().distinct()) >= rule.others)
    )
    return dict(session.execute(chosen).all())


class AlsoThere(NamedTuple):
    """Another person, who is a case, at a place that a case named."""

    case_id: int
    place_id: int
    """As the case named it."""
    person_id: int
    named_at: datetime
    """When the other one named it."""


def also_there(case_ids: Collection[int], *, since: datetime) -> list[AlsoThere]:
    """Return who else named the places of these cases since a moment."""
    mine, theirs = aliased(NamedPlace, name="mine"), aliased(NamedPlace, name="theirs")
    own_case, own = aliased(Case, name="own_case"), aliased(Person, name="own")
    rows = session.execute(
        select(mine.case_id, mine.id, _leading(), theirs.named_at)
        .select_from(mine)
        .join(own_case, own_case.id == mine.case_id)
        .join(own, own.id == own_case.person_id)
        .join(theirs, and_(theirs.name_hash == mine.name_hash, theirs.named_at >= since))
        .join(Case, Case.id == theirs.case_id)
        .join(Person, Person.id == Case.person_id)
        .where(
            equals_any(mine.case_id, sorted(case_ids)),
            theirs.programme == mine.programme,
            _leading() != func.coalesce(own.same_as, own.id),
            _is_there(theirs, town=mine.town_hash, postcode=mine.postcode_hash, site_id=mine.site_id),
            _counts(),
        )
    )
    return [AlsoThere(*row) for row in rows]


@dataclass(frozen=True, repr=False)
class Named:
    """A place as one case named it, with what a list needs of the case."""

    place: NamedPlace
    person_id: int
    """The leading record: two records of one person are one."""
    reference: str


def of_a_week(site_id: int, programme: str, *, since: datetime, cases: int) -> list[Named]:
    """Return the places of a site that at least `cases` people named since a moment, at whichever site, by name.

    Where they are is not compared here: the rows of one name may be several places.
    """
    here = (
        select(NamedPlace.name_hash)
        .where(
            NamedPlace.site_id == site_id,
            NamedPlace.named_at >= since,
            NamedPlace.name_hash.is_not(None),
            NamedPlace.programme == programme,
        )
        .distinct()
        .subquery("here")
    )
    everywhere = aliased(NamedPlace, name="everywhere")
    often = (
        select(everywhere.name_hash)
        .join(here, here.c.name_hash == everywhere.name_hash)
        .where(everywhere.named_at >= since, everywhere.programme == programme)
        .group_by(everywhere.name_hash)
        .having(func.count(everywhere.case_id.distinct()) >= cases)
        .subquery("often")
    )
    rows = session.execute(
        select(NamedPlace, _leading(), Case.reference)
        .join(often, often.c.name_hash == NamedPlace.name_hash)
        .join(Case, Case.id == NamedPlace.case_id)
        .join(Person, Person.id == Case.person_id)
        .where(NamedPlace.named_at >= since, NamedPlace.programme == programme, _counts())
        .order_by(NamedPlace.id)
    )
    return [Named(place, person_id, reference) for place, person_id, reference in rows]


def _people_naming(place: Any) -> Any:
    return (
        select(func.count(_leading().distinct()))
        .select_from(place)
        .join(Case, Case.id == place.case_id)
        .join(Person, Person.id == Case.person_id)
        .where(_counts())
    )


def _leading() -> ColumnElement[int]:
    return func.coalesce(Person.same_as, Person.id)


def _counts() -> ColumnElement[bool]:
    """A case whose result was withdrawn, or that is none, counts for nothing."""
    return and_(Case.status != CaseStatus.WITHDRAWN, Case.outcome.is_distinct_from(CaseOutcome.NOT_A_CASE))


def _is_another(place: Any, case: Case) -> tuple[ColumnElement[bool], ...]:
    own = select(func.coalesce(Person.same_as, Person.id)).where(Person.id == case.person_id)
    return (
        place.programme == case.programme,
        place.case_id != case.id,
        _leading() != own.correlate(None).scalar_subquery(),
    )


def _is_there(place: Any, *, town: Any, postcode: Any, site_id: Any) -> ColumnElement[bool]:
    """Say whether two places of one name are one: where both are known to be, else within one site."""
    same: ColumnElement[bool] = when(
        (and_(place.town_hash.is_not(None), town.is_not(None)), place.town_hash == town),
        (and_(place.postcode_hash.is_not(None), postcode.is_not(None)), place.postcode_hash == postcode),
        else_=place.site_id == site_id,
    )
    return same
