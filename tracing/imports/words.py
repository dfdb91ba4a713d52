"""The words for outcomes, reasons and doubts, as the import officer reads them."""

from flask_babel import lazy_gettext as _l

from tracing.imports.lines import Doubt, Problem
from tracing.imports.models import LotState
from tracing.imports.rules import Outcome

OUTCOME_WORDS = {
    Outcome.CREATED: _l("Dossier créé"),
    Outcome.REPEAT: _l("Résultat joint"),
    Outcome.DUPLICATE: _l("Déjà reçu"),
    Outcome.NOT_POSITIVE: _l("Non positif"),
    Outcome.QUARANTINED: _l("À corriger"),
    Outcome.WITHDRAWN: _l("Résultat retiré"),
}
"""What became of one line."""

OUTCOMES_WORDS = {
    Outcome.CREATED: _l("Dossiers créés"),
    Outcome.REPEAT: _l("Résultats joints à un dossier"),
    Outcome.DUPLICATE: _l("Déjà reçus"),
    Outcome.NOT_POSITIVE: _l("Non positifs"),
    Outcome.QUARANTINED: _l("À corriger"),
    Outcome.WITHDRAWN: _l("Résultats retirés"),
}
"""What became of many."""

OUTCOME_TONES = {
    Outcome.CREATED: "done",
    Outcome.REPEAT: "info",
    Outcome.DUPLICATE: "neutral",
    Outcome.NOT_POSITIVE: "neutral",
    Outcome.QUARANTINED: "soon",
    Outcome.WITHDRAWN: "danger",
}

PROBLEM_WORDS = {
    Problem.MISSING_FIELD: _l("un champ obligatoire est vide"),
    Problem.BAD_DATE: _l("une date est impossible ou illisible"),
    Problem.FUTURE_DATE: _l("le prélèvement est postérieur à l’extraction"),
    Problem.UNKNOWN_CODE: _l("le code du résultat est inconnu"),
}

DOUBT_WORDS = {
    Doubt.NIR_INVALID: _l("NIR invalide, laissé de côté"),
    Doubt.NIR_KEY_COMPUTED: _l("clé du NIR calculée"),
    Doubt.PHONE_INVALID: _l("téléphone invalide"),
    Doubt.NO_PHONE: _l("aucun numéro utilisable"),
    Doubt.FINESS_INVALID: _l("FINESS invalide"),
    Doubt.DATE_IGNORED: _l("date illisible, laissée de côté"),
}

STATE_WORDS = {
    LotState.LOADING: _l("en cours"),
    LotState.LOADED: _l("chargé"),
    LotState.REFUSED: _l("refusé"),
}

STATE_TONES = {LotState.LOADING: "soon", LotState.LOADED: "done", LotState.REFUSED: "danger"}
