"""French words for the reasons, urgencies, states and decisions of escalations."""

from flask_babel import lazy_gettext as _l

from tracing.escalations import rules
from tracing.escalations.models import Audience, Decision, EscalationState, Reason
from tracing.queue.models import TaskKind

AUDIENCE_WORDS = {
    Audience.ADVISER: _l("Médecin-conseil"),
    Audience.REFERENT: _l("Référent"),
}

REASON_WORDS = {
    Reason.RED_FLAGS: _l("Signe d’urgence"),
    Reason.RESULT_NOT_ANNOUNCED: _l("Résultat à annoncer"),
    Reason.MEDICAL_QUESTION: _l("Question médicale"),
    Reason.VULNERABLE: _l("Personne fragile"),
    Reason.SICK_LEAVE: _l("Arrêt de travail"),
    Reason.RISK_DISPUTED: _l("Risque contesté"),
    Reason.PROCEDURE: _l("Procédure ou consigne"),
    Reason.DIFFICULT_CALL: _l("Appel difficile"),
    Reason.COLLECTIVITY: _l("Lieu collectif à signaler"),
}

URGENCY_WORDS = {
    rules.AT_ONCE: _l("Tout de suite"),
    rules.WITHIN_THE_HOUR: _l("Dans l’heure"),
    rules.TODAY: _l("Aujourd’hui"),
}

URGENCY_TONES = {rules.AT_ONCE: "danger", rules.WITHIN_THE_HOUR: "soon", rules.TODAY: "neutral"}

STATE_WORDS = {
    EscalationState.WAITING: _l("En attente"),
    EscalationState.TAKEN: _l("Prise en charge"),
    EscalationState.SETTLED: _l("Répondu"),
}

DECISION_WORDS = {
    Decision.GO_ON: _l("L’appel continue avec cette réponse"),
    Decision.CALL_BACK: _l("La personne sera rappelée par un enquêteur"),
    Decision.CLOSED: _l("Réglé avec la personne : plus d’appel à faire"),
}
"""What the tracer reads with the answer."""

KIND_WORDS = {
    TaskKind.CASE_FIRST: _l("Patient zéro"),
    TaskKind.CONTACT_FIRST: _l("Personne contact"),
}
