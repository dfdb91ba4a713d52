"""French words for decisions about a note, as the tracer repeats them."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.sickleave.rules import CancelReason, KeepReason, MissingNumberReason

NO_NUMBER_WORDS = {
    MissingNumberReason.NO_RIGHTS_YET: _l("Droits pas encore ouverts"),
    MissingNumberReason.STATE_AID: _l("Aide médicale de l’État (AME)"),
    MissingNumberReason.INSURED_ABROAD: _l("Assurée ou assuré à l’étranger"),
    MissingNumberReason.NOT_KNOWN: _l("Ne le connaît pas, ne l’a pas sous la main"),
    MissingNumberReason.NOT_SAID: _l("Ne veut pas le donner"),
    MissingNumberReason.CONTRADICTED: _l("Le numéro donné ne s’accorde pas avec l’identité"),
}
"""Reasons for a missing number, as the tracer selects and the adviser reads them."""

CANCEL_WORDS = {
    CancelReason.NOT_DUE: _l("Plus rien n’est demandé à la personne"),
    CancelReason.WRONG_DAYS: _l("Ses jours sont faux : un autre sera délivré"),
    CancelReason.ASKED: _l("La personne n’en veut plus"),
}
"""Why a note is cancelled after the call."""

KEEP_WORDS = {
    KeepReason.DAYS_PAST: _l("Ses jours sont passés"),
    KeepReason.DOCTOR_AGREES: _l("Le médecin-conseil en est d’accord"),
    KeepReason.IN_GOOD_FAITH: _l("La personne s’y est fiée"),
}
"""Why a note that no longer fits is left as it is."""


def question_about(reason: MissingNumberReason) -> str:
    """Return the question to the adviser about a note without a number."""
    return str(
        _(
            "Arrêt sans numéro de sécurité sociale\u202f: %(reason)s. Peut-il être délivré\u202f?",
            reason=NO_NUMBER_WORDS[reason],
        )
    )
