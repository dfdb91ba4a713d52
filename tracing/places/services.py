"""Keep the places that a case names, with the hashes by which others who name them are counted."""

from datetime import date, datetime

from sqlalchemy import select

from tracing.cases.models import Case
from tracing.kernel.db import fresh, session, take_id
from tracing.people.queries import get_person
from tracing.people.rules import realm_key
from tracing.places.models import NamedPlace
from tracing.places.queries import Hashes, words_of
from tracing.places.rules import read_place
from tracing.vault import services as vault

PLACE = "place"
"""Kind of blind index of places."""


def hashes_of(typed: str, case: Case) -> Hashes | None:
    """Return the hashes of a place that was typed in a case's call; None if the words fit many places.

    The places of invented people have hashes of their own.
    """
    place = read_place(typed)
    if place is None:
        return None
    is_invented = get_person(case.person_id).is_invented

    def blind(part: str, value: str) -> bytes | None:
        return vault.blind(PLACE, realm_key(f"{part}|{value}", is_invented=is_invented)) if value else None

    name = blind("name", place.name)
    if name is None:
        return None
    return Hashes(name, blind("town", place.town), blind("postcode", place.postcode))


def keep_of_contact(
    case: Case, contact_id: int, typed: str, *, cohort: date, named_at: datetime, by: int, at: datetime
) -> None:
    """Let the place of a meeting be what was typed; the same again changes nothing, and no words take it away.

    `named_at` is when the contact was named; a corrected place counts from `at`. A place that fits many is not kept:
    the contact's own description has its words.
    """
    known = session.scalar(
        fresh(select(NamedPlace).where(NamedPlace.contact_id == contact_id).with_for_update())
    )
    hashes = hashes_of(typed, case)
    if known is not None and words_of(known) == typed:
        return
    if hashes is None:
        if known is not None:
            session.delete(known)
            session.flush()
        return
    if known is None:
        known = _new(case, cohort=cohort, named_at=named_at, by=by)
        known.contact_id = contact_id
    elif known.name_hash != hashes.name:
        known.named_at = at
    _say(known, typed, hashes)


def forget_of_contact(contact_id: int) -> None:
    """Take away the place of a meeting that is none: the contact left the list."""
    for one in session.scalars(select(NamedPlace).where(NamedPlace.contact_id == contact_id)):
        session.delete(one)
    session.flush()


def add_of_day(case: Case, day: date, typed: str, *, cohort: date, by: int, at: datetime) -> NamedPlace:
    """Add a place where a case was on a day; one that fits many places is kept, and counted by nobody."""
    place = _new(case, cohort=cohort, named_at=at, by=by)
    place.day = day
    _say(place, typed, hashes_of(typed, case))
    return place


def remove_of_day(case: Case, place_id: int) -> None:
    """Remove a place of a day of a case; twice changes nothing."""
    place = session.scalar(
        select(NamedPlace).where(
            NamedPlace.id == place_id, NamedPlace.case_id == case.id, NamedPlace.day.is_not(None)
        )
    )
    if place is not None:
        session.delete(place)
        session.flush()


def _new(case: Case, *, cohort: date, named_at: datetime, by: int) -> NamedPlace:
    return NamedPlace(
        id=take_id("named_places"),
        case_id=case.id,
        site_id=case.site_id,
        programme=case.programme,
        index_key_id=vault.index_key_id(),
        cohort=cohort,
        named_at=named_at,
        named_by=by,
    )


def _say(place: NamedPlace, typed: str, hashes: Hashes | None) -> None:
    place.name_hash = hashes.name if hashes else None
    place.town_hash = hashes.town if hashes else None
    place.postcode_hash = hashes.postcode if hashes else None
    place.index_key_id = vault.index_key_id()
    place.sealed = vault.seal("named_places", place.id, place.cohort, {"words": typed})
    session.add(place)
    session.flush()
