"""French words and icons of the desk: outcome icons, kinds of calls, yes and no, what a draft was for."""

from flask_babel import lazy_gettext as _l

from tracing.calls.rules import CallOutcome
from tracing.queue.models import TaskKind
from tracing.scripts.vocabulary import NO, UNKNOWN, YES

OUTCOME_ICONS = {
    CallOutcome.COMPLETED: "check-circle",
    CallOutcome.CALLBACK: "calendar-event",
    CallOutcome.NO_ANSWER: "telephone-x",
    CallOutcome.VOICEMAIL: "voicemail",
    CallOutcome.WRONG_NUMBER: "telephone-minus",
    CallOutcome.REFUSED: "slash-circle",
    CallOutcome.LANGUAGE: "translate",
    CallOutcome.NEEDS_DOCTOR: "heart-pulse",
    CallOutcome.INTERPRETER: "people",
    CallOutcome.HOSPITALISED: "hospital",
    CallOutcome.OUT_OF_AREA: "geo-alt",
    CallOutcome.DECEASED: "x-circle",
    CallOutcome.IDENTITY_FAILED: "person-x",
    CallOutcome.NO_CALLS: "bell-slash",
    CallOutcome.ADVISED: "heart-pulse",
    CallOutcome.GIVEN_BACK: "arrow-counterclockwise",
    CallOutcome.CLAIM_ENDED: "clock-history",
    CallOutcome.TAKEN_BACK: "clock-history",
}

KIND_WORDS = {
    TaskKind.CASE_FIRST: _l("Premier appel"),
    TaskKind.CONTACT_FIRST: _l("Appel d’une personne contact"),
}

YES_NO_WORDS = {YES: _l("Oui"), NO: _l("Non"), UNKNOWN: _l("Ne sait pas")}

IDENTITY_WORDS = {YES: _l("Oui, tout correspond"), NO: _l("Non, ou pas tout")}

DRAFT_WORDS = {
    "contact": _l("Personne contact"),
    "outcome": _l("Fin de l’appel"),
    "escalation": _l("Question au médecin-conseil ou au référent"),
    "sick_note": _l("Arrêt de travail"),
}
"""What a draft was for, if not a question of a script."""
