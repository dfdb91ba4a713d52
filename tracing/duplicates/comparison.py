"""Build the side-by-side comparison of two records for the page: row by row, with differences marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from tracing.duplicates import queries, words
from tracing.duplicates.queries import Side
from tracing.people.merging import Likeness, Part, Piece, compare, split_at_difference, why
from tracing.people.models import PossibleDuplicate
from tracing.people.rules import Identity, Why, nir_counts, nirs_contradict
from tracing.ui.formats import phone

MARKED = (Likeness.ONE_LETTER, Likeness.AGREES, Likeness.DIFFERS)


@dataclass(frozen=True, repr=False)
class Line:
    """One line of a value, and whether both sides have it."""

    piece: Piece
    is_shared: bool = False
    note: str = ""


@dataclass(frozen=True, repr=False)
class Row:
    """One part of two identities side by side."""

    part: Part
    likeness: Likeness
    ours: tuple[Line, ...]
    theirs: tuple[Line, ...]


@dataclass(frozen=True, repr=False)
class Comparison:
    """A pair as shown for decision: the earlier record on the left, the newer one on the right."""

    pair: PossibleDuplicate
    known: Side
    newcomer: Side
    rows: tuple[Row, ...]
    why: Why | None
    """Why they are compared; None when an identity was destroyed, because it cannot be told any more."""
    nirs_contradict: bool

    @property
    def since(self) -> tuple[datetime, datetime]:
        """When each record was created."""
        return self.known.since, self.newcomer.since


def comparison_of(pair: PossibleDuplicate) -> Comparison:
    """Return two records side by side."""
    known, newcomer = queries.side_of(pair.other_id), queries.side_of(pair.person_id)
    ours, theirs = known.identity, newcomer.identity
    if ours is None or theirs is None:
        return Comparison(pair, known, newcomer, (), None, nirs_contradict=False)
    return Comparison(
        pair,
        known,
        newcomer,
        rows_of(ours, theirs),
        _why(known, newcomer, ours, theirs),
        nirs_contradict=nirs_contradict(ours, theirs),
    )


def _why(known: Side, newcomer: Side, ours: Identity, theirs: Identity) -> Why:
    """Return why they are compared; the similar record may be one merged into the leading one."""
    reasons = [why(one, other) for one in (ours, *known.spellings) for other in (theirs, *newcomer.spellings)]
    return next((reason for reason in reasons if reason is not Why.RESEMBLED), Why.RESEMBLED)


def rows_of(ours: Identity, theirs: Identity) -> tuple[Row, ...]:
    """Return a row for every part of an identity that at least one of them has."""
    return tuple(
        Row(part, likeness, *_lines(part, likeness, ours, theirs))
        for part, likeness in compare(ours, theirs).items()
        if likeness is not Likeness.NOTHING
    )


def _lines(
    part: Part, likeness: Likeness, ours: Identity, theirs: Identity
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    match part:
        case Part.PHONES:
            shared = set(ours.phones) & set(theirs.phones)
            return _phones(ours.phones, shared), _phones(theirs.phones, shared)
        case Part.ADDRESS:
            return _whole(*_address(ours)), _whole(*_address(theirs))
        case Part.BIRTH_DATE:
            return _whole(_birth(ours)), _whole(_birth(theirs))
        case Part.SEX:
            return _whole(_sex(ours)), _whole(_sex(theirs))
        case Part.NIR:
            return _cut(likeness, _nir(ours), _nir(theirs), notes=(_whose(ours), _whose(theirs)))
        case _:
            return _cut(likeness, str(getattr(ours, part)), str(getattr(theirs, part)))


def _whole(*values: str) -> tuple[Line, ...]:
    return tuple(Line(Piece(value, "", "")) for value in values if value)


def _cut(
    likeness: Likeness, ours: str, theirs: str, notes: tuple[str, str] = ("", "")
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    first, second = (
        split_at_difference(ours, theirs)
        if likeness in MARKED
        else (Piece(ours, "", ""), Piece(theirs, "", ""))
    )
    return (
        (Line(first, note=notes[0]),) if ours else (),
        (Line(second, note=notes[1]),) if theirs else (),
    )


def _phones(numbers: Sequence[str], shared: set[str]) -> tuple[Line, ...]:
    return tuple(Line(Piece(phone(number), "", ""), is_shared=number in shared) for number in numbers)


def _address(identity: Identity) -> tuple[str, str]:
    return identity.address, f"{identity.postcode} {identity.city}".strip()


def _birth(identity: Identity) -> str:
    return f"{identity.birth_date:%d/%m/%Y}" if identity.birth_date else ""


def _sex(identity: Identity) -> str:
    return str(words.SEX_WORDS.get(identity.sex, identity.sex))


def _nir(identity: Identity) -> str:
    """Return a NIR in groups of digits, as printed on the card."""
    number, groups, start = identity.nir or "", [], 0
    for width in (1, 2, 2, 2, 3, 3, 2):
        groups.append(number[start : start + width])
        start += width
    return " ".join(groups).strip()


def _whose(identity: Identity) -> str:
    return (
        ""
        if identity.nir is None or nir_counts(identity)
        else _("ne correspond pas à la naissance ou au sexe")
    )
