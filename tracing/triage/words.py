"""French words for what harms first."""

from flask_babel import lazy_gettext as _l

from tracing.triage.rules import Harm

HARM_WORDS = {
    Harm.DANGER: _l("Personne en danger"),
    Harm.SPREAD: _l("Propagation"),
    Harm.MISINFORMED: _l("Consigne qui ne tient plus"),
    Harm.UNDECIDED: _l("Décision attendue"),
    Harm.WRONGLY_PAID: _l("Arrêt qui ne convient plus"),
    Harm.TO_CONFIRM: _l("À confirmer"),
}
HARM_TONES = {Harm.DANGER: "danger", Harm.SPREAD: "soon", Harm.MISINFORMED: "soon"}
"""The colour of each one's badge; the others are neutral."""
