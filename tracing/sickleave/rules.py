"""Rules for who may have a sick note from a call, and for which days. A refusal has a sentence for the tracer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from tracing.programmes.rules import AppliedRule, Isolation, Measure, Quarantine, note_days, note_rule
from tracing.programmes.rules.reference import applied
from tracing.programmes.schema import NoteRow, Pack
from tracing.programmes.vocabulary import CIVIL_SERVICE, RiskLevel, Scheme, Subject
from tracing.sickleave.numbering import is_note_number, note_number
from tracing.sickleave.reasons import SENTENCES, TO_BE_COMPLETED, Cut, Reason

__all__ = [
    "TO_BE_COMPLETED",
    "MissingNumberReason",
    "NoteAllowed",
    "NoteMend",
    "NoteRefused",
    "NoteRequest",
    "NumberState",
    "Reason",
    "decide_note",
    "is_note_number",
    "note_number",
    "note_rule",
]


WORKING_AGE = 16
"""Years from which somebody has a note of their own; for a younger one, a parent may have it (art. L. 4153-1, Labour Code)."""


class NoteMend(StrEnum):
    """How a valid note no longer fits what is decided of the person; a human mends it."""

    LONGER = "longer"
    SHORTER = "shorter"
    NOT_DUE = "not_due"
    """Nothing is asked of the person any more."""
    CAN_WORK = "can_work"
    """They have said since that they can telework, do not work, have a doctor's note, or want none."""
    WORKED = "worked"
    """They have said since that they worked on one of its days."""
    EARLIER = "earlier"
    """Days before its first are to be covered: a doctor granted them, or the person has said since that they did not work."""
    OVERLAPS = "overlaps"
    """Another note of the person covers one of its days: two records turned out to be one person."""
    NO_CHILD = "no_child"
    """The child for whom a parent has it was said dead, or is none by a corrected birth date."""
    BEARER = "bearer"
    """Its name, birth date or address is printed as it was before a correction: it is made out anew."""


class CancelReason(StrEnum):
    """Why a note is cancelled after the call."""

    NOT_DUE = "not_due"
    """Nothing is asked of the person any more."""
    WRONG_DAYS = "wrong_days"
    """Its days are wrong: another one is issued in a call."""
    ASKED = "asked"
    """The person does not want it, or did not use it."""
    BACK_AT_WORK = "back_at_work"
    """The person can work again, at home or not, before its last day."""
    WRONG_PERSON = "wrong_person"
    """It bears the name or number of somebody else."""


class DeliveryWay(StrEnum):
    """How the papers of a note reach the person, as they choose."""

    LETTER = "letter"
    LINK = "link"
    """A link that opens once, with the birth date and a code that is said."""


class KeepReason(StrEnum):
    """Why a note that no longer fits is left as it is."""

    DAYS_PAST = "days_past"
    """Its days are over."""
    DOCTOR_AGREES = "doctor_agrees"
    IN_GOOD_FAITH = "in_good_faith"
    """The person relied on it; nothing is taken back."""
    AS_ASKED = "as_asked"
    """It was written shorter than the rule allows, because the person goes back to work earlier."""


class MissingNumberReason(StrEnum):
    """Why a person has no social-security number to print on a note."""

    NO_RIGHTS_YET = "no_rights_yet"
    STATE_AID = "state_aid"
    INSURED_ABROAD = "insured_abroad"
    NOT_KNOWN = "not_known"
    NOT_SAID = "not_said"
    CONTRADICTED = "contradicted"


class NumberState(StrEnum):
    """The state of the social-security number for a note."""

    KNOWN = "known"
    MISSING = "missing"
    ASKED = "asked"
    """There is none; a reason is stated, and an adviser has not decided yet."""
    AGREED = "agreed"
    """An adviser agrees to a note without one."""
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, repr=False)
class NoteRequest:
    """Everything that a note depends on, as known at the end of the questions."""

    pack: Pack
    subject: Subject
    on: date
    measure: Isolation | Quarantine
    """The isolation of a case, the quarantine of a contact."""
    age: int | None
    scheme: Scheme | None
    can_telework: bool | None
    sworn: bool
    """The person declared on their honour that they cannot work from home."""
    identity_verified: bool
    named: bool = True
    address_confirmed: bool = True
    """The person has said in this call where they stay."""
    number: NumberState = NumberState.KNOWN
    works: bool = True
    caregiver: bool = False
    """The person works in a health or medico-social establishment."""
    stopped_by_doctor: bool = False
    in_hospital: bool = False
    """The person is in hospital now, which gives a paper of its own."""
    contact_registered: bool = True
    risk: RiskLevel | None = None
    first_day: date | None = None
    """The first day that the person asks for; None: the day set by the rule."""
    free_from: date | None = None
    """The first day on which the person is known not to have worked; None if there is no such limit."""
    ruled_days: tuple[date, date] | None = None
    """First and last day to which a doctor agreed, outside the limits of the rule."""
    other_notes: tuple[tuple[date, date], ...] = ()
    """First and last days of the person’s other valid notes."""
    days_already: int = 0
    """Days of notes already issued for the same illness."""
    for_child: bool = False
    """The note is for the parent of a child: subject, risk and measure are the child's, everything else the parent's."""
    child_age: int | None = None
    parent_on_line: bool = True
    """It is the parent who answers, and declares."""
    other_parent: tuple[tuple[date, date], ...] = ()
    """First and last days of the valid notes that another parent has for this child."""


@dataclass(frozen=True)
class NoteAllowed:
    """A note may be issued for these days, both included."""

    first_day: date
    last_day: date
    rule: AppliedRule

    @property
    def days(self) -> int:
        """The number of days, first and last included."""
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, repr=False)
class NoteRefused:
    """No note may be issued; the sentence is what the tracer tells the person."""

    reason: Reason
    rule: AppliedRule | None = None
    values: Mapping[str, int] = field(default_factory=dict)
    """The figures in the sentence, from the rule pack."""

    @property
    def msgid(self) -> str:
        """The sentence to translate, with placeholders for its figures."""
        return SENTENCES[self.reason]

    @property
    def sentence(self) -> str:
        """The sentence in French, with its figures."""
        return self.msgid % self.values


def row_of(request: NoteRequest) -> NoteRow | None:
    """Return the rule that says who writes such a note."""
    return note_rule(request.pack, request.subject, request.on, request.measure, for_parent=request.for_child)


def rule_for(request: NoteRequest) -> NoteRow | NoteRefused:
    """Return the rule by which the person may have a note, whatever its days, or why they may not."""
    row = row_of(request)
    if row is None:
        return NoteRefused(Reason.NO_RULE)
    reason = (
        _issuer(row)
        or _measure(request)
        or _child(request, row)
        or _person(request, row)
        or _work(request, row)
        or _papers(request)
    )
    return row if reason is None else refused(reason, request.pack, row)


def decide_note(request: NoteRequest) -> NoteAllowed | NoteRefused:
    """Say whether a note may be issued and for which days, by the rule in force on the day of the question."""
    row = rule_for(request)
    if isinstance(row, NoteRefused):
        return row
    rule = applied(request.pack, row)
    if request.ruled_days is not None:
        first, last = request.ruled_days
        first = max(first, request.free_from or first, request.first_day or first)
        reason = _dates(request, row, first, last)
        return refused(reason, request.pack, row) if reason else NoteAllowed(first, last, rule)
    found = note_days(
        request.pack,
        request.subject,
        request.measure,
        on=request.on,
        first_day=request.first_day,
        free_from=request.free_from,
        other_notes=request.other_notes,
        for_parent=request.for_child,
    )
    if found is None:
        return refused(Reason.NOT_REQUIRED, request.pack, row)
    reason = _dates(request, row, found.first, found.last)
    return refused(reason, request.pack, row) if reason else NoteAllowed(found.first, found.last, rule)


def refused(reason: Reason, pack: Pack, row: NoteRow) -> NoteRefused:
    """Return a refusal with its rule, and the figures of that rule for its sentence."""
    figures = {
        "minimum_age": row.minimum_age,
        "retroactive_days": row.retroactive_days or 0,
        "total_days": row.total_days_without_adviser,
        "child_under": row.child_under or WORKING_AGE,
    }
    return NoteRefused(reason, applied(pack, row), figures)


def _issuer(row: NoteRow) -> Reason | None:
    return {
        "fund": None,
        "doctor": Reason.DOCTOR_ONLY,
        "nobody": Reason.NO_LONGER_ISSUED,
        "unknown": Reason.NO_RULE,
    }[row.issuer]


def _measure(request: NoteRequest) -> Reason | None:
    """Check that the rules require this person to isolate or quarantine."""
    if not request.identity_verified:
        return Reason.IDENTITY_NOT_VERIFIED
    if request.ruled_days is not None:
        return None
    if request.subject is Subject.CONTACT:
        if not request.contact_registered:
            return Reason.NOT_REGISTERED
        # whoever isolates for their symptoms does so whatever the meeting was
        for_symptoms = isinstance(request.measure, Quarantine) and request.measure.awaits_result
        if request.risk is RiskLevel.NEGLIGIBLE and not for_symptoms:
            return Reason.NEGLIGIBLE
        if request.risk is not RiskLevel.AT_RISK and not for_symptoms:
            return Reason.RISK_UNDETERMINED
    return {
        Measure.REQUIRED: None,
        Measure.NOT_REQUIRED: Reason.NOT_REQUIRED,
        Measure.NO_RULE: Reason.NO_RULE,
        Measure.MISSING_DATES: Reason.DATES_MISSING,
    }[request.measure.measure]


def _child(request: NoteRequest, row: NoteRow) -> Reason | None:
    """Check, for the note of a parent, who asks and how old the child is; a doctor may decide otherwise."""
    if not request.for_child:
        return None
    if not request.parent_on_line:
        return Reason.PARENT_NOT_ON_LINE
    if request.ruled_days is not None:
        return None
    if request.child_age is None:
        return Reason.CHILD_AGE_UNKNOWN
    if row.child_under is not None and request.child_age >= row.child_under:
        return Reason.CHILD_TOO_OLD
    return Reason.CHILD_RESULT_AWAITED if request.measure.last_day_in is None else None


def _person(request: NoteRequest, row: NoteRow) -> Reason | None:
    """Check work, name, age and scheme."""
    if not request.works:
        return Reason.NOT_WORKING
    if request.in_hospital and request.ruled_days is None:
        return Reason.CHILD_IN_HOSPITAL if request.for_child else Reason.IN_HOSPITAL
    if not request.named:
        return Reason.NAME_UNKNOWN
    if request.age is None:
        return Reason.AGE_UNKNOWN
    if request.age < row.minimum_age:
        return Reason.TOO_YOUNG
    if request.scheme is None:
        return Reason.SCHEME_UNKNOWN
    if request.scheme is Scheme.MSA:
        return Reason.OTHER_FUND
    if request.scheme in row.schemes:
        return None
    if request.scheme in CIVIL_SERVICE and request.for_child:
        return Reason.CIVIL_SERVANT_PARENT
    if request.scheme in CIVIL_SERVICE:
        return Reason.CIVIL_SERVANT_CONTACT if request.subject is Subject.CONTACT else Reason.CIVIL_SERVANT
    return Reason.OTHER_SCHEME if request.scheme is Scheme.SPECIAL else Reason.NO_SCHEME


def _work(request: NoteRequest, row: NoteRow) -> Reason | None:
    """Check that the person cannot telework and is not already on sick leave by a doctor."""
    if row.caregivers_excluded and request.caregiver:
        return Reason.CAREGIVER
    if request.stopped_by_doctor:
        return Reason.STOPPED_BY_DOCTOR
    if request.can_telework is None:
        return Reason.TELEWORK_UNKNOWN
    if request.can_telework:
        return Reason.CAN_TELEWORK
    return None if request.sworn else Reason.NOT_SWORN


def _papers(request: NoteRequest) -> Reason | None:
    """Check the personal details that a note prints besides name and birth date."""
    if not request.address_confirmed:
        return Reason.ADDRESS_UNCONFIRMED
    return {
        NumberState.MISSING: Reason.NUMBER_MISSING,
        NumberState.ASKED: Reason.ADVISER_ASKED,
        NumberState.REFUSED: Reason.ADVISER_REFUSED,
    }.get(request.number)


def _dates(request: NoteRequest, row: NoteRow, first_day: date, last_day: date) -> Reason | None:
    back = row.retroactive_days
    is_limited = request.ruled_days is None
    if is_limited and back is not None and first_day < request.on - timedelta(days=back):
        return Reason.TOO_FAR_BACK
    if last_day < first_day and request.free_from == first_day:
        return Reason.WORKED
    if last_day < first_day:
        return Reason.OVER
    if any(begins <= last_day and first_day <= ends for begins, ends in request.other_parent):
        return Reason.OTHER_PARENT
    if any(begins <= last_day and first_day <= ends for begins, ends in request.other_notes):
        return Reason.OVERLAP
    days = (last_day - first_day).days + 1
    is_too_long = days + request.days_already > row.total_days_without_adviser
    return Reason.TOO_LONG if is_limited and is_too_long else None


def cuts_of(request: NoteRequest, note: NoteAllowed) -> list[tuple[Cut, dict[str, int]]]:
    """Return why a note begins later or ends earlier than the isolation or quarantine, with the rule's figures."""
    row = row_of(request)
    if row is None:
        return []
    back, longest = row.retroactive_days or 0, row.max_days or row.total_days_without_adviser
    figures = {"retroactive_days": back, "max_days": longest}
    found: list[tuple[Cut, dict[str, int]]] = []
    start, over = request.measure.start, request.measure.last_day_in
    if start is not None and note.first_day > start:
        before = note.first_day - timedelta(days=1)
        if any(ends == before for _begins, ends in request.other_notes):
            found.append((Cut.COVERED, figures))
        elif request.free_from == note.first_day and request.free_from != request.on:
            found.append((Cut.WORKED, figures))
        elif row.retroactive_days and note.first_day == request.on - timedelta(days=back):
            found.append((Cut.RETROACTIVE, figures))
        elif note.first_day == request.on:
            found.append((Cut.FROM_CALL, figures))
    if over is not None and note.last_day < over and note.days == longest:
        found.append((Cut.LONGEST, figures))
    return found


def latest_day(
    pack: Pack, subject: Subject, first_day: date, on: date, *, for_parent: bool = False
) -> date | None:
    """Return the last day that a note of this first day may have by the rule in force; None without a rule."""
    row = note_rule(pack, subject, on, for_parent=for_parent)
    if row is None:
        return None
    return first_day + timedelta(days=(row.max_days or row.total_days_without_adviser) - 1)


def earliest_day(pack: Pack, subject: Subject, on: date, *, for_parent: bool = False) -> date | None:
    """Return the first day that a note issued on a day may have by the rule in force; None: it knows no limit."""
    row = note_rule(pack, subject, on, for_parent=for_parent)
    if row is None or row.retroactive_days is None:
        return None
    return on - timedelta(days=row.retroactive_days)


def ends_with_measure(pack: Pack, subject: Subject, on: date, *, for_parent: bool = False) -> bool:
    """Return whether the rule in force ends a note on the last day of the isolation or quarantine."""
    row = note_rule(pack, subject, on, for_parent=for_parent)
    return row is not None and row.ends_with_measure


def gives_parent_note(pack: Pack, subject: Subject, age: int | None, on: date) -> bool:
    """Return whether the fund writes a note for the parent of a child of this age, by the rule in force that day."""
    row = note_rule(pack, subject, on, for_parent=True)
    if row is None or row.issuer != "fund" or age is None or age >= WORKING_AGE:
        return False
    return row.child_under is None or age < row.child_under
