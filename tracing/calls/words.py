"""The words for the outcomes of a call, as users read them."""

from flask_babel import lazy_gettext as _l

from tracing.calls.rules import CallOutcome

OUTCOME_WORDS = {
    CallOutcome.COMPLETED: _l("Appel complet"),
    CallOutcome.CALLBACK: _l("Rappel promis"),
    CallOutcome.NO_ANSWER: _l("Sans réponse"),
    CallOutcome.VOICEMAIL: _l("Messagerie"),
    CallOutcome.WRONG_NUMBER: _l("Mauvais numéro"),
    CallOutcome.REFUSED: _l("Refus"),
    CallOutcome.LANGUAGE: _l("Autre langue"),
    CallOutcome.NEEDS_DOCTOR: _l("Avis médical demandé"),
    CallOutcome.GIVEN_BACK: _l("Rendu à la file"),
    CallOutcome.CLAIM_ENDED: _l("Revenu à la file sans nouvelles"),
    CallOutcome.TAKEN_BACK: _l("Repris par un superviseur"),
}

OUTCOME_TONES = {
    CallOutcome.COMPLETED: "done",
    CallOutcome.CALLBACK: "info",
    CallOutcome.NEEDS_DOCTOR: "soon",
    CallOutcome.REFUSED: "soon",
    CallOutcome.LANGUAGE: "soon",
}
"""The tone of each badge; the others are neutral."""
