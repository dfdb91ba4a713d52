"""French words for where a hand-off stands, whom it is for, and the message that is sent."""

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.hand_offs.rules import HandOffState

STATE_WORDS: dict[HandOffState, LazyString] = {
    HandOffState.TO_SEND: _l("à transmettre"),
    HandOffState.SENT: _l("transmis"),
    HandOffState.ACKNOWLEDGED: _l("pris en charge"),
    HandOffState.TAKEN_BACK: _l("annulé"),
}
TO_WHOM_WORDS: dict[str, LazyString] = {
    "regional_agency": _l("l’agence régionale de santé"),
    "clinician": _l("un médecin"),
}


def message(reference: str, reason: str) -> str:
    """Return what is sent: the record's number and the reason, and nothing about anybody."""
    said: str = _(
        "Merci d’analyser le dossier %(reference)s. Motif : %(reason)s", reference=reference, reason=reason
    )
    return said


def correction(reference: str, reason: str) -> str:
    """Return what is sent when it no longer holds."""
    said: str = _(
        "Le dossier %(reference)s n’est plus à analyser pour ce motif : %(reason)s",
        reference=reference,
        reason=reason,
    )
    return said
