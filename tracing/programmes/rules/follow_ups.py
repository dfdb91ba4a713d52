"""On which days a person is called again after the first call, and what may still prevent the disease."""

from dataclasses import dataclass
from datetime import date, timedelta

from tracing.programmes.facts import Facts
from tracing.programmes.rules.reference import AppliedRule, applied
from tracing.programmes.schema import Pack, ProphylaxisRow
from tracing.programmes.vocabulary import Subject


@dataclass(frozen=True)
class FollowUps:
    """The days of the follow-up calls, and the rule that sets them."""

    days: tuple[date, ...]
    rule: AppliedRule


@dataclass(frozen=True)
class Prophylaxis:
    """A treatment or vaccine that may still prevent the disease."""

    kind: str
    until: date
    """The last day on which it is useful."""
    referral: str
    rule: AppliedRule


def follow_ups(
    pack: Pack, subject: Subject, *, day_zero: date, lives_with_case: bool | None = None, on: date
) -> FollowUps | None:
    """Return the days on which a person is called again, counted from J0; None without a rule in force."""
    if pack.follow_ups is None:
        return None
    row = pack.follow_ups.choose(
        {"subject": subject.value, "lives_with_case": lives_with_case}, on, began=day_zero
    )
    if row is None:
        return None
    return FollowUps(tuple(day_zero + timedelta(days=days) for days in row.days), applied(pack, row))


def prophylaxis(pack: Pack, *, last_contact: date, facts: Facts, on: date) -> tuple[Prophylaxis, ...]:
    """Return what may still prevent the disease in a contact, the most urgent first."""
    found = [
        _offered(pack, row, last_contact)
        for row in pack.prophylaxis
        if row.in_force(on) and row.applies(facts)
    ]
    return tuple(sorted((one for one in found if one.until >= on), key=lambda one: one.until))


def _offered(pack: Pack, row: ProphylaxisRow, last_contact: date) -> Prophylaxis:
    until = last_contact + timedelta(days=row.within_days)
    return Prophylaxis(row.kind, until, row.referral, applied(pack, row))
