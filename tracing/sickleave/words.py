"""French words for decisions about a note, as the tracer repeats them."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.sickleave.rules import MissingNumberReason

NO_NUMBER_WORDS = {
    MissingNumberReason.NO_RIGHTS_YET: _l("Droits pas encore ouverts"),
    MissingNumberReason.STATE_AID: _l("Aide médicale de l’État (AME)"),
    MissingNumberReason.INSURED_ABROAD: _l("Assurée ou assuré à l’étranger"),
    MissingNumberReason.NOT_KNOWN: _l("Ne le connaît pas, ne l’a pas sous la main"),
    MissingNumberReason.NOT_SAID: _l("Ne veut pas le donner"),
    MissingNumberReason.CONTRADICTED: _l("Le numéro donné ne s’accorde pas avec l’identité"),
}
"""Reasons for a missing number, as the tracer selects and the adviser reads them."""


def question_about(reason: MissingNumberReason) -> str:
    """Return the question to the adviser about a note without a number."""
    return str(
        _(
            "Arrêt sans numéro de sécurité sociale\u202f: %(reason)s. Peut-il être délivré\u202f?",
            reason=NO_NUMBER_WORDS[reason],
        )
    )
