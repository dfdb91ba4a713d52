"""French words for decisions about a note, as the tracer repeats them."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.sickleave.models import CheckAnswer, NoteKind, NoteState
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
    CancelReason.WRONG_DAYS: _l("Ses jours sont faux"),
    CancelReason.ASKED: _l("La personne n’en veut plus"),
    CancelReason.BACK_AT_WORK: _l("La personne peut travailler"),
    CancelReason.WRONG_PERSON: _l("Le nom ou le numéro d’une autre personne"),
}
"""Why a note is cancelled after the call."""

REPLACE_WORDS = {
    CancelReason.WRONG_DAYS: _l("Ses jours sont faux"),
    CancelReason.NOT_DUE: _l("Plus rien n’est demandé à la personne"),
    CancelReason.BACK_AT_WORK: _l("La personne reprend le travail plus tôt"),
    CancelReason.WRONG_PERSON: _l("Le nom, l’adresse ou le numéro était faux"),
}
"""Why another note takes its place."""

KEEP_WORDS = {
    KeepReason.DAYS_PAST: _l("Ses jours sont passés"),
    KeepReason.DOCTOR_AGREES: _l("Le médecin-conseil en est d’accord"),
    KeepReason.IN_GOOD_FAITH: _l("La personne s’y est fiée"),
    KeepReason.AS_ASKED: _l("La personne en demande moins, ou reprend le travail plus tôt"),
}
"""Why a note that no longer fits is left as it is."""

STATE_WORDS = {
    NoteState.ISSUED: _l("Valable"),
    NoteState.PROLONGED: _l("Valable, prolongé"),
    NoteState.REPLACED: _l("Remplacé"),
    NoteState.CANCELLED: _l("Annulé"),
}

STATE_TONES = {NoteState.ISSUED: "done", NoteState.PROLONGED: "done"}
"""The colour of each state's badge; the others are neutral."""

CHECK_WORDS = {
    CheckAnswer.VALID: _l("Cet arrêt est valable."),
    CheckAnswer.PROLONGED: _l("Cet arrêt est valable, et un autre le prolonge."),
    CheckAnswer.REPLACED: _l("Cet arrêt ne vaut plus\u202f: un autre l’a remplacé."),
    CheckAnswer.CANCELLED: _l("Cet arrêt est annulé."),
    CheckAnswer.UNKNOWN: _l("Aucun arrêt n’a exactement ce numéro, ces initiales, ces jours et ce code."),
}
"""What whoever checks a note is told, on the telephone and on the public page: nothing else."""

CHECK_TONES = {
    CheckAnswer.VALID: "done",
    CheckAnswer.PROLONGED: "done",
    CheckAnswer.REPLACED: "soon",
    CheckAnswer.CANCELLED: "soon",
    CheckAnswer.UNKNOWN: "info",
}

KIND_WORDS = {
    NoteKind.CASE: _l("Personne positive"),
    NoteKind.CONTACT: _l("Personne contact"),
    NoteKind.PARENT: _l("Parent d’un enfant qui reste à la maison"),
}


def question_about(reason: MissingNumberReason, *, parent: bool = False, other_parent: bool = False) -> str:
    """Return the question to the adviser about a note without a number: the person's, or a parent's of the child.

    `other_parent`: the question was asked about one parent, and it is another one who asks now.
    """
    if other_parent:
        return str(
            _(
                "C’est maintenant un autre parent qui demande, sans numéro de sécurité sociale : %(reason)s. L’arrêt peut-il être délivré à ce parent ?",
                reason=NO_NUMBER_WORDS[reason],
            )
        )
    if parent:
        return str(
            _(
                "Arrêt d’un parent de l’enfant, sans numéro de sécurité sociale du parent : %(reason)s. Peut-il être délivré ?",
                reason=NO_NUMBER_WORDS[reason],
            )
        )
    return str(
        _(
            "Arrêt sans numéro de sécurité sociale\u202f: %(reason)s. Peut-il être délivré\u202f?",
            reason=NO_NUMBER_WORDS[reason],
        )
    )
