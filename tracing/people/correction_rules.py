"""Who somebody is by everything that was said of it: what was sent, corrected by whoever knows better. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tracing.facts.rules import OF_IDENTITY, FactKind, Said, in_force
from tracing.people.rules import ADDRESS, Identity

Stated = Mapping[str, str]
"""The fields of one kind of fact and their values; a birth date as ISO, empty if nobody knows it."""

_FIELDS: Mapping[FactKind, tuple[str, ...]] = {
    FactKind.BIRTH_NAME: ("birth_name",),
    FactKind.USUAL_NAME: ("usual_name",),
    FactKind.FIRST_NAMES: ("first_names",),
    FactKind.BIRTH_DATE: ("birth_date",),
    FactKind.ADDRESS: ADDRESS,
}

_FOUND_BY = ("birth_name", "usual_name", "first_names", "birth_date")
"""What somebody is looked for by."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Correction:
    """Who somebody says they are; None: the field is as it was."""

    birth_name: str | None = None
    usual_name: str | None = None
    first_names: str | None = None
    birth_date: date | None = None
    address: tuple[str, str, str] | None = None
    """Address, postcode and town."""

    @property
    def kinds(self) -> frozenset[FactKind]:
        """What something was said of."""
        return frozenset(kind for kind in OF_IDENTITY if getattr(self, kind.value) is not None)

    def only(self, kinds: Iterable[FactKind]) -> "Correction":
        """Return what was said of these alone."""
        return replace(self, **dict.fromkeys((kind.value for kind in self.kinds - set(kinds)), None))

    def of(self, identity: Identity) -> Identity:
        """Return an identity so corrected."""
        names = {
            "birth_name": self.birth_name,
            "usual_name": self.usual_name,
            "first_names": self.first_names,
            "birth_date": self.birth_date,
        }
        fields: dict[str, Any] = {name: value for name, value in names.items() if value is not None}
        if self.address is not None:
            lines, postcode, city = self.address
            is_elsewhere = postcode != identity.postcode
            fields |= {"address": lines, "postcode": postcode, "city": city, "insee_code": ""}
            # a new address is in France unless its postcode is as it was
            fields["country"] = "" if is_elsewhere else identity.country
        return replace(identity, **fields)


def stated(identity: Identity, kind: FactKind) -> dict[str, str]:
    """Return what an identity says of one kind, as it is sealed in a fact."""
    found = {name: getattr(identity, name) for name in _FIELDS[kind]}
    return {
        name: value.isoformat() if isinstance(value, date) else value or "" for name, value in found.items()
    }


def changed(known: Identity, newer: Identity) -> tuple[FactKind, ...]:
    """Return what is another in a newer identity: upper case or a space more is no correction, an accent is one."""

    def read(identity: Identity, kind: FactKind) -> list[str]:
        values = stated(identity, kind)
        shown = (
            values
            if kind is not FactKind.ADDRESS
            else {one: values[one] for one in ("address", "postcode", "city")}
        )
        return [" ".join(value.split()).casefold() for value in shown.values()]

    return tuple(kind for kind in OF_IDENTITY if read(known, kind) != read(newer, kind))


def as_said(identity: Identity, said: Sequence[tuple[Said, Stated]]) -> Identity:
    """Return a record with each field as the word that counts says it, and what was sent before beside it.

    A record of which nothing was said is left alone; the first word of a kind is what was sent. What counted between the
    two, or was taken back, is kept to find them by.
    """
    known = {one.fact_id: values for one, values in said}
    counting = in_force([one for one, _values in said])
    sent = dict(identity.sent)
    for kind in _FIELDS:
        first = _first([one for one, _values in said if one.kind is kind])
        chosen = counting.get(kind)
        if chosen is None or first is None or not known.get(chosen.fact_id):
            continue
        identity = _with(identity, known[chosen.fact_id])
        if chosen.fact_id == first.fact_id:
            sent.pop(kind.value, None)
        else:
            before = known.get(first.fact_id, {})
            sent[kind.value] = "" if kind is FactKind.ADDRESS else before.get(kind.value, "")
    stood = {*identity.stood, *_ever_counted(said)}
    known_now = {*sent.items(), *(pair for kind in _FIELDS for pair in stated(identity, kind).items())}
    return replace(identity, sent=tuple(sorted(sent.items())), stood=tuple(sorted(stood - known_now)))


def _ever_counted(said: Sequence[tuple[Said, Stated]]) -> set[tuple[str, str]]:
    """Return the names and birth dates that counted after each word that was said: pairs of a field and its value."""
    known = {one.fact_id: values for one, values in said}
    in_turn = sorted((one for one, _values in said), key=lambda one: one.fact_id)
    found = set()
    for place in range(1, len(in_turn) + 1):
        for counted in in_force(in_turn[:place]).values():
            values = known.get(counted.fact_id, {})
            found |= {(name, value) for name, value in values.items() if name in _FOUND_BY and value}
    return found


def _first(said: Iterable[Said]) -> Said | None:
    return min((one for one in said if one.retracts is None), key=lambda one: one.fact_id, default=None)


def _with(identity: Identity, values: Stated) -> Identity:
    fields: dict[str, Any] = dict(values)
    if "birth_date" in fields:
        fields["birth_date"] = date.fromisoformat(fields["birth_date"]) if fields["birth_date"] else None
    return replace(identity, **fields)
