"""Read the clusters of a site, and what a case has to do with them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from tracing.cases.models import Case
from tracing.clusters import rules
from tracing.contacts.models import Contact
from tracing.hand_offs.models import HandOff
from tracing.hand_offs.rules import HandOffState
from tracing.kernel.db import equals_any, session
from tracing.places import queries as places
from tracing.places.models import NamedPlace
from tracing.places.queries import Named
from tracing.places.rules import houses_fragile_people
from tracing.programmes.rules import Clusters

STANDING = frozenset({HandOffState.TO_SEND, HandOffState.SENT, HandOffState.ACKNOWLEDGED})


@dataclass(frozen=True, repr=False)
class Cluster:
    """A place that several cases named lately."""

    place_id: int
    """One of its rows at the site, by which it is found again."""
    words: str
    """As it was named at the site, with its town if somebody said that."""
    cases: int
    """How many people named it."""
    elsewhere: int
    """How many of them are followed by another site."""
    references: Sequence[tuple[int, str]]
    """The records of the site: case and reference, in the order of naming."""
    people: Collection[int]
    """Who of the site named it."""
    first_day: date | None
    last_day: date | None
    """When they were there, as far as somebody said so."""
    named_at: datetime
    """The last time that somebody named it."""
    is_fragile: bool
    states: dict[int, HandOffState]
    """How the hand-off of each of these records stands that is one."""

    @property
    def to_report(self) -> Sequence[tuple[int, str]]:
        """The records that nobody has handed off for it."""
        return [one for one in self.references if one[0] not in self.states]

    @property
    def state(self) -> HandOffState | None:
        """How far the hand-offs are, the least advanced of them; None: there are none."""
        order = (HandOffState.TO_SEND, HandOffState.SENT, HandOffState.ACKNOWLEDGED)
        return next((state for state in order if state in self.states.values()), None)


def of_site(site_id: int, programme: str, rule: Clusters, *, at: datetime) -> list[Cluster]:
    """Return the clusters of a site in the order in which they are looked at."""
    named = {
        one.place.id: one
        for one in places.of_a_week(site_id, programme, since=rule.since(at), cases=rule.cases)
    }
    groups = rules.gather(map(_row, named.values()), site_id=site_id, cases=rule.cases)
    shown = [[named[row.place_id] for row in group] for group in groups]
    rows = [one for group in shown for one in group]
    days = _days([one.place for one in rows])
    states = report_states({one.place.case_id for one in rows}, rule)
    found = [_cluster(group, site_id, days, states) for group in shown]
    return sorted(
        (one for one in found if one is not None),
        key=lambda one: rules.harm(
            is_reported=not one.to_report, is_fragile=one.is_fragile, cases=one.cases, last_at=one.named_at
        ),
    )


def report_states(case_ids: Collection[int], rule: Clusters) -> dict[int, HandOffState]:
    """Return how the hand-off for a cluster stands, by case; cases without one are absent."""
    if rule.reason is None or not case_ids:
        return {}
    rows = session.execute(
        select(HandOff.case_id, HandOff.state)
        .where(equals_any(HandOff.case_id, sorted(case_ids)), HandOff.reason == rule.reason)
        .order_by(HandOff.id)
    )
    return {case_id: state for case_id, state in rows if state in STANDING}


def find_report(case: Case, rule: Clusters) -> HandOff | None:
    """Return the hand-off of a case for a cluster that stands."""
    if rule.reason is None:
        return None
    return session.scalar(
        select(HandOff)
        .where(HandOff.case_id == case.id, HandOff.reason == rule.reason, HandOff.state.in_(STANDING))
        .order_by(HandOff.id)
        .limit(1)
    )


def _row(one: Named) -> rules.Row:
    place = one.place
    return rules.Row(
        place_id=place.id,
        person_id=one.person_id,
        site_id=place.site_id,
        name=place.name_hash or b"",
        town=place.town_hash,
        postcode=place.postcode_hash,
    )


def _says_where(place: NamedPlace) -> bool:
    return place.town_hash is not None or place.postcode_hash is not None


def _days(named: Collection[NamedPlace]) -> dict[int, date]:
    """Return the day on which somebody was at each place, by place; unknown ones are absent."""
    met = {one.contact_id: one.id for one in named if one.contact_id is not None}
    contacts = session.execute(
        select(Contact.id, Contact.last_contact_on).where(
            equals_any(Contact.id, sorted(met)), ~Contact.is_day_unknown
        )
    )
    return {one.id: one.day for one in named if one.day is not None} | {
        met[contact_id]: day for contact_id, day in contacts
    }


def _cluster(
    group: Sequence[Named], site_id: int, days: dict[int, date], states: dict[int, HandOffState]
) -> Cluster | None:
    here = sorted((one for one in group if one.place.site_id == site_id), key=lambda one: one.place.named_at)
    # the words that say where it is, if somebody said so, and of those the latest
    by_use = sorted(here, key=lambda one: (_says_where(one.place), one.place.named_at), reverse=True)
    said = next((words for one in by_use if (words := places.words_of(one.place))), None)
    if said is None:
        return None
    there = [days[one.place.id] for one in group if one.place.id in days]
    references = {one.place.case_id: one.reference for one in here}
    own = {one.person_id for one in here}
    return Cluster(
        place_id=here[-1].place.id,
        words=said,
        cases=len({one.person_id for one in group}),
        elsewhere=len({one.person_id for one in group} - own),
        references=list(references.items()),
        people=own,
        first_day=min(there, default=None),
        last_day=max(there, default=None),
        named_at=max(one.place.named_at for one in group),
        is_fragile=houses_fragile_people(said),
        states={case_id: states[case_id] for case_id in references if case_id in states},
    )
