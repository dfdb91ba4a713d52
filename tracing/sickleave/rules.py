"""Who may have a sick note from the call, and for which days. A refusal says why in words to repeat."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from tracing.programmes.rules import AppliedRule, Isolation, Measure, Quarantine
from tracing.programmes.rules.reference import applied
from tracing.programmes.schema import NoteRow, Pack
from tracing.programmes.vocabulary import CIVIL_SERVICE, RiskLevel, Scheme, Subject
from tracing.sickleave.numbering import is_note_number, note_number

__all__ = [
    "NoteAllowed",
    "NoteRefused",
    "NoteRequest",
    "Reason",
    "decide_note",
    "is_note_number",
    "note_number",
    "note_rule",
]


def _(sentence: str) -> str:
    """Mark a sentence for translation; whoever shows it translates it."""
    return sentence


class Reason(StrEnum):
    """Why there is no note."""

    NO_RULE = "no_rule"
    DOCTOR_ONLY = "doctor_only"
    NO_LONGER_ISSUED = "no_longer_issued"
    IDENTITY_NOT_VERIFIED = "identity_not_verified"
    NOT_REGISTERED = "not_registered"
    RISK_UNDETERMINED = "risk_undetermined"
    NEGLIGIBLE = "negligible"
    DATES_MISSING = "dates_missing"
    NOT_REQUIRED = "not_required"
    NAME_UNKNOWN = "name_unknown"
    AGE_UNKNOWN = "age_unknown"
    TOO_YOUNG = "too_young"
    NOT_WORKING = "not_working"
    SCHEME_UNKNOWN = "scheme_unknown"
    CIVIL_SERVANT = "civil_servant"
    CIVIL_SERVANT_CONTACT = "civil_servant_contact"
    OTHER_SCHEME = "other_scheme"
    NO_SCHEME = "no_scheme"
    CAREGIVER = "caregiver"
    STOPPED_BY_DOCTOR = "stopped_by_doctor"
    TELEWORK_UNKNOWN = "telework_unknown"
    CAN_TELEWORK = "can_telework"
    NOT_SWORN = "not_sworn"
    TOO_FAR_BACK = "too_far_back"
    OVERLAP = "overlap"
    OVER = "over"
    TOO_LONG = "too_long"


SENTENCES = {
    Reason.NO_RULE: _(
        "Aucune règle d’arrêt n’est enregistrée à cette date. Demandez l’avis du médecin-conseil."
    ),
    Reason.DOCTOR_ONLY: _("Seul un médecin peut prescrire un arrêt de travail à cette date."),
    Reason.NO_LONGER_ISSUED: _("À cette date, il n’est plus délivré d’arrêt aux personnes contacts."),
    Reason.IDENTITY_NOT_VERIFIED: _("L’identité de la personne n’a pas été vérifiée pendant cet appel."),
    Reason.NOT_REGISTERED: _(
        "La personne n’est pas enregistrée comme contact : aucun arrêt ne peut être délivré."
    ),
    Reason.RISK_UNDETERMINED: _(
        "Le niveau de risque n’est pas établi : complétez les circonstances du contact."
    ),
    Reason.NEGLIGIBLE: _("Le contact est à risque négligeable : il n’ouvre pas droit à un arrêt."),
    Reason.DATES_MISSING: _("Il manque la date des premiers signes ou du prélèvement."),
    Reason.NOT_REQUIRED: _(
        "Les règles ne demandent pas à cette personne de s’isoler : il n’y a pas d’arrêt."
    ),
    Reason.NAME_UNKNOWN: _("Le nom de famille manque : un arrêt porte le nom entier."),
    Reason.AGE_UNKNOWN: _("La date de naissance manque : l’âge ne peut pas être vérifié."),
    Reason.TOO_YOUNG: _("L’arrêt ne concerne que les personnes de %(minimum_age)s ans et plus."),
    Reason.NOT_WORKING: _(
        "La personne n’exerce pas d’activité professionnelle : il n’y a pas d’arrêt à délivrer."
    ),
    Reason.SCHEME_UNKNOWN: _("Demandez d’abord à la personne de quel régime elle relève."),
    Reason.CIVIL_SERVANT: _(
        "Agent public : la caisse ne délivre pas cet arrêt. La personne s’adresse à son médecin et prévient son service."
    ),
    Reason.CIVIL_SERVANT_CONTACT: _(
        "Agent public contact : pas d’arrêt, mais une autorisation spéciale d’absence, à demander à son service."
    ),
    Reason.OTHER_SCHEME: _("Régime spécial : la personne s’adresse à sa propre caisse, qui délivre l’arrêt."),
    Reason.NO_SCHEME: _("Sans indemnités journalières à verser, il n’y a pas d’arrêt à délivrer."),
    Reason.CAREGIVER: _(
        "Professionnel d’un établissement de santé ou médico-social : un contact y reste sous la conduite de son employeur, sans arrêt."
    ),
    Reason.STOPPED_BY_DOCTOR: _("Un médecin a déjà arrêté cette personne pour ces jours."),
    Reason.TELEWORK_UNKNOWN: _("Demandez d’abord si le télétravail est possible."),
    Reason.CAN_TELEWORK: _("La personne peut télétravailler : il n’y a pas d’arrêt."),
    Reason.NOT_SWORN: _("La personne doit déclarer sur l’honneur qu’elle ne peut pas télétravailler."),
    Reason.TOO_FAR_BACK: _(
        "L’arrêt ne peut pas commencer plus de %(retroactive_days)s jours avant aujourd’hui. Au-delà, le médecin-conseil décide."
    ),
    Reason.OVERLAP: _("Un autre arrêt couvre déjà une partie de ces jours."),
    Reason.OVER: _("Les jours à couvrir sont déjà passés ou déjà couverts."),
    Reason.TOO_LONG: _(
        "Avec les arrêts précédents, le total dépasse %(total_days)s jours : le médecin-conseil décide."
    ),
}


TO_BE_COMPLETED = frozenset(
    {
        Reason.IDENTITY_NOT_VERIFIED,
        Reason.RISK_UNDETERMINED,
        Reason.DATES_MISSING,
        Reason.NAME_UNKNOWN,
        Reason.AGE_UNKNOWN,
        Reason.SCHEME_UNKNOWN,
        Reason.TELEWORK_UNKNOWN,
        Reason.NOT_SWORN,
    }
)
"""Reasons that end when the person has answered: no refusal yet."""


@dataclass(frozen=True, kw_only=True)
class NoteRequest:
    """Everything a note hangs on, as it stands at the end of the questions."""

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
    works: bool = True
    caregiver: bool = False
    """Works in a health or medico-social establishment."""
    stopped_by_doctor: bool = False
    contact_registered: bool = True
    risk: RiskLevel | None = None
    first_day: date | None = None
    """The first day the person asks for; the rule’s own when they ask for none."""
    other_notes: tuple[tuple[date, date], ...] = ()
    """First and last days of the person’s notes that stand."""
    days_already: int = 0
    """Days of notes already given for the same illness."""


@dataclass(frozen=True)
class NoteAllowed:
    """A note may be written for these days, both included."""

    first_day: date
    last_day: date
    rule: AppliedRule

    @property
    def days(self) -> int:
        """The number of days, first and last included."""
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, repr=False)
class NoteRefused:
    """No note may be written; the sentence is what the tracer tells the person."""

    reason: Reason
    rule: AppliedRule | None = None
    values: Mapping[str, int] = field(default_factory=dict)
    """The figures of the sentence, as the pack states them."""

    @property
    def msgid(self) -> str:
        """The sentence to translate, its figures still to be put in."""
        return SENTENCES[self.reason]

    @property
    def sentence(self) -> str:
        """Why, in French."""
        return self.msgid % self.values


def note_rule(pack: Pack, subject: Subject, on: date) -> NoteRow | None:
    """Return the row that says who writes notes for such a person on that day."""
    return next((row for row in pack.notes if row.subject is subject and row.in_force(on)), None)


def decide_note(request: NoteRequest) -> NoteAllowed | NoteRefused:
    """Say whether a note may be written and for which days, by the rule in force on the day of the question."""
    row = note_rule(request.pack, request.subject, request.on)
    if row is None:
        return NoteRefused(Reason.NO_RULE)
    rule = applied(request.pack, row)
    reason = _issuer(row) or _measure(request) or _person(request, row) or _work(request, row)
    if reason is not None:
        return _refused(reason, rule, row)
    first_day = _first_day(request, row)
    last_day = _last_day(request, row, first_day)
    reason = _dates(request, row, first_day, last_day)
    return _refused(reason, rule, row) if reason else NoteAllowed(first_day, last_day, rule)


def _refused(reason: Reason, rule: AppliedRule, row: NoteRow) -> NoteRefused:
    figures = {
        "minimum_age": row.minimum_age,
        "retroactive_days": row.retroactive_days,
        "total_days": row.total_days_without_adviser,
    }
    return NoteRefused(reason, rule, figures)


def _issuer(row: NoteRow) -> Reason | None:
    return {"fund": None, "doctor": Reason.DOCTOR_ONLY, "nobody": Reason.NO_LONGER_ISSUED}[row.issuer]


def _measure(request: NoteRequest) -> Reason | None:
    """Check that the rules ask this person to stay apart."""
    if not request.identity_verified:
        return Reason.IDENTITY_NOT_VERIFIED
    if request.subject is Subject.CONTACT:
        if not request.contact_registered:
            return Reason.NOT_REGISTERED
        if request.risk is RiskLevel.NEGLIGIBLE:
            return Reason.NEGLIGIBLE
        if request.risk is not RiskLevel.AT_RISK:
            return Reason.RISK_UNDETERMINED
    return {
        Measure.REQUIRED: None,
        Measure.NOT_REQUIRED: Reason.NOT_REQUIRED,
        Measure.NO_RULE: Reason.NO_RULE,
        Measure.MISSING_DATES: Reason.DATES_MISSING,
    }[request.measure.measure]


def _person(request: NoteRequest, row: NoteRow) -> Reason | None:
    """Check work, name, age and scheme."""
    if not request.works:
        return Reason.NOT_WORKING
    if not request.named:
        return Reason.NAME_UNKNOWN
    if request.age is None:
        return Reason.AGE_UNKNOWN
    if request.age < row.minimum_age:
        return Reason.TOO_YOUNG
    if request.scheme is None:
        return Reason.SCHEME_UNKNOWN
    if request.scheme in row.schemes:
        return None
    if request.scheme in CIVIL_SERVICE:
        return Reason.CIVIL_SERVANT_CONTACT if request.subject is Subject.CONTACT else Reason.CIVIL_SERVANT
    return Reason.OTHER_SCHEME if request.scheme is Scheme.SPECIAL else Reason.NO_SCHEME


def _work(request: NoteRequest, row: NoteRow) -> Reason | None:
    """Check that the person cannot work otherwise and is not stopped already."""
    if row.caregivers_excluded and request.caregiver:
        return Reason.CAREGIVER
    if request.stopped_by_doctor:
        return Reason.STOPPED_BY_DOCTOR
    if request.can_telework is None:
        return Reason.TELEWORK_UNKNOWN
    if request.can_telework:
        return Reason.CAN_TELEWORK
    return None if request.sworn else Reason.NOT_SWORN


def _first_day(request: NoteRequest, row: NoteRow) -> date:
    """Return the first day: the one asked for, else J0 for a case and today for a contact, never before the measure."""
    start = request.measure.start or request.on
    if request.first_day is not None:
        return max(request.first_day, start)
    natural = start if request.subject is Subject.CASE else request.on
    first_day = max(natural, start, request.on - timedelta(days=row.retroactive_days))
    # Somebody stopped as a contact who becomes a case goes on from the day after.
    for begins, ends in sorted(request.other_notes):
        if begins <= first_day <= ends:
            first_day = ends + timedelta(days=1)
    return first_day


def _last_day(request: NoteRequest, row: NoteRow, first_day: date) -> date:
    """Return the last day: that of the measure, or of the longest note, whichever comes first."""
    ends = [] if request.measure.last_day_in is None else [request.measure.last_day_in]
    longest = row.max_days or row.total_days_without_adviser
    return min([*ends, first_day + timedelta(days=longest - 1)])


def _dates(request: NoteRequest, row: NoteRow, first_day: date, last_day: date) -> Reason | None:
    if first_day < request.on - timedelta(days=row.retroactive_days):
        return Reason.TOO_FAR_BACK
    if last_day < first_day:
        return Reason.OVER
    if any(begins <= last_day and first_day <= ends for begins, ends in request.other_notes):
        return Reason.OVERLAP
    days = (last_day - first_day).days + 1
    return Reason.TOO_LONG if days + request.days_already > row.total_days_without_adviser else None
