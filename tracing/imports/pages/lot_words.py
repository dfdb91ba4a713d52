"""Labels of lot states, outcomes, reasons and doubts, as the import officer reads them."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from tracing.imports.format.faults import Problem
from tracing.imports.format.line import Doubt
from tracing.imports.models import CameBy, LotState
from tracing.imports.parsing.hl7 import TEST
from tracing.imports.parsing.hl7_results import NO_OBSERVATION
from tracing.imports.rules import Outcome
from tracing.imports.undo.services import KeptBecause

OUTCOME_WORDS = {
    Outcome.CREATED: _l("Dossier créé"),
    Outcome.REPEAT: _l("Résultat joint"),
    Outcome.DUPLICATE: _l("Déjà reçu"),
    Outcome.NOT_POSITIVE: _l("Non positif"),
    Outcome.QUARANTINED: _l("À corriger"),
    Outcome.WITHDRAWN: _l("Résultat retiré"),
}
"""Label of an outcome, for one line."""

OUTCOMES_WORDS = {
    Outcome.CREATED: _l("Dossiers créés"),
    Outcome.REPEAT: _l("Résultats joints à un dossier"),
    Outcome.DUPLICATE: _l("Déjà reçus"),
    Outcome.NOT_POSITIVE: _l("Non positifs"),
    Outcome.QUARANTINED: _l("À corriger"),
    Outcome.WITHDRAWN: _l("Résultats retirés"),
}
"""Label of an outcome, for many lines."""

OUTCOME_TONES = {
    Outcome.CREATED: "done",
    Outcome.REPEAT: "info",
    Outcome.DUPLICATE: "neutral",
    Outcome.NOT_POSITIVE: "neutral",
    Outcome.QUARANTINED: "soon",
    Outcome.WITHDRAWN: "danger",
}

PROBLEM_WORDS = {
    Problem.BAD_SHAPE: _l(
        "la ligne n’a pas la forme de l’en-tête (une cellule de trop, ou un fichier coupé)"
    ),
    Problem.ID_TAKEN: _l(
        "cet identifiant est déjà celui d’une autre personne, ou la ligne ne nomme personne"
    ),
    Problem.CONTRADICTION: _l("le même lot dit ce résultat positif, et le contraire"),
    Problem.MISSING_FIELD: _l("un champ obligatoire est vide"),
    Problem.BAD_DATE: _l("une date est impossible ou illisible"),
    Problem.FUTURE_DATE: _l("le prélèvement est postérieur à l’extraction"),
    Problem.OLD_SAMPLING: _l("le prélèvement a plus de 30 jours à l’extraction"),
    Problem.UNKNOWN_CODE: _l("le code du résultat ou de l’analyse est inconnu"),
}

DOUBT_WORDS = {
    Doubt.NIR_INVALID: _l("NIR invalide, laissé de côté"),
    Doubt.NIR_KEY_COMPUTED: _l("clé du NIR calculée"),
    Doubt.PHONE_INVALID: _l("téléphone invalide"),
    Doubt.NO_PHONE: _l("aucun numéro utilisable"),
    Doubt.FINESS_INVALID: _l("FINESS invalide"),
    Doubt.DATE_IGNORED: _l("date illisible, laissée de côté"),
    Doubt.DECEASED: _l("décès signalé par le laboratoire : personne n’appelle, le superviseur décide"),
}

STATE_WORDS = {
    LotState.RECEIVED: _l("à lire"),
    LotState.TO_MAP: _l("colonnes à relier"),
    LotState.PLANNED: _l("à valider"),
    LotState.LOADING: _l("en cours"),
    LotState.STOPPED: _l("arrêté"),
    LotState.LOADED: _l("chargé"),
    LotState.UNDONE: _l("annulé"),
    LotState.DISCARDED: _l("écarté"),
    LotState.REFUSED: _l("refusé"),
}

STATE_TONES = {
    LotState.RECEIVED: "info",
    LotState.TO_MAP: "soon",
    LotState.PLANNED: "soon",
    LotState.LOADING: "info",
    LotState.STOPPED: "soon",
    LotState.LOADED: "done",
    LotState.UNDONE: "neutral",
    LotState.DISCARDED: "neutral",
    LotState.REFUSED: "danger",
}
"""The colour of each state's badge; amber (`soon`) means that the lot waits for a person."""

CAME_BY_WORDS = {
    CameBy.PAGE: _l("envoyé d’une page"),
    CameBy.FOLDER: _l("dossier surveillé"),
    CameBy.COMMAND: _l("ligne de commande"),
    CameBy.HTTPS: _l("envoyé par son système"),
    CameBy.MESSAGES: _l("messages HL7 de son système"),
}

CONTAINER_WORDS = {
    "cms": _l("CMS (S/MIME)"),
    "openpgp": _l("OpenPGP"),
    "age": _l("age"),
    "zip": _l("archive ZIP chiffrée"),
    "xlsx": _l("classeur protégé par un mot de passe"),
    "tls": _l("connexion chiffrée, scellé à l’arrivée"),
}

STAYS_WORDS = {
    KeptBecause.CALLED: _l("appel passé ou en cours"),
    KeptBecause.CONTACTS: _l("contacts déclarés"),
    KeptBecause.TOUCHED: _l("dossier déjà traité par une personne"),
    KeptBecause.MERGED: _l("fiches déjà comparées par une personne"),
    KeptBecause.JOINED: _l("confirmé ou complété par un lot suivant"),
    KeptBecause.RECTIFIED: _l("résultat qui en remplaçait un autre"),
}
"""Why a case stays when its lot is undone."""

INBOX_WORDS = {
    "unreadable": _l("Le dossier surveillé ne peut pas être lu."),
    "no_source": _l(
        "Des fichiers du dossier surveillé ne sont pas dans le sous-dossier d’un expéditeur, nommé par son code."
    ),
    "too_large": _l("Un fichier du dossier surveillé est trop volumineux."),
    "not_removed": _l("Un fichier reçu n’a pas pu être retiré du dossier surveillé."),
}


def inbox_sentence(trouble: str) -> str:
    """Return the sentence for a problem of the watched folder, naming the source it concerns."""
    code, _separator, source = trouble.partition(":")
    words = str(INBOX_WORDS[code])
    return f"{words} ({source})" if source else words


def left_out_of(left_out: Mapping[str, int]) -> str:
    """Return which messages of a lot bring no line, and why."""
    return ", ".join(_left_out(reason, number) for reason, number in sorted(left_out.items()))


def _left_out(reason: str, number: int) -> str:
    if reason == TEST:
        told = ngettext(
            "%(num)d message de test ou de formation", "%(num)d messages de test ou de formation", number
        )
    elif reason == NO_OBSERVATION:
        told = ngettext("%(num)d message sans résultat (OBX)", "%(num)d messages sans résultat (OBX)", number)
    else:
        told = _("%(number)s d’un autre type (%(kind)s)", number=number, kind=reason)
    return str(told)


def settled_outcome(outcome: Outcome, lines: int) -> str:
    """Return how many lines got an outcome: « 3 · Dossiers créés »."""
    words = OUTCOME_WORDS[outcome] if lines == 1 else OUTCOMES_WORDS[outcome]
    return f"{lines} · {words}"
