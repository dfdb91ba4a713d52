"""French words for the reasons, urgencies, states and decisions of escalations."""

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.escalations import rules
from tracing.escalations.models import Audience, Decision, EscalationState, Reason
from tracing.facts.ruling_rules import Ruling, RulingKind
from tracing.facts.words import GROUND_WORDS
from tracing.queue.models import TaskKind
from tracing.scripts.wording import day_in_words

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
    Decision.CALL_LATER: _l("La personne sera rappelée plus tard"),
    Decision.CLOSED: _l("Réglé avec la personne : plus d’appel à faire"),
}
"""What the tracer reads with the answer."""

KIND_WORDS = {
    TaskKind.CASE_FIRST: _l("Patient zéro"),
    TaskKind.CONTACT_FIRST: _l("Personne contact"),
    TaskKind.CASE_FOLLOW_UP: _l("Suivi d’un patient zéro"),
    TaskKind.CONTACT_FOLLOW_UP: _l("Suivi d’une personne contact"),
}

RULING_WORDS = {
    RulingKind.UNTIL: _l("Fixer un autre dernier jour d’isolement ou de quarantaine"),
    RulingKind.NO_MEASURE: _l("Ne demander ni isolement ni quarantaine"),
    RulingKind.MEASURE_BY_RULE: _l("Revenir à la règle pour l’isolement ou la quarantaine"),
    RulingKind.NOTE_DAYS: _l("Accorder un arrêt hors des limites"),
    RulingKind.NOTE_BY_RULE: _l("Revenir à la règle pour l’arrêt"),
    RulingKind.AT_RISK: _l("Compter la personne comme contact à risque"),
    RulingKind.NEGLIGIBLE: _l("Compter le risque comme négligeable"),
    RulingKind.RISK_BY_RULE: _l("Revenir à la règle pour le risque"),
}
"""What a doctor may decide apart from the rules, as they choose it."""


AS_THE_RULE = frozenset({RulingKind.MEASURE_BY_RULE, RulingKind.NOTE_BY_RULE, RulingKind.RISK_BY_RULE})
"""What lifts an earlier decision: nothing departs from the rule any more."""


def ruling_sentence(ruling: Ruling) -> str:
    """Return what a doctor decided apart from the rules, as the tracer tells it, with the ground and the rule."""
    first, last = (day_in_words(one) if one else "" for one in (ruling.first_day, ruling.last_day))
    said = {
        RulingKind.UNTIL: _("Isolement ou quarantaine jusqu’au %(last)s inclus.", last=last),
        RulingKind.NO_MEASURE: _("Ni isolement ni quarantaine."),
        RulingKind.MEASURE_BY_RULE: _("L’isolement ou la quarantaine suit de nouveau la règle."),
        RulingKind.NOTE_DAYS: _("Arrêt accordé du %(first)s au %(last)s inclus.", first=first, last=last),
        RulingKind.NOTE_BY_RULE: _("L’arrêt suit de nouveau la règle."),
        RulingKind.AT_RISK: _("La personne est contact à risque."),
        RulingKind.NEGLIGIBLE: _("Le risque est négligeable : rien n’est demandé."),
        RulingKind.RISK_BY_RULE: _("Le risque suit de nouveau la règle."),
    }[ruling.kind]
    rule = ruling.rule.rpartition("/")[2] if ruling.rule else ""
    if rule and ruling.kind in AS_THE_RULE:
        why = _("Motif : %(ground)s ; règle %(rule)s.", ground=GROUND_WORDS[ruling.ground], rule=rule)
    elif rule:
        why = _(
            "Motif : %(ground)s ; à la place de la règle %(rule)s.",
            ground=GROUND_WORDS[ruling.ground],
            rule=rule,
        )
    else:
        why = _("Motif : %(ground)s.", ground=GROUND_WORDS[ruling.ground])
    return f"{said} {why}"


EMERGENCY = _l(
    "Dites à la personne d’appeler le 15 maintenant, ou appelez-le pour elle si elle ne le peut pas. Restez en ligne jusqu’à la réponse, puis terminez l’appel : le questionnaire attendra."
)
RESULT_TOLD = _l("Le résultat lui a été annoncé. Reprenez le script où vous étiez.")

DOCTOR_WILL_TELL = _l("Son médecin l’appelle pour le lui annoncer. Terminez l’appel sans dire le résultat.")

READY: dict[Reason, tuple[LazyString, ...]] = {
    Reason.RED_FLAGS: (
        EMERGENCY,
        _l(
            "Pas de signe d’urgence après discussion. Dites-lui d’appeler son médecin aujourd’hui, et le 15 si la gêne augmente. Reprenez le script."
        ),
    ),
    Reason.RESULT_NOT_ANNOUNCED: (
        RESULT_TOLD,
        DOCTOR_WILL_TELL,
    ),
    Reason.MEDICAL_QUESTION: (
        _l("Qu’elle continue son traitement habituel et pose la question à son médecin traitant."),
        _l("Cette question ne change ni l’isolement ni les contacts. Son médecin traitant y répondra."),
    ),
    Reason.VULNERABLE: (
        _l(
            "Qu’elle appelle son médecin traitant aujourd’hui : un traitement précoce peut être utile. Le reste du script s’applique."
        ),
    ),
    Reason.SICK_LEAVE: (
        _l("La règle s’applique : pas d’arrêt par nos soins. Qu’elle voie son médecin traitant."),
    ),
    Reason.RISK_DISPUTED: (
        _l(
            "La règle s’applique : la personne reste contact à risque. Redites-lui pourquoi, avec les circonstances."
        ),
    ),
    Reason.PROCEDURE: (_l("Suivez le script tel qu’il est écrit : il est à jour."),),
    Reason.DIFFICULT_CALL: (
        _l("Terminez l’appel poliment et notez l’issue. Je prends la suite avec la personne."),
    ),
    Reason.COLLECTIVITY: (
        _l(
            "Le lieu est signalé à l’agence de santé. Continuez l’appel, et notez les contacts hors de ce lieu."
        ),
    ),
}
"""Sentences ready to be sent, the most common first."""
