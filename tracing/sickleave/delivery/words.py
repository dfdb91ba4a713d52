"""French words of how the papers of a note are given."""

from collections.abc import Mapping

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
        DeliveryState.OUTDATED: _l("lien à refaire\u202f: l’identité a été corrigée"),
    },
}

ALOUD_IN_ENGLISH = {
    "on_page": "On the page",
    "choose": "choose “Open my papers”. Please write down:",
    "link": "the link",
    "code": "and the code",
    "opens_once": "You will also need your date of birth. Until {day}, the link opens once, for one hour: save both papers.",
    "by_text": "You also get this link in a text message, without the code: that is never written.",
}
"""What is read aloud with a link to somebody who is called in English; « Open my papers » is what the page says."""


def aloud(*, in_english: bool) -> Mapping[str, str] | None:
    """Return the English words that are read with a link; None to whoever is called in French."""
    return ALOUD_IN_ENGLISH if in_english else None


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
