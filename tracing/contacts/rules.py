"""What a case says of somebody they met, and what follows from it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self

from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.people.names import first_given_name
from tracing.people.rules import Identity
from tracing.programmes.rules import (
    Circumstances,
    Measure,
    Quarantine,
    Window,
    contact_risk,
    contagious_window,
    quarantine,
)
from tracing.programmes.rules.reference import first_in_force
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import Distance, Protection, RiskLevel, Vaccination

LEGAL_CEILING = timedelta(days=14)
"""Contacts are never searched further back than this before the diagnosis."""
USUAL_CONFINED_MINUTES = 15
"""Asked about where no rule is in force."""

ANSWERED = "answered"
"""Beside the circumstances as described: what the contact answered, kept apart so that a new answer replaces it."""


class ContactStatus(StrEnum):
    """Where a contact stands."""

    NAMED = "named"
    INFORMED = "informed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    BECAME_CASE = "became_case"
    REMOVED = "removed"


NEVER_TURN = frozenset({ContactStatus.REMOVED, ContactStatus.BECAME_CASE})

_CODED = {"face_to_face": Distance, "protection": Protection}


@dataclass(frozen=True, kw_only=True)
class Described:
    """Whom a case described: as little as a given name, never more than is needed to call."""

    first_names: str
    birth_name: str = ""
    birth_date: date | None = None
    phones: tuple[str, ...] = ()
    """In E.164, the one to try first first."""
    email: str = ""
    language: str = ""
    """In which they must be called; none: French, as far as the case knows."""

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        born = self.birth_date.isoformat() if self.birth_date else None
        return asdict(self) | {"birth_date": born, "phones": list(self.phones)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` wrote."""
        born = date.fromisoformat(stored["birth_date"]) if stored["birth_date"] else None
        return cls(**{**stored, "birth_date": born, "phones": tuple(stored["phones"])})

    @classmethod
    def of(cls, identity: Identity) -> Self:
        """Return what is needed of a person's identity to describe them."""
        return cls(
            first_names=identity.first_names,
            birth_name=identity.birth_name,
            birth_date=identity.birth_date,
            phones=identity.phones,
            email=identity.email,
        )

    @property
    def identity(self) -> Identity:
        """The person, as far as they were described."""
        return Identity(
            birth_name=self.birth_name,
            first_names=self.first_names,
            birth_date=self.birth_date,
            phones=self.phones,
            email=self.email,
        )

    @property
    def identifies(self) -> bool:
        """Whether name and birth date are there: only then may somebody known be recognised."""
        return bool(self.birth_name and self.birth_date)

    def corrects(self, identity: Identity) -> Identity:
        """Return an identity with what was described in place of what it said."""
        return replace(
            identity,
            birth_name=self.birth_name,
            first_names=self.first_names,
            birth_date=self.birth_date,
            phones=self.phones,
            email=self.email,
        )

    def __repr__(self) -> str:
        """Tell nothing: a repr ends up in logs and tracebacks."""
        return "Described(…)"


@dataclass(frozen=True, kw_only=True)
class ContactDetails:
    """A line of the contact list as it is typed."""

    described: Described
    last_contact_on: date
    circumstances: Circumstances
    may_disclose: bool = False


def circumstances_to_codes(met: Circumstances, answered: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the circumstances that are known, as JSON can hold them, beside what the contact answered."""
    known = {field.name: getattr(met, field.name) for field in fields(met)}
    codes = {name: value for name, value in known.items() if value is not None}
    return codes | {ANSWERED: dict(answered)} if answered else codes


def described_circumstances(codes: Mapping[str, Any]) -> Circumstances:
    """Read how the meeting was described, without what the contact answered."""
    known: dict[str, Any] = {
        name: _CODED[name](value) if name in _CODED else value
        for name, value in codes.items()
        if name != ANSWERED
    }
    return Circumstances(**known)


def circumstances_from_codes(codes: Mapping[str, Any]) -> Circumstances:
    """Read the circumstances that count: the meeting as described, and what the contact answered in person.

    Somebody who is not told who the case is may not know that they live together: a yes of either stands.
    """
    met, answered = described_circumstances(codes), codes.get(ANSWERED, {})
    together = [one for one in (met.lives_with_case, answered.get("lives_with_case")) if one is not None]
    return replace(
        met,
        lives_with_case=any(together) if together else None,
        infected_recently=answered.get("infected_recently"),
    )


def already_named(described: Described, others: Iterable[Described]) -> bool:
    """Say whether a number and a given name are those of somebody in the list."""
    given = first_given_name(described.first_names)
    return any(
        given == first_given_name(other.first_names) and set(described.phones) & set(other.phones)
        for other in others
    )


def search_window(
    pack: Pack, *, onset: date | None, sampled: date, on: date
) -> tuple[date, date, Window | None]:
    """Return the first and the last day in which contacts are searched, and the rule's window if one is in force."""
    window = contagious_window(pack, onset=onset, sampled=sampled, on=on)
    if window is None:
        return sampled - LEGAL_CEILING, on, None
    return window.start, window.end, window


def confined_minutes(pack: Pack, on: date) -> int:
    """Return how many minutes in a closed space count, by the rule in force."""
    row = first_in_force(pack.risks, on)
    return row.confined_minutes if row else USUAL_CONFINED_MINUTES


def is_called(risk: RiskLevel) -> bool:
    """Say whether somebody is called. Who may be at risk is: their own answers settle what is missing."""
    return risk is not RiskLevel.NEGLIGIBLE


def becomes(status: ContactStatus, met_on: date, sampled: Mapping[int, date]) -> int | None:
    """Return which case, of one person's that were sampled on these days, a contact met on a day becomes.

    The nearest within the days of one episode, either way: somebody sampled before they were met is called as a
    case too, not as a contact. None for one who was taken off the list, or became a case before.
    """
    near = {
        case: abs((day - met_on).days)
        for case, day in sampled.items()
        if abs((day - met_on).days) <= SAME_EPISODE_DAYS
    }
    if status in NEVER_TURN or not near:
        return None
    return min(near, key=lambda case: (near[case], case))


def nearest(meetings: Iterable[tuple[date, int]], sampled_on: date) -> int:
    """Return the contact, of several met on these days, who became the case: met nearest to the sampling.

    Of two as near, the one met before it, then the one named first.
    """
    return min(
        meetings,
        key=lambda met: (abs((sampled_on - met[0]).days), met[0] > sampled_on, met[1]),
    )[1]


def quarantine_of(
    pack: Pack,
    *,
    last_contact: date,
    circumstances: Circumstances,
    vaccination: str | None,
    age: int | None,
    case_isolation_end: date | None,
    on: date,
) -> Quarantine:
    """Return what the rules ask of a contact, by everything known of the meeting and of them.

    The rules of quarantine are about contacts at risk: a meeting of negligible risk asks for nothing.
    """
    risk = contact_risk(pack, circumstances, on=on)
    if risk.level is RiskLevel.NEGLIGIBLE:
        return Quarantine(measure=Measure.NOT_REQUIRED, rule=risk.rule)
    return quarantine(
        pack,
        last_contact=last_contact,
        lives_with_case=bool(circumstances.lives_with_case),
        vaccination=Vaccination.answered(vaccination),
        age=age,
        on=on,
        infected_recently=circumstances.infected_recently,
        case_isolation_end=case_isolation_end,
    )
