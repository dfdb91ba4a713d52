"""The words of a decision about a note, as the tracer repeats them."""

from flask_babel import gettext as _

from tracing.sickleave.assessment import Assessment
from tracing.sickleave.rules import NoteRefused


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
