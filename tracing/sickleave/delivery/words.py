"""French words of how the papers of a note are given."""

from flask_babel import lazy_gettext as _l

from tracing.sickleave.delivery.rules import DeliveryState
from tracing.sickleave.rules import DeliveryWay

WAY_WORDS = {DeliveryWay.LETTER: _l("Par lettre"), DeliveryWay.LINK: _l("Par un lien")}

STATE_WORDS = {
    DeliveryWay.LETTER: {
        DeliveryState.MADE: _l("lettre à poster"),
        DeliveryState.SENT: _l("lettre postée"),
        DeliveryState.STOPPED: _l("lettre arrêtée : rien n’est parti"),
    },
    DeliveryWay.LINK: {
        DeliveryState.MADE: _l("lien à dire à la personne"),
        DeliveryState.SENT: _l("lien donné, pas encore ouvert"),
        DeliveryState.OPENED: _l("lien ouvert"),
        DeliveryState.EXPIRED: _l("lien expiré, jamais ouvert"),
        DeliveryState.CLOSED: _l("lien fermé après cinq erreurs"),
        DeliveryState.OUTDATED: _l("lien à refaire\u202f: la date de naissance a été corrigée"),
    },
}

STATE_TONES = {
    DeliveryState.MADE: "soon",
    DeliveryState.SENT: "info",
    DeliveryState.OPENED: "done",
    DeliveryState.EXPIRED: "danger",
    DeliveryState.CLOSED: "danger",
    DeliveryState.STOPPED: "danger",
    DeliveryState.OUTDATED: "danger",
}
"""The colour of each state's badge; a posted letter is done."""
