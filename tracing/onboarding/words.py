"""French words for the stage of a recruit."""

from flask_babel import lazy_gettext as _l

from tracing.onboarding.rules import Stage

STAGE_WORDS = {
    Stage.INVITED: _l("Lien envoyé"),
    Stage.LINK_EXPIRED: _l("Lien périmé"),
    Stage.TRAINING: _l("En formation"),
    Stage.CERTIFIED: _l("Habilité"),
    Stage.LEFT: _l("Contrat terminé"),
}

STAGE_TONES = {
    Stage.INVITED: "info",
    Stage.LINK_EXPIRED: "danger",
    Stage.TRAINING: "soon",
    Stage.CERTIFIED: "done",
    Stage.LEFT: "neutral",
}
