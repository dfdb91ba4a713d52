"""The content of a printed note as of the day of issue. It is stored as JSON and can be printed again."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from tracing.kernel.redaction import redacted
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import Scheme, Subject
from tracing.sickleave.numbering import initials_of
from tracing.sickleave.rules import NoteAllowed, NoteRequest, row_of


class _Printed(BaseModel):
    # what a newer release has stored is kept unread: both print and mend the same notes during an update
    model_config = ConfigDict(frozen=True, extra="allow")


@redacted
class Issuer(_Printed):
    """The body that issues the note."""

    name: str
    address: tuple[str, ...] = ()
    phone: str | None = None


@redacted
class Bearer(_Printed):
    """The person who stays at home."""

    last_name: str
    first_names: str
    birth_name: str | None = None
    """Given only when it differs from the name in use."""
    birth_date: date | None = None
    nir: str | None = None
    address: tuple[str, ...] = ()


@redacted
class ParentSaid(_Printed):
    """What the parent of a child said to have a note: not asked in the script, which speaks of the child."""

    scheme: Scheme | None
    worked_on: date | None = None
    """The last day on which they worked; None if they do not work outside or do not know."""


@redacted
class Declared(_Printed):
    """What the person declared on their honour, on the telephone."""

    on: date
    not_worked_since: date | None = None
    """The first day of the note, if it is before that of the declaration: they have not worked from it on."""
    for_note: str | None = None
    """The number of the note for which they declared it; None: the one that prints it."""


@redacted
class NoteContent(_Printed):
    """A sick note to print: who issued it, to whom, for which days, by which rule."""

    number: str
    verification_code: str
    issued_at: datetime
    """In the site's time zone, so that its date is the date printed."""
    issuer: Issuer
    bearer: Bearer
    subject: Subject
    first_day: date
    last_day: date
    onset_on: date | None = None
    sampled_on: date | None = None
    last_contact_on: date | None = None
    measure_end: date | None = None
    """The last day of isolation or quarantine."""
    measure_rule: str
    measure_text: str
    note_rule: str
    programme: str
    neutral_label: str
    exercise: bool
    prolongs: str | None = None
    """The number of the note that it goes on from; None for an initial one."""
    replaces: str | None = None
    """The number of the note whose place it takes."""
    prolongs_days: tuple[date, date] | None = None
    """First and last day of that note."""
    fund: Issuer | None = None
    """Who pays, as an employer reads it; None: on a note of an older release."""
    signatory: str = ""
    payroll: tuple[str, ...] = ()
    """What payroll needs about waiting days and the employer's complement, by the day of issue."""
    replaced_by: str | None = None
    """The number of the note in its place by now."""
    cancelled: bool = False
    """Shown on every copy printed afterwards; the note itself stays readable."""
    parent: ParentSaid | None = None
    """What a parent said; None: the note is for the person who isolates."""
    is_granted: bool = False
    """A medical adviser agreed to these days, outside the rule."""
    declared: Declared | None = None
    """None: on a note of an older release; see `declaration`."""
    legal_basis: str
    rights: tuple[str, ...]

    def to_store(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        stored = self.model_dump(mode="json")
        if self.parent is None:
            del stored["parent"]
        return stored

    @model_validator(mode="after")
    def _has_a_day_printed_in_a_known_zone(self) -> Self:
        if self.issued_at.tzinfo is None:
            raise ValueError("issued_at needs a time zone")
        if self.last_day < self.first_day:
            raise ValueError("the last day comes before the first")
        return self

    @property
    def initials(self) -> str:
        """The initials by which a paper is checked."""
        return initials_of(self.bearer.first_names, self.bearer.last_name)

    @property
    def days(self) -> int:
        """The number of days, first and last included."""
        return (self.last_day - self.first_day).days + 1

    @property
    def declaration(self) -> Declared | None:
        """What was declared for it; an older release issued no initial note without a declaration on that day."""
        if self.declared is not None or self.prolongs is not None or self.replaces is not None:
            return self.declared
        return Declared(on=self.issued_at.date())

    def carried_declaration(self) -> Declared | None:
        """Return what was declared for it, as a note prints it that goes on from it or takes its place."""
        known = self.declaration
        if known is None or known.for_note is not None:
            return known
        return known.model_copy(update={"for_note": self.number})


def content_of(
    request: NoteRequest,
    note: NoteAllowed,
    *,
    number: str,
    verification_code: str,
    issued_at: datetime,
    issuer: Issuer,
    bearer: Bearer,
    onset: date | None = None,
    sampled: date | None = None,
    last_contact: date | None = None,
    parent: ParentSaid | None = None,
) -> NoteContent:
    """Build the content of a note from the decision that allowed it."""
    row = row_of(request)
    measure = request.measure
    if row is None or row.legal_basis is None or measure.rule is None:
        raise ValueError("a note needs a rule that allows it")
    return NoteContent(
        number=number,
        verification_code=verification_code,
        issued_at=issued_at,
        issuer=issuer,
        bearer=bearer,
        subject=request.subject,
        first_day=note.first_day,
        last_day=note.last_day,
        onset_on=onset,
        sampled_on=sampled,
        last_contact_on=last_contact,
        measure_end=measure.last_day_in,
        measure_rule=str(measure.rule),
        measure_text=measure.sentence,
        note_rule=str(note.rule),
        programme=request.pack.label,
        neutral_label=request.pack.neutral_label,
        exercise=request.pack.exercise,
        payroll=_payroll(request.pack, request.on),
        parent=parent,
        is_granted=_is_granted(request.ruled_days, note),
        legal_basis=row.legal_basis,
        rights=row.rights,
    )


def _is_granted(ruled: tuple[date, date] | None, note: NoteAllowed) -> bool:
    return ruled is not None and ruled[0] <= note.first_day and note.last_day <= ruled[1]


def _payroll(pack: Pack, on: date) -> tuple[str, ...]:
    for one in pack.payroll:
        if one.in_force_from <= on and (one.in_force_to is None or on <= one.in_force_to):
            return one.waiting_days, one.complement
    return ()
