"""The words of a decision about a note, as the tracer repeats them."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.sickleave.assessment import Assessment
from tracing.sickleave.rules import NoNumber, NoteRefused

NO_NUMBER_WORDS = {
    NoNumber.NO_RIGHTS_YET: _l("Droits pas encore ouverts"),
    NoNumber.STATE_AID: _l("Aide médicale de l’État (AME)"),
    NoNumber.INSURED_ABROAD: _l("Assurée ou assuré à l’étranger"),
    NoNumber.NOT_KNOWN: _l("Ne le connaît pas, ne l’a pas sous la main"),
    NoNumber.NOT_SAID: _l("Ne veut pas le donner"),
    NoNumber.CONTRADICTED: _l("Le numéro donné ne s’accorde pas avec l’identité"),
}
"""Why somebody has no number, as the tracer chooses and the adviser reads it."""


def question_about(reason: NoNumber) -> str:
    """Return what the adviser is asked about a note without a number."""
    return str(
        _(
            "Arrêt sans numéro de sécurité sociale\u202f: %(reason)s. Peut-il être délivré\u202f?",
            reason=NO_NUMBER_WORDS[reason],
        )
    )


def sentence_of(refused: NoteRefused) -> str:
    """Return why there is no note, in the reader's language, with the pack's figures."""
    return str(_(refused.msgid, **refused.values)) if refused.values else str(_(refused.msgid))


def why_not(found: Assessment) -> str:
    """Return in one sentence why no note can be issued now."""
    if found.refusal is not None:
        return sentence_of(found.refusal)
    if not found.is_wanted:
        return str(_("La personne ne demande pas d’arrêt."))
    if found.missing:
        return str(_("Il manque des réponses : %(questions)s.", questions=", ".join(found.missing)))
    if isinstance(found.decision, NoteRefused):
        return sentence_of(found.decision)
    return ""
