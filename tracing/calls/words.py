"""French words for the outcomes of a call and the reasons for giving it back."""

from flask_babel import lazy_gettext as _l

from tracing.calls.rules import CallOutcome, GiveBackReason

OUTCOME_WORDS = {
    CallOutcome.COMPLETED: _l("Appel complet"),
    CallOutcome.CALLBACK: _l("Rappel promis"),
    CallOutcome.NO_ANSWER: _l("Sans réponse"),
    CallOutcome.VOICEMAIL: _l("Messagerie"),
    CallOutcome.WRONG_NUMBER: _l("Mauvais numéro"),
    CallOutcome.REFUSED: _l("Refus"),
    CallOutcome.LANGUAGE: _l("Autre langue"),
    CallOutcome.NEEDS_DOCTOR: _l("Avis médical demandé"),
    CallOutcome.INTERPRETER: _l("Interprète nécessaire"),
    CallOutcome.HOSPITALISED: _l("Hospitalisé"),
    CallOutcome.OUT_OF_AREA: _l("Vit ailleurs"),
    CallOutcome.DECEASED: _l("Décès"),
    CallOutcome.IDENTITY_FAILED: _l("Identité non confirmée"),
    CallOutcome.NO_CALLS: _l("Ne plus appeler"),
    CallOutcome.ADVISED: _l("Appel pour un avis"),
    CallOutcome.GIVEN_BACK: _l("Raccroché sans issue"),
    CallOutcome.CLAIM_ENDED: _l("Revenu à la file sans nouvelles"),
    CallOutcome.TAKEN_BACK: _l("Repris par un superviseur"),
}

REASON_WORDS = {
    GiveBackReason.ACQUAINTED: _l("Je connais cette personne"),
    GiveBackReason.EQUIPMENT: _l("Mon téléphone ou mon poste ne marche pas"),
    GiveBackReason.SHIFT_ENDS: _l("Je dois m’arrêter : pause ou fin de service"),
    GiveBackReason.TOO_HARD: _l("Cet appel est trop difficile pour moi"),
    GiveBackReason.HANDED_OVER: _l("Confié à un collègue"),
}
"""Why a call is given back, as the tracer chooses it."""

REASONS_ON_THE_TIMELINE = {
    GiveBackReason.ACQUAINTED: _l("connaît la personne"),
    GiveBackReason.EQUIPMENT: _l("téléphone ou poste en panne"),
    GiveBackReason.SHIFT_ENDS: _l("pause ou fin de service"),
    GiveBackReason.TOO_HARD: _l("appel trop difficile"),
    GiveBackReason.HANDED_OVER: _l("confié à un collègue"),
}
"""The same reasons, as the timeline shows them."""

OUTCOME_TONES = {
    CallOutcome.COMPLETED: "done",
    CallOutcome.CALLBACK: "info",
    CallOutcome.NEEDS_DOCTOR: "soon",
    CallOutcome.REFUSED: "soon",
    CallOutcome.LANGUAGE: "soon",
    CallOutcome.INTERPRETER: "soon",
    CallOutcome.HOSPITALISED: "soon",
    CallOutcome.OUT_OF_AREA: "soon",
    CallOutcome.DECEASED: "soon",
    CallOutcome.IDENTITY_FAILED: "soon",
    CallOutcome.NO_CALLS: "soon",
}
"""The tone of each outcome's badge; the others are neutral."""
